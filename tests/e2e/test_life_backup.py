"""Alma's phone is gone with all it knew. A slot says what to recover; the recovery is what opens the rest."""

from dataclasses import dataclass

import pytest
from recovery_story import RECOVERY_MS, approvals, begun, new_phone, pass_time, with_keyholders
from story_region import Story, give_wallet, grant_laboratory, take_in

from salus.bootstrap import create_person
from salus.core.errors import Malformed, WrongSignature
from salus.services.actors import Person
from salus.services.back_up import MadeBackup, SlotWish, back_up, read_secret
from salus.services.errors import NotTheHolder, OtherShareCode, ShareNotDue, ShareRequestExpired
from salus.services.hand_out_share import hand_out_share, hand_out_slot_share
from salus.services.inbox import collect, process_inbox
from salus.services.receive_own import OwnView
from salus.services.recover import finish_recoveries, start_recovery
from salus.services.request import request_own
from salus.services.restore import ask_holder, ask_operator, listed, open_answer, restore
from salus.wallet.backup.errors import WrongOperatorShare, WrongSlotSecret
from salus.wallet.backup.slots import SlotKind

PRF = b"\x07" * 32  # what a passkey answered


@dataclass
class Lost:
    """Alma made a backup, and lost her phone."""

    story: Story
    handle: bytes
    alma: Person
    backup: MadeBackup
    directive: bytes

    def secret(self, kind: SlotKind) -> bytes:
        """What she kept of a slot."""
        network = self.story.region.network
        if kind is SlotKind.PASSKEY:
            return read_secret(network, kind, [PRF.hex()])
        (shown,) = [one for one in self.backup.shown if one.kind is kind]
        return read_secret(network, kind, shown.texts[:2] if kind is SlotKind.KEYHOLDERS else shown.texts)

    def recovered(self, name: str = "new-phone") -> Person:
        """Two friends give her the account back on a new phone."""
        phone, prepared = new_phone(self.story, self.handle, name)
        start_recovery(phone, self.handle, approvals(self.story, prepared, "sister", "friend"))
        pass_time(self.story, RECOVERY_MS)
        assert finish_recoveries(phone) == (self.handle,)
        return phone


@pytest.fixture
def lost(story: Story) -> Lost:
    handle, alma = begun(story)
    with_keyholders(story, alma, handle)
    directive = grant_laboratory(story, alma, handle).directive
    wishes = (
        SlotWish(SlotKind.PASSKEY, prf=PRF),
        SlotWish(SlotKind.PASSPHRASE),
        SlotWish(SlotKind.PRINTED),
        SlotWish(SlotKind.KEYHOLDERS, needed=2, holders=3),
        SlotWish(SlotKind.ORGANISATIONS, organisations=(story.south.account, story.clinic.account)),
    )
    return Lost(story, handle, alma, back_up(alma, handle, wishes), directive)


def test_a_slot_says_what_to_recover_and_the_recovery_opens_the_rest(lost: Lost) -> None:
    story, network = lost.story, lost.story.region.network
    for kind in (SlotKind.PASSKEY, SlotKind.PASSPHRASE, SlotKind.PRINTED, SlotKind.KEYHOLDERS):
        handles = listed(network, lost.backup.raw, kind, lost.secret(kind))
        assert handles == ((lost.handle, story.north.account),)
    phone = lost.recovered()
    assert phone.wallet.directives(lost.handle) == ()
    asked = ask_operator(phone, lost.backup.raw)
    share = open_answer(phone, hand_out_share(story.north, asked.raw))
    before = phone.wallet.relation(lost.handle)
    for kind in (SlotKind.PASSKEY, SlotKind.PASSPHRASE, SlotKind.PRINTED, SlotKind.KEYHOLDERS):
        restore(phone, lost.backup.raw, kind, lost.secret(kind), share)
    (kept,) = phone.wallet.directives(lost.handle)
    assert kept == lost.alma.wallet.directive(lost.directive)  # what her permit says, which no ledger holds
    after = phone.wallet.relation(lost.handle)
    assert (after.device_seed, after.seal_seed) == (before.device_seed, before.seal_seed)  # the new keys stay
    request_own(phone, lost.handle)
    process_inbox(story.north)
    (view,) = [one for one in collect(phone) if isinstance(one, OwnView)]
    assert len(view.records) == 5


def test_what_was_sealed_to_the_lost_phone_can_still_be_opened(lost: Lost) -> None:
    story = lost.story
    request_own(lost.alma, lost.handle)
    process_inbox(story.north)  # the delivery lies there, sealed to a key that is about to end
    phone = lost.recovered()
    share = open_answer(phone, hand_out_share(story.north, ask_operator(phone, lost.backup.raw).raw))
    restore(phone, lost.backup.raw, SlotKind.PRINTED, lost.secret(SlotKind.PRINTED), share)
    (view,) = [one for one in collect(phone) if isinstance(one, OwnView)]
    assert len(view.records) == 5


