"""How the values of certain fields read, where their type alone does not say it."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.words import MESSAGES
from salus.api.explorer.words.values import EVERYBODY, EVERYTHING, LEVELS, NO, UNLIMITED, YES, word
from salus.contracts.accounts.types import RecoveryPolicy
from salus.contracts.consent.types import Method
from salus.contracts.governance.parameters import NUMBERS, Parameter
from salus.contracts.governance.types import MemberState
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.contracts.registry import MESSAGES as BY_NUMBER
from salus.contracts.representation.types import Rule, Springs, Standing
from salus.core.glass import GlassReason, Verdict
from salus.policy.policies import Choice
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Effect, GranteeKind, OrganisationRole, Power, Redisclosure, Trigger
from salus.services.account.words import ROLES, Text

Render = Callable[[LedgerWords, Any], Text]


def both(text: str) -> Text:
    """Return what reads the same in both languages."""
    return Text(text, text)


def joined(texts: Sequence[Text]) -> Text:
    """Return several texts as a list."""
    return Text(", ".join(text.en for text in texts), "、".join(text.zh for text in texts))


def _enum(kind: type[IntEnum]) -> Render:
    return lambda words, number: word(kind, number)


def _enums(kind: type[IntEnum]) -> Render:
    return lambda words, numbers: joined([word(kind, number) for number in numbers])


def _purposes(words: LedgerWords, numbers: Sequence[int]) -> Text:
    return joined([words.purpose(number) for number in numbers]) if numbers else EVERYTHING


def grantee(words: LedgerWords, value: tuple[int, bytes]) -> Text:
    """Return whom a directive is for."""
    kind, name = value
    if kind == GranteeKind.ORGANISATION:
        return both(words.organisation(name) or name.hex()[:12])
    if kind == GranteeKind.ROLE:
        return ROLES.get(int.from_bytes(name, "big"), both(name.hex()))
    return both(words.group(name)) if kind == GranteeKind.GROUP else EVERYBODY


def _basis(words: LedgerWords, value: tuple[int, bytes | None, int]) -> Text:
    return word(BasisKind, value[0])


def _policy(words: LedgerWords, value: tuple[bytes, int]) -> Text:
    name = words.policy_set(value[0])
    return Text(f"{name.en}, version {value[1]}", f"{name.zh}，第 {value[1]} 版")


def _preference(words: LedgerWords, rows: Sequence[tuple[int, int]]) -> Text:
    texts = []
    for number, choice in rows:
        purpose, chosen = words.purpose(number) if number else EVERYTHING, word(Choice, choice)
        texts.append(Text(f"{purpose.en}: {chosen.en}", f"{purpose.zh}：{chosen.zh}"))
    return joined(texts)


def _emergency(words: LedgerWords, value: tuple[bool, int, bool]) -> Text:
    lift, ceiling, refuse = value
    if refuse:
        return Text("may never be lifted", "任何情况下不得解除")
    level = LEVELS[ceiling] if ceiling < len(LEVELS) else both(str(ceiling))
    return Text(f"may be lifted up to {level.en}", f"可解除，至{level.zh}") if lift else Text("as always", "与平时相同")


def _parameter(words: LedgerWords, number: int) -> Text:
    return both(Parameter(number).name if number in NUMBERS else str(number))


def _number(words: LedgerWords, number: int) -> Text:
    shape = BY_NUMBER.get(number)
    return both(str(number)) if shape is None else MESSAGES[shape].title


def _outage(words: LedgerWords, value: tuple[int, int]) -> Text:
    return Text(f"block {value[0]}", f"第 {value[0]} 区块")


NAMED: Mapping[tuple[str, str], Render] = {  # (kind of message or empty for all, field)
    ("", "approve"): lambda words, value: YES if value else NO,
    ("", "basis"): _basis,
    ("", "capacity"): _enum(Capacity),
    ("", "ceiling"): lambda words, level: LEVELS[level],
    ("", "effect"): _enum(Effect),
    ("", "emergency"): _emergency,
    ("", "grantee"): grantee,
    ("", "ground"): _enum(Ground),
    ("", "group"): lambda words, group: both(words.group(group)),
    ("", "kind"): _enum(PetitionKind),
    ("", "method"): _enum(Method),
    ("", "number"): _number,
    ("", "outage"): _outage,
    ("", "outcome"): _enum(Outcome),
    ("", "parameter"): _parameter,
    ("", "policy"): _policy,
    ("SetKeyholders", "policy"): _enum(RecoveryPolicy),
    ("ClaimAccount", "policy"): _enum(RecoveryPolicy),
    ("", "powers"): _enums(Power),
    ("", "preference"): _preference,
    ("", "purpose"): lambda words, number: words.purpose(number),
    ("", "purposes"): _purposes,
    ("", "reason"): _enum(GlassReason),
    ("RecordRefusal", "reason"): _enum(Reason),
    ("", "redisclosure"): _enum(Redisclosure),
    ("", "roles"): _enums(OrganisationRole),
    ("", "rule"): _enum(Rule),
    ("", "set"): lambda words, policy_set: words.policy_set(policy_set),
    ("", "springs"): _enum(Springs),
    ("", "standing"): _enum(Standing),
    ("", "state"): _enum(MemberState),
    ("", "trigger"): _enum(Trigger),
    ("", "uses"): lambda words, uses: both(str(uses)) if uses else UNLIMITED,
    ("", "verdict"): _enum(Verdict),
}
