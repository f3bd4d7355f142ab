"""Merged relations: what holds for all of them, what stays with one, chains, and that the end restores everything."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from contracts.merge_scenes import (
    CUSTODIAL,
    DAY,
    SECOND,
    TEXTS,
    THIRD,
    approval,
    approved,
    claim,
    merge,
    merge_of,
    move,
    pair,
    recovering,
)
from contracts.precedence import NETWORK, NOW, Scene
from contracts.region import (
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    HOSPITAL,
    RELATION,
    ROOT,
    directive,
    key,
    name,
    put_policy,
    request,
    rule,
    scene,
    signed,
    signer,
    then,
    total_deny,
)
from salus.contracts.access import errors as access_errors
from salus.contracts.access.messages import RecordRelease
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.types import Chosen
from salus.contracts.records import errors, keeper, queries
from salus.contracts.records.events import RecordMoved, RelationsMerged, RelationsUnmerged
from salus.contracts.records.invariants import violations
from salus.contracts.records.messages import MergeRelations, UnmergeRelations
from salus.contracts.records.types import Hold, Link
from salus.core.keys import Role
from salus.policy.policies import NO_SET, Choice, Mode
from salus.policy.types import BasisKind, Capacity, Directive, Status, Trigger

BY_SECOND = signer(SECOND, "second patient", Role.DEVICE)
BY_THIRD = signer(THIRD, "third patient", Role.DEVICE)
PERMIT = (int(BasisKind.DIRECTIVE), directive().id, 1)


def relation_of(s: Scene, *others: bytes) -> None:
    """Put the other persons' accounts there: claimed where they have a key, else custodial."""
    for other in others:
        if other in TEXTS:
            claim(s.state, other, TEXTS[other])
        else:
            accounts_keeper.put_person(s.state, other, Person(HOSPITAL, PersonState.CUSTODIAL, 0, None, None, False))


def released(s: Scene, basis: tuple[int, bytes | None, int] = PERMIT) -> int:
    """Return the code of a release of the first relation to the clinic."""
    asked = signed(request())
    message = RecordRelease(HOSPITAL, asked, basis, ROOT, name("leaves"), int(Trigger.REQUEST), NOW + 1000)
    return then(s, message, BY_HOSPITAL).run().code


def unmerged(s: Scene, by: bytes, *signers: Any, one: bytes = RELATION, other: bytes = SECOND) -> Scene:
    return then(s, UnmergeRelations(by, int(Capacity.SELF), one, other), *signers)


def deny_of(relation: bytes, **fields: Any) -> Directive:
    return msgspec.structs.replace(total_deny(), relation=relation, **fields)


def test_a_merge_is_one_link_and_its_end_restores_the_state_but_for_the_used_approvals() -> None:
    s = merge()
    before = dict(s.state.writes)
    (event,) = s.commit().events
    assert isinstance(event, RelationsMerged)
    assert (event.relation, event.other, len(event.approvals)) == (*pair(RELATION, SECOND), 2)
    assert queries.merged(s.state, RELATION) == (SECOND,) and queries.merged(s.state, SECOND) == (RELATION,)
    assert list(violations(s.state, RELATION)) == []
    end = unmerged(s, RELATION, BY_PATIENT)
    (event,) = end.commit().events
    assert event == RelationsUnmerged(*pair(RELATION, SECOND), HOSPITAL, RELATION)
    left = {key: value for key, value in end.state.writes.items() if value is not None}
    assert {key for key in left if key not in before} == {key for key in left if key[:2] == b"\x03\x21"}
    assert len(left) == len(before) + 2
    assert queries.merged(s.state, RELATION) == ()
    again = then(s, s.message, BY_HOSPITAL)  # with the same approvals: the person has ended it
    assert again.run().code == errors.ApprovalUsed.code


def test_a_one_sided_merge_by_anybody_is_refused() -> None:
    s = merge()
    for sides in ((), (RELATION,), (SECOND,)):
        assert then(s, merge_of(RELATION, SECOND, *sides), BY_HOSPITAL).run().code == errors.NotApproved.code
    both = merge_of(RELATION, SECOND, RELATION, SECOND)
    for by in (BY_PATIENT, BY_SECOND):  # the persons alone, without the custodian
        assert then(s, both, by).run().code == errors.NotTheGateway.code
    custodians = approved(approval(RELATION, SECOND, SECOND, capacity=int(Capacity.CUSTODIAN)), "hospital")
    forged = MergeRelations(HOSPITAL, *pair(RELATION, SECOND), (both.approvals[0], custodians))
    assert then(s, forged, BY_HOSPITAL).run().code == errors.NotApproved.code


