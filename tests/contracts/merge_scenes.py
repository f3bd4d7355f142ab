"""Scenes of the messages that merge, unmerge and move: each sound, with the defects that bring about each refusal."""

from functools import partial
from typing import Any

import msgspec

from contracts.precedence import NETWORK, NOW, Case, Defect, Scene
from contracts.region import (
    BY_HOSPITAL,
    BY_PATIENT,
    HOSPITAL,
    RELATION,
    governance,
    key,
    list_key,
    name,
    scene,
)
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.acting import Acting
from salus.contracts.records import errors, keeper, merging
from salus.contracts.records.messages import MergeRelations, MoveRecord, UnmergeRelations
from salus.contracts.records.types import Hold, Link, Moved, Used
from salus.core import cose
from salus.core.approval import APPROVAL, MergeApproval
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.keys import Role
from salus.policy.types import Capacity
from salus.state.overlay import Overlay, Reader

SECOND, THIRD, CUSTODIAL = name("second relation"), name("third relation"), name("custodial relation")
DAY = 86_400_000


class Recovering(Acting):
    """As accounts will answer: a recovery of one account is pending."""

    def barred(self, state: Reader, handle: bytes, time: int, /) -> bool:
        return handle == SECOND


def claim(state: Overlay, relation: bytes, text: str) -> None:
    accounts_keeper.put_person(state, relation, Person(HOSPITAL, PersonState.CLAIMED, 1, 1, bytes(32), False))
    list_key(state, relation, text, Role.DEVICE)