def test_keyholders_shares_alone_open_nothing(lost: Lost) -> None:
    """Two friends collude: they have the file and their shares, and no more without a recovery, which she sees."""
    story = lost.story
    friend = create_person(story.region, "colluding")
    friend.wallet.keep_relation(friend.wallet.new_relation(lost.handle, story.north.account))
    with pytest.raises(WrongSignature):  # the key of a wallet that the account does not list
        hand_out_share(story.north, ask_operator(friend, lost.backup.raw).raw)
    with pytest.raises(WrongOperatorShare):
        restore(friend, lost.backup.raw, SlotKind.KEYHOLDERS, lost.secret(SlotKind.KEYHOLDERS), bytes(32))
    assert friend.wallet.directives(lost.handle) == ()


def test_the_share_is_handed_out_after_a_recovery_only(lost: Lost) -> None:
    story = lost.story
    asked = ask_operator(lost.alma, lost.backup.raw)  # her own live key
    with pytest.raises(ShareNotDue):
        hand_out_share(story.north, asked.raw)
    phone, prepared = new_phone(story, lost.handle, "new-phone")
    start_recovery(phone, lost.handle, approvals(story, prepared, "sister", "friend"))
    with pytest.raises(ShareNotDue):  # it is under way, and can be vetoed
        hand_out_share(story.north, ask_operator(lost.alma, lost.backup.raw).raw)
    pass_time(story, RECOVERY_MS)
    with pytest.raises(WrongSignature):  # the lost phone's key is dead
        hand_out_share(story.north, ask_operator(lost.alma, lost.backup.raw).raw)
    finish_recoveries(phone)
    hand_out_share(story.north, ask_operator(phone, lost.backup.raw).raw)


def test_a_request_for_a_share_is_of_its_time_and_its_holder(lost: Lost) -> None:
    story = lost.story
    phone = lost.recovered()
    asked = ask_operator(phone, lost.backup.raw)
    with pytest.raises(NotTheHolder):
        hand_out_share(story.south, asked.raw)
    with pytest.raises(Malformed):
        hand_out_share(story.north, asked.raw[:-1])
    story.clock.advance(600_000)
    with pytest.raises(ShareRequestExpired):
        hand_out_share(story.north, asked.raw)


def test_an_answer_opens_in_the_wallet_that_asked_and_nowhere_else(lost: Lost) -> None:
    phone = lost.recovered()
    answer = hand_out_share(lost.story.north, ask_operator(phone, lost.backup.raw).raw)
    with pytest.raises(WrongOperatorShare):
        open_answer(lost.alma, answer)
    with pytest.raises(Malformed):
        open_answer(phone, answer[:-1])
    assert len(open_answer(phone, answer)) == 32


def test_two_organisations_open_their_slot_together_at_their_desks(lost: Lost) -> None:
    story, network = lost.story, lost.story.region.network
    phone = lost.recovered()
    parts = []
    for holder in (story.south, story.clinic):
        asked = ask_holder(phone, lost.backup.raw, holder.account)
        with pytest.raises(OtherShareCode):
            hand_out_slot_share(holder, asked.raw, "0000-0000")
        parts.append(open_answer(phone, hand_out_slot_share(holder, asked.raw, asked.short_code)).decode())
    with pytest.raises(NotTheHolder):
        ask_holder(phone, lost.backup.raw, story.north.account)
    share = open_answer(phone, hand_out_share(story.north, ask_operator(phone, lost.backup.raw).raw))
    secret = read_secret(network, SlotKind.ORGANISATIONS, parts)
    assert listed(network, lost.backup.raw, SlotKind.ORGANISATIONS, secret) == ((lost.handle, story.north.account),)
    assert restore(phone, lost.backup.raw, SlotKind.ORGANISATIONS, secret, share) > 0
    assert phone.wallet.directives(lost.handle) != ()


def test_the_share_of_another_account_opens_nothing(lost: Lost) -> None:
    """A thief recovers an account of his own at the same operator: its share is another."""
    story = lost.story
    own = take_in(story.north, "Thief", "N-2")
    thief = give_wallet(story, story.north, own, "thief")
    his = back_up(thief, own, [SlotWish(SlotKind.PRINTED)])
    phone = lost.recovered()
    share = open_answer(phone, hand_out_share(story.north, ask_operator(phone, lost.backup.raw).raw))
    (shown,) = his.shown
    secret = read_secret(story.region.network, SlotKind.PRINTED, shown.texts)
    with pytest.raises(WrongOperatorShare):
        restore(thief, his.raw, SlotKind.PRINTED, secret, share)
    with pytest.raises(WrongSlotSecret):
        listed(story.region.network, lost.backup.raw, SlotKind.PRINTED, secret)
