"""A policy set in words, and as JSON that people write and programs read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import decode

from salus.cli.status import BadInput
from salus.policy.policies import LEVELS, EmergencyRule, Mode, PolicyRule, PolicySet
from salus.policy.types import OrganisationRole
from salus.shapes import made

ANY = "any"
MODES = {mode.name.lower().replace("_", "-"): mode for mode in Mode}
ROLES = {ANY: 0} | {role.name.lower(): int(role) for role in OrganisationRole}
_MINUTE_MS = 60_000


class RuleFile(Struct, forbid_unknown_fields=True):
    """One rule."""

    purpose: str
    mode: str
    ceiling: str
    recipient: str = ANY
    objection: bool = False
    notice: bool = False


class EmergencyFile(Struct, forbid_unknown_fields=True):
    """Who may break the glass."""

    group: str | None
    ceiling: str
    window_minutes: Annotated[int, Meta(ge=0, le=1440)]


class PolicyFile(Struct):
    """A policy set; what else stands there (its id, its version) is read over."""

    rules: list[RuleFile]
    emergency: EmergencyFile
    realm: str = ""
    pending: str = "R"
    attested: list[str] = []


def read_policy(path: Path | None, numbers: Mapping[str, int]) -> PolicySet:
    """Return the set that the file holds; raise BadInput with what is wrong."""
    if path is None:
        raise BadInput("no file")
    try:
        given = decode(path.read_bytes(), type=made(PolicyFile))
    except MsgspecError as error:
        raise BadInput(f"{path}: {error}") from None
    rules = [
        PolicyRule(
            _one_of(path, rule.purpose, numbers),
            _one_of(path, rule.recipient, ROLES),
            int(_one_of(path, rule.mode, MODES)),
            _level(path, rule.ceiling),
            rule.objection,
            rule.notice,
        )
        for rule in given.rules
    ]
    attested = sorted(_one_of(path, code, numbers) for code in given.attested)
    emergency = EmergencyRule(
        None if given.emergency.group is None else _group(path, given.emergency.group),
        _level(path, given.emergency.ceiling),
        given.emergency.window_minutes * _MINUTE_MS,
    )
    ordered = tuple(sorted(rules, key=lambda rule: (rule.purpose, rule.role)))
    return PolicySet(given.realm, ordered, emergency, _level(path, given.pending), tuple(attested))


def policy_json(body: PolicySet, numbers: Mapping[str, int]) -> dict[str, object]:
    """Return the set as `read_policy` reads it."""
    codes, roles, modes = _names(numbers), _names(ROLES), _names(MODES)
    return {
        "realm": body.jurisdiction,
        "rules": [
            {
                "purpose": codes[rule.purpose],
                "recipient": roles[rule.role],
                "mode": modes[rule.mode],
                "ceiling": LEVELS[rule.ceiling],
                "objection": rule.objection,
                "notice": rule.notice,
            }
            for rule in body.rules
        ],
        "emergency": {
            "group": None if body.emergency.group is None else body.emergency.group.hex(),
            "ceiling": LEVELS[body.emergency.ceiling],
            "window_minutes": body.emergency.window_ms // _MINUTE_MS,
        },
        "pending": LEVELS[body.pending],
        "attested": [codes[purpose] for purpose in body.attested],
    }


def rule_rows(body: PolicySet, numbers: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """Yield the rules as rows of a table."""
    codes, roles, modes = _names(numbers), _names(ROLES), _names(MODES)
    for rule in body.rules:
        flags = ("yes" if flag else "-" for flag in (rule.objection, rule.notice))
        yield codes[rule.purpose], roles[rule.role], modes[rule.mode], LEVELS[rule.ceiling], *flags


def emergency_words(body: PolicySet, numbers: Mapping[str, int]) -> dict[str, object]:
    """Return what the set says of emergencies, pending labels and attested consents."""
    codes, emergency = _names(numbers), body.emergency
    words = "nobody"
    if emergency.group is not None:
        minutes = emergency.window_ms // _MINUTE_MS
        words = f"group {emergency.group.hex()[:12]}, up to {LEVELS[emergency.ceiling]}, for {minutes} minutes"
    return {
        "break-glass": words,
        "a pending label counts as": LEVELS[body.pending],
        "attested consent for": ", ".join(codes[purpose] for purpose in body.attested) or "nothing",
    }


def _names(table: Mapping[str, int]) -> dict[int, str]:
    return {int(number): name for name, number in table.items()}


def _one_of(path: Path, given: str, table: Mapping[str, int]) -> int:
    if given not in table:
        raise BadInput(f"{path}: `{given}` is none of {', '.join(table)}")
    return int(table[given])


def _level(path: Path, given: str) -> int:
    return _one_of(path, given, {code: level for level, code in enumerate(LEVELS)})


def _group(path: Path, given: str) -> bytes:
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise BadInput(f"{path}: a group is named by all 64 hex digits of its id")
    return found
