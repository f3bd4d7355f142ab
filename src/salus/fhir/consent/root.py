"""The provision of a Consent with its exceptions, on the way in: two levels, as a directive has them."""

from typing import NamedTuple

from salus.fhir.consent.emergency import BreakGlass, read_emergency
from salus.fhir.consent.nodes import Node, coding, extensions
from salus.fhir.consent.provision import flag, read_provision
from salus.fhir.consent.recipients import Reading, read_grantees, read_recipients
from salus.fhir.consent.spans import read_period
from salus.fhir.consent.stated import EACH_KIND, FOREVER, NO_EMERGENCY, OBLIGATION, PERIOD, TOTAL, TYPES, USES
from salus.fhir.labels import ACT_CODE
from salus.policy.purposes import is_break_glass
from salus.policy.types import Coding, Effect, Emergency, Excepted, Focused, Grantee, GranteeKind, Provision

Extensions = dict[str, list[Node]]
_PERMIT = int(Effect.PERMIT)
_MOST = 16  # purposes, exceptions of each kind, recipients of one
_OF_ANY = (PERIOD, EACH_KIND)


class Root(NamedTuple):
    """What the provision and its exceptions say."""

    grantees: tuple[Grantee, ...]
    unnamed: bool
    effect: int
    total: bool
    purposes: tuple[int, ...]
    start: int
    end: int
    uses: int
    obligations: tuple[str, ...]
    base: Provision
    exceptions: tuple[Excepted, ...]
    focused: tuple[Focused, ...]
    emergency: Emergency
    break_glass: tuple[str, ...]


class _Exceptions:
    """The exceptions found so far."""

    def __init__(self) -> None:
        self.plain: list[Excepted] = []
        self.focused: list[Focused] = []
        self.break_glass: list[BreakGlass] = []


def read_root(node: Node, reading: Reading) -> Root:
    """Take the provision."""
    effect = _effect(node)
    modifiers = extensions(node, "modifierExtension", (USES, OBLIGATION, TOTAL, *_OF_ANY))
    total = flag(modifiers, TOTAL)
    if total and effect == _PERMIT:
        node.refuse("Only a deny can be of everything.", "business-rule")
    purposes = reading.purposes(node)
    if effect == _PERMIT and any(is_break_glass(*pair) for pair in purposes):
        node.report.refuse(f"{node.path}.purpose", "Break-glass never rests on a permit.", "business-rule")
    numbers = reading.numbers(purposes)
    if not numbers and not total:
        numbers = reading.names.all_purposes(effect)
    grantees, unnamed, persons = _grantees(node, reading, effect)
    start, end = _validity(node)
    uses, obligations = _uses(modifiers), _obligations(modifiers)
    base = read_provision(node, reading, modifiers, persons)
    found = _Exceptions()
    for nested in node.nodes("provision"):
        _nested(nested, reading, found, effect, base, numbers, grantees)
    node.done()
    if max(len(numbers), len(found.plain), len(found.focused)) > _MOST:
        node.refuse("There are too many purposes or exceptions.", "too-costly")
    if len(found.break_glass) > 1:
        node.refuse("One exception for break-glass can be held.")
    emergency, groups = found.break_glass[0] if found.break_glass else BreakGlass(NO_EMERGENCY, ())
    return Root(
        grantees,
        unnamed,
        effect,
        total,
        numbers,
        start,
        end,
        uses,
        obligations,
        base,
        tuple(found.plain),
        tuple(found.focused),
        emergency,
        groups,
    )


def _effect(node: Node) -> int:
    text = node.text("type")
    if text is None:
        node.report.refuse(f"{node.path}.type", "Permit or deny must be said.", "required")
    return TYPES.get(text or "deny", int(Effect.DENY))


