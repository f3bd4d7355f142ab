"""Who acts for a person, and whether what somebody granted for her still holds.

Whoever asks says whether the person is dead (`expected.Life`), and looks at the generation of her account where
the authority is a delegate's (`delegation`).
"""

from typing import NamedTuple

from salus.contracts.context import Signer
from salus.contracts.representation import keeper
from salus.contracts.representation.types import (
    Delegation,
    Incapacity,
    Representation,
    Rule,
    Springs,
    Standing,
)
from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Power
from salus.state.overlay import Reader

_STANDS = (int(Standing.ACTIVE), int(Standing.DISPUTED))
_OTHERS = {Springs.NOTHING: Springs.DATE, Springs.DATE: Springs.NOTHING}  # which act at the same times


class Moment(NamedTuple):
    """What of the present an authority depends on."""

    time: int
    incapable: bool
    deceased: bool


Row = tuple[bytes, Representation]


def representation(state: Reader, relation: bytes, representation_id: bytes) -> Representation | None:
    """Return a representation, ended or not."""
    return keeper.get_representation(state, relation, representation_id)


def representations(state: Reader, relation: bytes) -> list[tuple[bytes, Representation]]:
    """Return (id, representation) of the relation, ended ones too, sorted by id."""
    return keeper.get_representations(state, relation)


def delegation(state: Reader, relation: bytes, delegation_id: bytes) -> Delegation | None:
    """Return a delegation, ended or not."""
    return keeper.get_delegation(state, relation, delegation_id)


def delegations(state: Reader, relation: bytes) -> list[tuple[bytes, Delegation]]:
    """Return (id, delegation) of the relation, ended ones too, sorted by id."""
    return keeper.get_delegations(state, relation)


def incapacity(state: Reader, relation: bytes) -> Incapacity | None:
    """Return the declaration that the person cannot decide for herself, None where there is none."""
    return keeper.get_incapacity(state, relation)


def acts(
    state: Reader,
    relation: bytes,
    signers: tuple[Signer, ...],
    capacity: int,
    time: int,
    power: Power,
    purposes: tuple[int, ...],
    deceased: bool,
    generation: int | None = None,
) -> bytes | None:
    """Return under which representation or delegation the signers may do this, None where under none.

    `signers` were found live by the machine. `purposes` are those of a grant; what protects is for all.
    `generation` is that of the person's account: a delegate of another one is none.
    """
    signed = tuple(signer.account for signer in signers)
    if capacity == Capacity.DELEGATE:
        helpers = keeper.get_delegations(state, relation)
        mine = [row for row in helpers if generation in (None, row[1].generation) and not deceased]
        return _delegate(mine, signed, time, power, purposes)
    if capacity != Capacity.REPRESENTATIVE:
        return None
    moment = _moment(state, relation, time, deceased)
    standing = [row for row in keeper.get_representations(state, relation) if _in_force(row[1], moment)]
    if power == Power.PROTECT:  # each by itself, whatever the rule, also while disputed
        able = (i for i, entry in standing if entry.representative in signed and power in entry.powers)
        return next(able, None)
    able_rows = [row for row in standing if power in row[1].powers]
    while able_rows:
        group = [row for row in able_rows if same_group(row[1], able_rows[0][1])]
        able_rows = [row for row in able_rows if row not in group]
        found = _RULES[Rule(group[0][1].rule)](group, signed, power, purposes)
        if found is not None:
            return found
    return None


def holds(state: Reader, relation: bytes, under: bytes, time: int, purpose: int, deceased: bool) -> int:
    """Return 0 while what was granted under this authority holds for the purpose, else the number of a Reason."""
    helper = keeper.get_delegation(state, relation, under)
    if helper is not None:
        if helper.ended or time >= helper.end:
            return int(Reason.AUTHORITY_ENDED)
        return int(Reason.AUTHORITY_SUSPENDED) if deceased else 0
    entry = keeper.get_representation(state, relation, under)
    if entry is None or entry.standing == Standing.ENDED or time >= entry.end:
        return int(Reason.AUTHORITY_ENDED)
    if Power.GRANT not in entry.powers or purpose not in entry.purposes:
        return int(Reason.AUTHORITY_ENDED)
    moment = _moment(state, relation, time, deceased)
    if not _in_force(entry, moment) or _barred_by_dispute(state, relation, entry, purpose, moment):
        return int(Reason.AUTHORITY_SUSPENDED)
    return 0


