"""One wish for all accounts: it waits for each account's own time, and the ledger shows nothing of it."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from story_region import DAY_MS, Story, ask, clinician, give_wallet, laboratory_terms, take_in
from test_story_suppression import Suppressing
from wallets_at_two_hospitals import at_both, live, next_appointment, until_kept

from privacy.read_by_anybody import read_ledger
from salus.contracts.access.queries import answer
from salus.contracts.consent.queries import directive, directives
from salus.policy.types import EVERYTHING, Effect, GranteeKind, Status
from salus.services import appointment as module
from salus.services import protect
from salus.services.appointment import Fate
from salus.services.errors import NamesOneOrganisation, NothingWaits
from salus.services.everywhere import (
    cancel,
    deny_everywhere,
    grant_everywhere,
    grant_everywhere_to,
    pending,
    revoke_everywhere,
)
from salus.services.grant import grant, provision, to_anyone, to_organisation
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.wallet_due import do_due, next_due
from salus.wallet import timing
from salus.wallet.wallet import Wallet

LABORATORY = provision(classes=("laboratory",))


def read_by_clinic(story: Story, handle: bytes) -> int:
    """How many records the clinic gets when it asks."""
    ask(story, handle, clinician(story))
    for hospital in (story.north, story.south):
        process_inbox(hospital)
    (received,) = [done.outcome for done in process_inbox(story.clinic) if isinstance(done.outcome, Received)]
    return len(received.records)


def test_a_wish_waits_for_each_accounts_own_time_and_then_holds(story: Story) -> None:
    alma, north, south = at_both(story)
    height = story.region.ledger.view().height
    wished = grant_everywhere(alma, LABORATORY)
    assert {one.handle for one in wished.waiting} == {north, south}
    times = [one.due for one in wished.waiting]
    assert len(set(times)) == 2 and all(0 <= due - story.clock.time_ms <= 10 * DAY_MS for due in times)
    assert live(story, north) == live(story, south) == [] and story.region.ledger.view().height <= height + 1
    first = next_appointment(story, alma)
    assert [one.fate for one in first.kept] == [Fate.KEPT]
    assert [one.handle for one in pending(alma)] == [h for h in (north, south) if h != first.kept[0].handle]
    next_appointment(story, alma)
    assert pending(alma) == ()
    for handle in (north, south):
        (standing,) = live(story, handle)
        assert standing.status == Status.ACTIVE and standing.grantee[0] == GranteeKind.GROUP
        assert read_by_clinic(story, handle) == 3  # laboratory results; the vital sign is left out


def test_every_appointment_looks_the_same_whether_a_wish_waits_or_not(story: Story) -> None:
    alma, north, south = at_both(story)
    seen = []
    for wish in (None, LABORATORY, None, "nothing"):
        if wish == "nothing":
            revoke_everywhere(alma)
        elif wish is not None:
            grant_everywhere(alma, wish)
        until_kept(story, alma, north)
        until_kept(story, alma, south)
        until_kept(story, alma, north)
    for handle in (north, south):
        kept = directives(story.region.ledger.view(), handle)
        assert len(kept) > 3
        for one in kept:
            seen.append((one.grantee, one.effect, one.purposes, one.uses, one.redisclosure, one.emergency))
            assert one.start % DAY_MS == one.end % DAY_MS == 0 and one.end - one.start == 91 * DAY_MS
    assert len(set(seen)) == 1
    for handle in (north, south):
        sizes: dict[tuple[str, ...], set[int]] = {}
        acts = [act for act in read_ledger(story.region.ledger)[handle].acts if act.own]
        for nonce in dict.fromkeys(act.nonce for act in acts if act.kind == "rotate"):
            sent = [act for act in acts if act.nonce == nonce]
            sizes.setdefault(tuple(act.kind for act in sent), set()).add(sent[0].size)
        assert set(sizes) == {("grant", "rotate"), ("grant", "rotate", "acknowledge")}  # the first, and all after it
        assert all(len(found) == 1 for found in sizes.values())


def test_a_revocation_ends_the_permit_on_the_ledger_and_the_next_opens_nothing(story: Story) -> None:
    alma, north, _ = at_both(story)
    grant_everywhere(alma, LABORATORY)
    until_kept(story, alma, north)
    (before,) = live(story, north)
    revoke_everywhere(alma)
    assert read_by_clinic(story, north) == 3  # not yet
    until_kept(story, alma, north)
    assert directive(story.region.ledger.view(), north, before.id).status == Status.REPLACED
    assert read_by_clinic(story, north) == 0


def test_what_is_denied_everywhere_is_left_out(story: Story) -> None:
    alma, north, _ = at_both(story)
    grant_everywhere(alma, EVERYTHING)
    deny_everywhere(alma, to_anyone(), LABORATORY)
    until_kept(story, alma, north)
    assert read_by_clinic(story, north) == 2  # the patient and the vital sign
    deny_everywhere(alma, to_anyone())
    until_kept(story, alma, north)
    assert read_by_clinic(story, north) == 0


def test_a_wish_is_cancelled_where_it_was_not_sent(story: Story) -> None:
    alma, north, south = at_both(story)
    with pytest.raises(NothingWaits):
        cancel(alma)
    grant_everywhere(alma, LABORATORY)
    (reached,) = next_appointment(story, alma).kept
    (other,) = {north, south} - {reached.handle}
    assert [one.handle for one in cancel(alma)] == [other] and pending(alma) == ()
    until_kept(story, alma, other)
    assert read_by_clinic(story, reached.handle) == 3 and read_by_clinic(story, other) == 0


def test_at_once_everywhere_is_at_once_and_moves_no_appointment(story: Story) -> None:
    alma, north, south = at_both(story)
    grant_everywhere(alma, LABORATORY)
    times = {one.handle: one.due for one in alma.wallet.appointments()}
    done = grant_everywhere(alma, LABORATORY, at_once=True)
    assert set(done.done) == {north, south} and done.waiting == () and done.failed == ()
    for hospital in (story.north, story.south):
        process_inbox(hospital)
    assert read_by_clinic(story, north) == read_by_clinic(story, south) == 3
    by_name = grant(alma, north, laboratory_terms(story.clinic))
    assert [one.id for one in revoke_everywhere(alma).others] == [by_name.directive]
    assert set(revoke_everywhere(alma, at_once=True).done) == {north, south}
    assert live(story, north) == live(story, south) == []
    denied = deny_everywhere(alma, to_organisation(story.clinic.account), at_once=True)
    assert set(denied.done) == {north, south}
    assert all(one.effect == Effect.DENY and one.total for one in (*live(story, north), *live(story, south)))
    assert {one.handle: one.due for one in alma.wallet.appointments()} == times
    until_kept(story, alma, north)  # a revoked permit is not replaced: a new one stands
    assert [one.version for one in live(story, north) if one.effect == Effect.PERMIT] == [1]


def test_one_organisation_named_everywhere_links_the_accounts(story: Story) -> None:
    alma, north, south = at_both(story)
    clinic = to_organisation(story.clinic.account)
    with pytest.raises(NamesOneOrganisation):
        grant_everywhere_to(alma, laboratory_terms(story.clinic))
    with pytest.raises(NamesOneOrganisation):
        deny_everywhere(alma, clinic)
    assert live(story, north) == live(story, south) == [] and alma.wallet.wish() is None
    assert set(grant_everywhere_to(alma, laboratory_terms(story.clinic), at_once=True).done) == {north, south}


STEPS: dict[str, tuple[object, str, bool]] = {
    "before anything is sent": (module, "carry_own", False),
    "after the envelope landed": (module, "carry_own", True),
    "before the opening is posted": (module, "send_sealed_part", False),
    "after the opening is posted": (module, "send_sealed_part", True),
    "before the wallet notes it": (Wallet, "finish_sending", False),
    "after the wallet noted it": (Wallet, "finish_sending", True),
}


class Cut(BaseException):
    """The power went."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("pause_ms", [1000, DAY_MS])
