"""What a wallet leaves on the ledger at two hospitals: nothing that is the same, or that one clock or stream made."""

import os
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from story_region import DAY_MS, Story, laboratory_terms, take_in
from test_story_suppression import Suppressing
from wallets_at_two_hospitals import at_both, until_kept

from privacy.read_by_anybody import read_ledger
from salus.bootstrap import create_person
from salus.contracts.accounts.queries import person
from salus.contracts.accounts.types import PersonState
from salus.services.claim import claim, hold_claim
from salus.services.deny import deny_totally
from salus.services.grant import grant, to_anyone
from salus.services.invite import invite
from salus.services.request import request_own
from salus.services.revoke import revoke
from salus.services.settle_claim import confirm_claim
from salus.services.wallet_due import do_due

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def test_no_time_of_hers_tells_a_clock_or_a_moment(story: Story) -> None:
    story.clock.advance(12_345)
    alma, north, south = at_both(story)
    for handle in (north, south):
        story.clock.advance(777)
        granted = grant(alma, handle, laboratory_terms(story.clinic))
        deny_totally(alma, handle, to_anyone())
        revoke(alma, handle, granted.directive)
        request_own(alma, handle)
        until_kept(story, alma, handle)
    seen = read_ledger(story.region.ledger)
    acts = [act for handle in (north, south) for act in seen[handle].acts if act.own]
    assert {act.kind for act in acts} == {"claim", "grant", "deny", "revoke", "release", "rotate", "acknowledge"}
    for act in acts:
        assert act.not_after % (HOUR_MS if act.kind == "release" else MINUTE_MS) == 0
        for name, value in act.values:
            if name in ("start", "end"):
                assert value % DAY_MS == 0
            if name == "key term":
                assert value[0] % DAY_MS == value[1] % DAY_MS == 0 and value[1] - value[0] == 3653 * DAY_MS


def test_one_nonce_stream_for_two_accounts_is_none(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each nonce is a fresh draw of its own from the system; none is made from a key, a count or another nonce."""
    drawn: list[bytes] = []

    def noted(draw: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def draws(size: int) -> bytes:
            drawn.append(draw(size))
            return drawn[-1]

        return draws

    monkeypatch.setattr(os, "urandom", noted(os.urandom))
    monkeypatch.setattr(secrets, "token_bytes", noted(secrets.token_bytes))
    alma, north, south = at_both(story)
    for handle in (north, south):
        granted = grant(alma, handle, laboratory_terms(story.clinic))
        revoke(alma, handle, granted.directive)
        until_kept(story, alma, handle)
    seen = read_ledger(story.region.ledger)
    nonces = [{act.nonce for act in seen[handle].acts if act.own} for handle in (north, south)]
    whole = Counter(int.from_bytes(one, "big") for one in drawn if len(one) == 16)
    assert len(nonces[0]) > 3 and not nonces[0] & nonces[1]
    assert all(whole[nonce] == 1 for nonce in nonces[0] | nonces[1])


def test_no_key_of_one_account_is_anothers(story: Story) -> None:
    alma, north, south = at_both(story)
    seeds: list[bytes] = []
    for _ in range(3):
        for handle in (north, south):
            until_kept(story, alma, handle)
    for handle in (north, south):
        kept, appointment = alma.wallet.relation(handle), alma.wallet.appointment(handle)
        seeds += [kept.device_seed, kept.seal_seed, *appointment.former_seals]
    assert len(seeds) == len(set(seeds)) == 8


def test_the_second_carrier_is_drawn_from_all_and_tells_no_custodian(story: Story) -> None:
    alma, north, _ = at_both(story, seed=3)
    asked: list[bytes] = []

    class Noting(Suppressing):
        def carry(self, member: bytes, envelope: bytes):
            asked.append(member)
            return super().carry(member, envelope)

    noting = replace(alma, carriers=Noting(alma.carriers, b""))
    for _ in range(24):
        granted = grant(alma, north, laboratory_terms(story.clinic))
        revoke(noting, north, granted.directive)
    firsts, seconds = asked[::2], Counter(asked[1::2])
    assert set(firsts) == {story.north.account}
    others = {story.region.organisation(slug).account for slug in story.region.organisations()} - {story.north.account}
    assert set(seconds) == others  # her other hospital as often as any: to leave it out would tell


def test_two_claims_in_one_sitting_are_spread(story: Story) -> None:
    handles = {"north": take_in(story.north, "Alma", "N-1"), "south": take_in(story.south, "Alma", "S-1")}
    alma = replace(create_person(story.region, "alma"), chance=Random(4))
    codes = {slug: invite(story.region.organisation(slug), handle).code for slug, handle in handles.items()}
    held = {slug: hold_claim(alma, code).due for slug, code in codes.items()}
    now = story.clock.time_ms
    assert all(now < due < now + 14 * DAY_MS for due in held.values())
    assert abs(held["north"] - held["south"]) > HOUR_MS
    assert do_due(alma).claimed == () and len(alma.wallet.claims()) == 2
    story.reopen()
    alma = story.region.person("alma")
    for slug in sorted(held, key=held.__getitem__):
        story.clock.time_ms = held[slug]
        (done,) = do_due(alma).claimed
        assert done.handle == handles[slug]
        confirm_claim(story.region.organisation(slug), done.handle, done.short_code)
        assert person(story.region.ledger.view(), done.handle).state == PersonState.CLAIMED
    assert alma.wallet.claims() == ()


def test_a_claim_at_once_takes_the_place_of_one_that_waits(story: Story) -> None:
    north = take_in(story.north, "Alma", "N-1")
    alma = create_person(story.region, "alma")
    code = invite(story.north, north).code
    held = hold_claim(alma, code)
    assert alma.wallet.claims() == (held,)
    assert claim(alma, code).handle == north and alma.wallet.claims() == ()


def test_a_held_claim_whose_invitation_ended_is_told_and_dropped(story: Story) -> None:
    north = take_in(story.north, "Alma", "N-1")
    alma = create_person(story.region, "alma")
    hold_claim(alma, invite(story.north, north).code)
    story.clock.advance(15 * DAY_MS)
    done = do_due(alma)
    assert done.claimed == () and len(done.failed) == 1 and alma.wallet.claims() == ()