def _grantees(node: Node, reading: Reading, effect: int) -> tuple[tuple[Grantee, ...], bool, tuple[bytes, ...]]:
    """Return the grantees, whether the Consent leaves them unnamed, and the persons it names instead."""
    said = "actor" in node
    recipients = read_recipients(node, reading)
    named = read_grantees(node, reading, recipients)
    if named:
        return named, False, ()
    community = reading.names.community
    if effect != _PERMIT or community is None:
        if effect == _PERMIT and (recipients.persons or not said):
            text = "Whom it means must be said: it names no organisation."
            node.report.refuse(f"{node.path}.actor", text, "required")
        return (_ANYONE,), False, recipients.persons
    return (community,), not recipients.persons, recipients.persons


_ANYONE: Grantee = (int(GranteeKind.ANYONE), b"")


def _validity(node: Node) -> tuple[int, int]:
    period = node.node("period")
    start, end = (None, None) if period is None else read_period(period)
    if period is not None and any(side is not None and side < 0 for side in (start, end)):
        period.refuse("A consent is in force since 1970 at the earliest.", "value")
        return 0, FOREVER
    return start or 0, FOREVER if end is None else end


def _uses(modifiers: Extensions) -> int:
    found = 0
    for at, node in enumerate(modifiers.pop(USES, ())):
        found = node.number("valuePositiveInt") or 0
        node.done()
        if at or not found:
            node.refuse("A positive number is needed, once.", "value")
    return found


def _obligations(modifiers: Extensions) -> tuple[str, ...]:
    found = []
    for node in modifiers.pop(OBLIGATION, ()):
        value = node.node("valueCoding")
        node.done()
        pair = None if value is None else coding(value)
        if pair is None or pair[0] != ACT_CODE or len(pair[1]) > 64:
            node.refuse("An obligation is a code of v3-ActCode.", "code-invalid")
        else:
            found.append(pair[1])
    return tuple(found)


def _nested(
    node: Node,
    reading: Reading,
    found: _Exceptions,
    root_effect: int,
    base: Provision,
    root_purposes: tuple[int, ...],
    root_grantees: tuple[Grantee, ...],
) -> None:
    """Take one exception."""
    effect = _effect(node)
    for deeper in node.nodes("provision"):
        deeper.refuse("An exception has no exceptions.")
    purposes = reading.purposes(node)
    if any(is_break_glass(*pair) for pair in purposes):
        if len(purposes) > 1:
            node.report.refuse(f"{node.path}.purpose", "Break-glass is an exception of its own.")
        found.break_glass.append(read_emergency(node, reading, effect, root_effect, base.labels))
        return
    modifiers = extensions(node, "modifierExtension", _OF_ANY)
    recipients = read_recipients(node, reading)
    grantees = read_grantees(node, reading, recipients)
    provision = read_provision(node, reading, modifiers, recipients.persons)
    node.done()
    if effect == root_effect == _PERMIT:
        _reachable(node, reading, purposes, grantees, root_purposes, root_grantees)
    if len(purposes) > _MOST or len(grantees) > _MOST:
        node.refuse("There are too many purposes or recipients.", "too-costly")
    if purposes or grantees:
        found.focused.append(Focused(effect, provision, reading.numbers(purposes), grantees))
    else:
        found.plain.append((effect, provision))


def _reachable(
    node: Node,
    reading: Reading,
    purposes: tuple[Coding, ...],
    grantees: tuple[Grantee, ...],
    root_purposes: tuple[int, ...],
    root_grantees: tuple[Grantee, ...],
) -> None:
    """Refuse a permit within a permit that would never be asked: the outer one serves no such purpose or recipient."""
    for number in reading.numbers(purposes):
        if number not in root_purposes and not set(reading.names.implied_by.get(number, ())) & set(root_purposes):
            node.report.refuse(f"{node.path}.purpose", "The provision itself permits no such purpose.")
    organisation = int(GranteeKind.ORGANISATION)
    if all(kind == organisation for kind, _ in root_grantees):
        for grantee in grantees:
            if grantee[0] == organisation and grantee not in root_grantees:
                node.report.refuse(f"{node.path}.actor", "The provision itself is for other recipients.")