def same_group(one: Representation, two: Representation) -> bool:
    """True if both act at the same times, so that one rule is over them."""
    return one.springs == two.springs or _OTHERS.get(Springs(one.springs)) == two.springs


def acting(state: Reader, relation: bytes, account: bytes, time: int, deceased: bool) -> bool:
    """True if the account has a representation of the person that is in force, disputed or not."""
    moment = _moment(state, relation, time, deceased)
    found = keeper.get_representations(state, relation)
    return any(entry.representative == account and _in_force(entry, moment) for _, entry in found)


def _moment(state: Reader, relation: bytes, time: int, deceased: bool) -> Moment:
    return Moment(time, keeper.get_incapacity(state, relation) is not None, deceased)


def _in_force(entry: Representation, moment: Moment) -> bool:
    """True while it stands, in its term, and what it springs on has come; death ends all but what springs on it."""
    if entry.standing not in _STANDS or not entry.start <= moment.time < entry.end:
        return False
    if entry.springs == Springs.DEATH or moment.deceased:
        return entry.springs == Springs.DEATH and moment.deceased
    return entry.springs != Springs.INCAPACITY or moment.incapable


def _delegate(
    helpers: list[tuple[bytes, Delegation]],
    signed: tuple[bytes, ...],
    time: int,
    power: Power,
    purposes: tuple[int, ...],
) -> bytes | None:
    for delegation_id, entry in helpers:
        in_force = not entry.ended and entry.start <= time < entry.end
        covered = power == Power.PROTECT or _covers(entry.purposes, purposes)
        if entry.delegate in signed and in_force and power in entry.powers and covered:
            return delegation_id
    return None


def _any(group: list[Row], signed: tuple[bytes, ...], power: Power, purposes: tuple[int, ...]) -> bytes | None:
    """Each by itself; who is disputed still grants for what goes on."""
    for row_id, entry in group:
        if entry.representative in signed and _covers(entry.purposes, purposes):
            disputed = entry.standing == Standing.DISPUTED
            if not disputed or (power == Power.GRANT and _covers(entry.goes_on, purposes)):
                return row_id
    return None


def _all(group: list[Row], signed: tuple[bytes, ...], power: Power, purposes: tuple[int, ...]) -> bytes | None:
    """All together; one that is disputed keeps the others from deciding. Each may look by itself."""
    if power == Power.ACCESS:
        return _any(group, signed, power, purposes)
    for _, entry in group:
        if entry.standing == Standing.DISPUTED or entry.representative not in signed:
            return None
        if not _covers(entry.purposes, purposes):
            return None
    return group[0][0]


def _ordered(group: list[Row], signed: tuple[bytes, ...], power: Power, purposes: tuple[int, ...]) -> bytes | None:
    """The first; a dispute about it does not let the next one in."""
    row_id, first = min(group, key=lambda row: row[1].place)
    if first.standing == Standing.DISPUTED or first.representative not in signed:
        return None
    return row_id if _covers(first.purposes, purposes) else None


_RULES = {Rule.ANY: _any, Rule.ALL: _all, Rule.ORDERED: _ordered}


def _covers(allowed: tuple[int, ...], purposes: tuple[int, ...]) -> bool:
    return all(purpose in allowed for purpose in purposes)


def _barred_by_dispute(state: Reader, relation: bytes, entry: Representation, purpose: int, moment: Moment) -> bool:
    if entry.rule == Rule.ALL:  # what all granted is in doubt as soon as one of them is
        return any(
            other.standing == Standing.DISPUTED and Power.GRANT in other.powers
            for _, other in keeper.get_representations(state, relation)
            if same_group(other, entry) and _in_force(other, moment)
        )
    if entry.standing != Standing.DISPUTED:
        return False
    return entry.rule == Rule.ORDERED or purpose not in entry.goes_on