def test_an_appointment_cut_off_anywhere_is_kept_once(
    story: Story, monkeypatch: pytest.MonkeyPatch, step: str, pause_ms: int
) -> None:
    alma, north, south = at_both(story)
    grant_everywhere(alma, LABORATORY)
    owner, name, after = STEPS[step]
    honest: Callable[..., object] = getattr(owner, name)

    def cut(*arguments: object) -> object:
        if after:
            honest(*arguments)
        raise Cut

    monkeypatch.setattr(owner, name, cut)
    with pytest.raises(Cut):
        next_appointment(story, alma)
    monkeypatch.setattr(owner, name, honest)
    story.reopen()
    story.clock.advance(pause_ms)
    again = replace(story.region.person("alma"), chance=Random(5))
    for _ in range(20):
        next_appointment(story, again)
        if not pending(again):
            break
    assert pending(again) == ()
    for handle in (north, south):
        (standing,) = live(story, handle)
        assert standing.status == Status.ACTIVE
        assert (
            again.wallet.appointment(handle).standing == standing.id
            and again.wallet.appointment(handle).sending is None
        )
        versions = [one.version for one in directives(story.region.ledger.view(), handle)]
        assert sorted(versions) == list(range(1, len(versions) + 1))  # none lost, none twice
        assert read_by_clinic(story, handle) == 3