def test_custodial_sides_need_the_custodian_alone_and_a_claim_keeps_the_merge() -> None:
    s = scene(merge_of(*pair(CUSTODIAL, name("another"))), BY_HOSPITAL)
    relation_of(s, CUSTODIAL, name("another"))
    (event,) = s.commit().events
    assert isinstance(event, RelationsMerged) and event.approvals == ()
    claim(s.state, CUSTODIAL, "custodial patient")
    assert queries.merged(s.state, CUSTODIAL) == (name("another"),)
    hers = signer(CUSTODIAL, "custodial patient", Role.DEVICE)
    unmerged(s, CUSTODIAL, hers, one=CUSTODIAL, other=name("another")).commit()
    assert queries.merged(s.state, CUSTODIAL) == ()


@pytest.mark.parametrize("fields", [{}, {"total": False, "status": int(Status.UNACKNOWLEDGED), "sealed": bytes(32)}])
def test_a_total_or_unacknowledged_deny_of_one_holds_for_the_other_until_they_are_unmerged(fields: Any) -> None:
    s = merge()
    consent_keeper.put_directive(s.state, directive())
    consent_keeper.put_directive(s.state, deny_of(SECOND, **fields))
    assert released(s) == 0
    s.commit()
    assert released(s) == access_errors.TotallyDenied.code
    unmerged(s, HOSPITAL, BY_HOSPITAL).commit()
    assert released(s) == 0


def test_a_permit_of_one_is_no_ground_for_the_other() -> None:
    s = merge()
    consent_keeper.put_directive(s.state, msgspec.structs.replace(directive(), relation=SECOND))
    assert released(s) == access_errors.NoSuchDirective.code
    s.commit()
    assert released(s) == access_errors.NoSuchDirective.code


@pytest.mark.parametrize(("choice", "code"), [(Choice.OUT, access_errors.OptedOut.code), (Choice.IN, 0)])
def test_who_opted_out_in_one_opted_out_in_the_other(choice: Choice, code: int) -> None:
    s = merge()
    put_policy(s.state, rule(Mode.OPT_OUT))
    consent_keeper.put_chosen(s.state, SECOND, Chosen(NO_SET, ((0, int(choice)),), 1))
    by_policy = (int(BasisKind.POLICY), name("policy set"), 1)
    assert released(s, by_policy) == 0
    s.commit()
    assert released(s, by_policy) == code
    unmerged(s, SECOND, BY_SECOND).commit()
    assert released(s, by_policy) == 0


def test_who_opted_in_in_one_did_not_in_the_other() -> None:
    s = merge()
    put_policy(s.state, rule(Mode.OPT_IN))
    consent_keeper.put_chosen(s.state, SECOND, Chosen(NO_SET, ((0, int(Choice.IN)),), 1))
    s.commit()
    assert released(s, (int(BasisKind.POLICY), name("policy set"), 1)) == access_errors.NotOptedIn.code


def test_a_persons_own_access_is_her_relation_alone_and_no_deny_of_the_other_bars_it() -> None:
    s = merge()
    consent_keeper.put_directive(s.state, deny_of(SECOND))
    s.commit()
    asked = signed(request(staff=None), "patient")
    message = RecordRelease(
        HOSPITAL, asked, (int(BasisKind.SELF), None, 0), ROOT, name("leaves"), int(Trigger.REQUEST), NOW + 1000
    )
    assert then(s, message, BY_HOSPITAL).run().code == 0
    others = signed(request(staff=None), "second patient")  # she is another account, merged or not
    assert then(s, msgspec.structs.replace(message, request=others), BY_HOSPITAL).run().code == (
        access_errors.NotARequester.code
    )


# -- chains


def chain() -> Scene:
    """RELATION + SECOND, then SECOND + THIRD; all claimed, all of them agreed to both."""
    s = merge()
    relation_of(s, THIRD)
    s.commit()
    second = then(s, merge_of(SECOND, THIRD, RELATION, SECOND, THIRD), BY_HOSPITAL)
    second.commit()
    return second


def test_a_chain_is_one_group_and_the_middle_link_ends_by_itself() -> None:
    s = chain()
    consent_keeper.put_directive(s.state, directive())
    consent_keeper.put_directive(s.state, deny_of(THIRD))
    for relation in (RELATION, SECOND, THIRD):
        assert {relation, *queries.merged(s.state, relation)} == {RELATION, SECOND, THIRD}
    assert queries.links(s.state, RELATION) == [(SECOND, Link(NOW))]
    assert released(s) == access_errors.TotallyDenied.code
    unmerged(s, THIRD, BY_THIRD, one=THIRD, other=SECOND).commit()
    assert queries.merged(s.state, RELATION) == (SECOND,) and queries.merged(s.state, THIRD) == ()
    assert released(s) == 0


def test_the_end_of_the_first_link_leaves_the_second() -> None:
    s = chain()
    unmerged(s, RELATION, BY_PATIENT).commit()
    assert queries.merged(s.state, RELATION) == ()
    assert queries.merged(s.state, SECOND) == (THIRD,)