def pair(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    return (one, other) if one < other else (other, one)


def approval(first: bytes, second: bytes, relation: bytes, **fields: Any) -> MergeApproval:
    sound = MergeApproval(relation, int(Capacity.SELF), *pair(first, second), b"a" * 16, NOW + DAY)
    return msgspec.structs.replace(sound, **fields)


def approved(payload: MergeApproval, text: str) -> bytes:
    return cose.sign(APPROVAL, NETWORK, encode(payload), [key(text)])


TEXTS = {RELATION: "patient", SECOND: "second patient", THIRD: "third patient"}


def merge_of(one: bytes, other: bytes, *sides: bytes) -> MergeRelations:
    """The merge, approved by the persons of `sides`."""
    signed = tuple(approved(approval(one, other, side), TEXTS[side]) for side in sides)
    return MergeRelations(HOSPITAL, *pair(one, other), signed)


def merge() -> Scene:
    """Two claimed relations, and both persons agreed."""
    s = scene(merge_of(RELATION, SECOND, RELATION, SECOND), BY_HOSPITAL)
    claim(s.state, SECOND, "second patient")
    return s


def unmerge() -> Scene:
    s = scene(UnmergeRelations(RELATION, int(Capacity.SELF), RELATION, SECOND), BY_PATIENT)
    claim(s.state, SECOND, "second patient")
    keeper.put_link(s.state, RELATION, SECOND, Link(NOW - 1))
    return s


def move() -> Scene:
    return scene(MoveRecord(HOSPITAL, RELATION, name("receipt of a move")), BY_HOSPITAL)


def unsigned(s: Scene) -> None:
    s.signers.clear()


def remove_person(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def change_custodian(s: Scene) -> None:
    if accounts_keeper.get_person(s.state, RELATION) is not None:
        accounts_keeper.put_person(s.state, RELATION, Person(name("elsewhere"), 2, 1, 1, bytes(32), False))


def saying(n: int, **fields: Any) -> Defect:
    """The approval of one side says something else, and is signed by the same key."""

    def defect(s: Scene) -> None:
        assert isinstance(s.message, MergeRelations)
        side = (RELATION, SECOND)[n]
        given = s.message.approvals[n : n + 1]
        if given and given[0] != b"?":
            said = approval(RELATION, SECOND, side, **fields)
            s.change(approvals=(*s.message.approvals[:n], approved(said, TEXTS[side]), *s.message.approvals[n + 1 :]))

    return defect


def garbled(s: Scene) -> None:
    assert isinstance(s.message, MergeRelations)
    s.change(approvals=(b"?", *s.message.approvals[1:]))


def forged(s: Scene) -> None:
    """A third approval, whose last byte was changed."""
    raw = approved(approval(RELATION, SECOND, RELATION, nonce=b"f" * 16), "patient")
    assert isinstance(s.message, MergeRelations)
    s.change(approvals=(*s.message.approvals, raw[:-1] + bytes((raw[-1] ^ 1,))))


def nobodys_key(s: Scene) -> None:
    raw = approved(approval(RELATION, SECOND, RELATION, nonce=b"k" * 16), "nobody")
    assert isinstance(s.message, MergeRelations)
    s.change(approvals=(*s.message.approvals, raw))


def one_sided(s: Scene) -> None:
    """Only the first side's approval is there."""
    assert isinstance(s.message, MergeRelations)
    s.change(approvals=tuple(raw for n, raw in enumerate(s.message.approvals) if n != 1))


def by_the_other(s: Scene) -> None:
    """The first side signs for the second as well."""
    assert isinstance(s.message, MergeRelations)
    said = approved(approval(RELATION, SECOND, SECOND), "patient")
    s.change(approvals=tuple(said if n == 1 else raw for n, raw in enumerate(s.message.approvals)))


def a_third_side_is_not_asked(s: Scene) -> None:
    claim(s.state, THIRD, "third patient")
    keeper.put_link(s.state, SECOND, THIRD, Link(NOW - 1))


def used(s: Scene) -> None:
    """Every approval that is there has made a merge before."""
    for side in (RELATION, SECOND):
        for fields in ({}, {"not_after": NOW + DAY}):
            said = approval(RELATION, SECOND, side, **fields)
            keeper.put_used(s.state, side, said.id(NETWORK), Used(NOW - 1))


def twice(s: Scene) -> None:
    assert isinstance(s.message, MergeRelations)
    s.change(approvals=(*s.message.approvals, s.message.approvals[0]))


def recovering(s: Scene) -> None:
    of = {MergeRelations: partial(merging.merge_relations, Recovering(), governance)}
    s.handler = of.get(type(s.message), partial(merging.unmerge_relations, Recovering()))


def own_recovery(s: Scene) -> None:
    """The side that would unmerge is the one whose recovery is pending."""
    assert isinstance(s.message, UnmergeRelations)
    by = SECOND if s.message.by == RELATION else s.message.by
    s.change(by=by)
    for n, signer in enumerate(s.signers):
        if signer == BY_PATIENT:
            s.signers[n] = signer._replace(account=SECOND, key=key("second patient").id(NETWORK))
    recovering(s)


def merged_already(s: Scene) -> None:
    keeper.put_link(s.state, RELATION, SECOND, Link(NOW - 1))


def merged_by_way_of_another(s: Scene) -> None:
    keeper.put_link(s.state, RELATION, CUSTODIAL, Link(NOW - 1))
    keeper.put_link(s.state, CUSTODIAL, SECOND, Link(NOW - 1))


def many(s: Scene) -> None:
    """The group would have nine members: the two, and seven custodial ones."""
    for n in range(7):
        other = name(f"custodial {n}")
        accounts_keeper.put_person(s.state, other, Person(HOSPITAL, PersonState.CUSTODIAL, 0, None, None, False))
        keeper.put_link(s.state, RELATION, other, Link(NOW - 1))


def same_move(s: Scene) -> None:
    new = object_id("move", s.network, HOSPITAL, s.nonce, s.index, 0)
    keeper.put_move(s.state, RELATION, new, Moved(name("receipt of a move"), NOW - 1))


def stand(s: Scene) -> None:
    keeper.put_hold(s.state, RELATION, name("hold"), Hold(name("reason"), NOW - 1))


def unlink(s: Scene) -> None:
    keeper.end_link(s.state, RELATION, SECOND)


NOBODYS = {(errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's"}
GONE = "an approval that is garbled, or out of its time, is not there to be looked at further"
ONE_TIME = "a time is past or too far ahead"
NO_TWO = "a relation alone has no other that it could be merged with, nor approvals of that"
EXPIRED, FAR = saying(0, not_after=NOW), saying(0, not_after=NOW + 15 * DAY)
MERGE_CASES = (
    Case(
        "MergeRelations",
        merge,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: remove_person,
            errors.NotTheCustodian: change_custodian,
            errors.NotTwo: (
                lambda s: s.change(one=RELATION, other=RELATION),
                lambda s: s.change(one=max(RELATION, SECOND), other=min(RELATION, SECOND)),
            ),
            errors.ApprovalMalformed: (garbled, saying(0, one=bytes(32))),
            errors.ApprovalExpired: EXPIRED,
            errors.ApprovalTooFarAhead: FAR,
            errors.ApprovalNotSigned: (forged, nobodys_key),
            errors.NotApproved: (one_sided, by_the_other, a_third_side_is_not_asked),
            errors.ApprovalUsed: (used, twice),
            errors.RecoveryPending: recovering,
            errors.AlreadyMerged: (merged_already, merged_by_way_of_another),
            errors.TooManyMerged: many,
        },
        NOBODYS
        | {
            (errors.ApprovalMalformed, errors.ApprovalExpired): GONE,
            (errors.ApprovalMalformed, errors.ApprovalTooFarAhead): GONE,
            (errors.ApprovalExpired, errors.ApprovalTooFarAhead): ONE_TIME,
        },
    ),
    Case(
        "UnmergeRelations",
        unmerge,
        {
            errors.NoSuchRelation: remove_person,
            errors.NotAuthorised: (
                unsigned,
                lambda s: s.change(capacity=int(Capacity.CUSTODIAN)),
                lambda s: s.change(by=HOSPITAL),
                lambda s: s.change(by=THIRD),
            ),
            errors.RecoveryPending: own_recovery,
            errors.NotMerged: unlink,
        },
    ),
    Case(
        "MoveRecord",
        move,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: remove_person,
            errors.NotTheCustodian: change_custodian,
            errors.IdInUse: same_move,
            errors.HoldStands: stand,
        },
        NOBODYS,
    ),
)