def test_the_custodian_censors_a_revocation_for_all_accounts(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    alma, north, _ = at_both(story)
    grant_everywhere(alma, LABORATORY)
    until_kept(story, alma, north)
    (before,) = live(story, north)
    revoke_everywhere(alma)
    monkeypatch.setattr(protect, "_PATIENCE_S", 0.01)
    wary = replace(alma, carriers=Suppressing(alma.carriers, story.north.account))
    until_kept(story, wary, north)
    assert directive(story.region.ledger.view(), north, before.id).status == Status.REPLACED


def test_an_appointment_that_nobody_carries_is_put_off_and_not_lost(story: Story) -> None:
    alma, north, south = at_both(story)
    grant_everywhere(alma, LABORATORY)
    silent = replace(alma, carriers=Suppressing(Suppressing(alma.carriers, story.north.account), story.south.account))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(protect, "_PATIENCE_S", 0.01)
        patched.setattr(protect, "_TIMEOUT_S", 0.01)
        patched.setattr(protect, "_CARRIERS", 1)
        failed = next_appointment(story, silent)
    assert len(failed.failed) == 1 and failed.kept == () and len(pending(alma)) == 2
    assert failed.next is not None and failed.next > story.clock.time_ms
    until_kept(story, alma, north)
    until_kept(story, alma, south)
    assert pending(alma) == ()


def test_a_wallet_opened_now_and_then_makes_up_for_one_account_a_day(story: Story) -> None:
    alma, north, south = at_both(story)
    do_due(alma)
    story.clock.advance(30 * DAY_MS)
    height = story.region.ledger.view().height
    first = do_due(alma)
    assert len(first.kept) == 1 and story.region.ledger.view().height > height
    assert do_due(alma).kept == ()
    (other,) = {north, south} - {first.kept[0].handle}
    due = alma.wallet.appointment(other).due
    assert DAY_MS <= due - story.clock.time_ms <= 3 * DAY_MS
    story.clock.time_ms = due + timing.PUNCTUAL_MS + 1  # missed again
    assert [one.handle for one in do_due(alma).kept] == [other]


def test_own_records_come_with_every_appointment_and_are_acknowledged_at_the_next(story: Story) -> None:
    alma, north, _ = at_both(story)
    until_kept(story, alma, north)
    (request,) = [one for one in alma.wallet.requests() if one.relation == north]
    released = answer(story.region.ledger.view(), north, request.request)
    assert released is not None and released.acknowledged is None
    old_key = alma.wallet.relation(north).seal_seed
    until_kept(story, alma, north)
    assert alma.wallet.relation(north).seen.log_size == 5 and alma.wallet.relation(north).seal_seed != old_key
    assert answer(story.region.ledger.view(), north, request.request).acknowledged == story.clock.time_ms
    assert alma.wallet.acknowledgements(north) == ()


def test_an_account_claimed_after_a_wish_has_it_from_its_first_appointment(story: Story) -> None:
    alma, _, _ = at_both(story)
    grant_everywhere(alma, LABORATORY)
    later = take_in(story.north, "Alma", "N-2")
    give_wallet(story, story.north, later, "alma")
    until_kept(story, alma, later)
    assert read_by_clinic(story, later) == 3
    assert next_due(alma) is not None