def test_a_chain_asks_everybody_who_is_merged_already() -> None:
    s = merge()
    relation_of(s, THIRD)
    s.commit()
    without = then(s, merge_of(SECOND, THIRD, SECOND, THIRD), BY_HOSPITAL)
    assert without.run().code == errors.NotApproved.code  # what THIRD denies would hold for RELATION


def test_no_link_within_a_group_nor_between_who_is_linked_by_way_of_another() -> None:
    s = chain()
    for one, other in ((RELATION, SECOND), (RELATION, THIRD)):
        fresh = tuple(
            approved(approval(one, other, side, nonce=b"2" * 16), TEXTS[side]) for side in (RELATION, SECOND, THIRD)
        )
        again = then(s, MergeRelations(HOSPITAL, *pair(one, other), fresh), BY_HOSPITAL)
        assert again.run().code == errors.AlreadyMerged.code
    ended = unmerged(s, RELATION, BY_PATIENT, one=RELATION, other=THIRD)
    assert ended.run().code == errors.NotMerged.code  # no link of theirs


@pytest.mark.parametrize(("others", "code"), [(6, 0), (7, errors.TooManyMerged.code)])
def test_a_group_has_eight_relations_and_no_more(others: int, code: int) -> None:
    s = merge()
    names = [name(f"other {n}") for n in range(others)]
    relation_of(s, *names)
    for one, other in pairwise([RELATION, *names]):
        keeper.put_link(s.state, one, other, Link(NOW))
    assert s.run().code == code


def test_a_third_person_ends_no_merge_of_others() -> None:
    s = chain()
    assert unmerged(s, THIRD, BY_THIRD).run().code == errors.NotAuthorised.code
    assert unmerged(s, CLINIC, signer(CLINIC, "clinic", Role.GATEWAY)).run().code == errors.NotAuthorised.code
    assert unmerged(s, RELATION, BY_SECOND).run().code == errors.NotAuthorised.code


def test_the_custodian_ends_a_merge_while_a_recovery_is_pending_and_the_account_does_not() -> None:
    s = merge()
    s.commit()
    hers = unmerged(s, SECOND, BY_SECOND)
    recovering(hers)
    assert hers.run().code == errors.RecoveryPending.code
    custodians = unmerged(s, HOSPITAL, BY_HOSPITAL)
    recovering(custodians)
    assert custodians.run().code == 0


# -- approvals


def test_an_approval_serves_its_own_pair_its_own_network_and_its_own_time() -> None:
    s = merge()
    relation_of(s, THIRD)
    for other_pair in (approval(RELATION, THIRD, RELATION), approval(SECOND, THIRD, RELATION)):
        seconds = merge_of(RELATION, SECOND, SECOND).approvals[0]
        mixed = MergeRelations(HOSPITAL, *pair(RELATION, SECOND), (approved(other_pair, "patient"), seconds))
        assert then(s, mixed, BY_HOSPITAL).run().code == errors.ApprovalMalformed.code
    late = merge()
    late.time = NOW + DAY - 1
    assert late.run().code == 0
    late.time = NOW + DAY
    assert late.run().code == errors.ApprovalExpired.code


def test_a_key_that_was_revoked_since_approves_nothing() -> None:
    s = merge()
    listed = accounts_keeper.get_key(s.state, SECOND, key("second patient").id(NETWORK))
    assert listed is not None
    accounts_keeper.revoke_key(s.state, SECOND, key("second patient").id(NETWORK), listed)
    assert s.run().code == errors.ApprovalNotSigned.code


# -- moves


def test_a_move_is_noted_for_the_relation_it_leaves_alone_and_a_hold_bars_it() -> None:
    s = move()
    (event,) = s.commit().events
    assert isinstance(event, RecordMoved)
    kept = queries.move(s.state, RELATION, event.move)
    assert kept is not None and kept.receipt == event.receipt
    assert {key for key in s.state.writes if key[:2] == b"\x03\x22"} == {b"\x03\x22" + RELATION + event.move}
    held = move()
    keeper.put_hold(held.state, RELATION, name("hold"), Hold(name("reason"), NOW))
    assert held.run().code == errors.HoldStands.code
    keeper.end_hold(held.state, RELATION, name("hold"))
    assert held.run().code == 0


def test_the_invariants_of_links_find_each_breach() -> None:
    s = merge()
    keeper.put_link(s.state, RELATION, SECOND, Link(NOW))
    s.state.delete(b"\x03\x20" + SECOND + RELATION)
    assert list(violations(s.state, RELATION)) == ["a link stands under both of its relations"]
    alone = merge()
    keeper.put_link(alone.state, RELATION, RELATION, Link(NOW))
    assert list(violations(alone.state, RELATION)) == ["a link is of two relations"]
