"""Escrow: too few shares, a share that was tampered with, letters of others, a crash between its steps, a rehearsal."""

import os

import pytest
from msgspec.structs import replace
from story_region import Story, ask, clinician, give_wallet, grant_laboratory, take_in

from salus.bootstrap import escrow_secrets, restore_secrets
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.signatures import SigningKey
from salus.services.actors import Organisation
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.deliver import Delivery
from salus.services.errors import (
    EscrowNotOpened,
    NoSuchShare,
    NotForUs,
    OtherEscrow,
    SecretsInTheWay,
    TooFewShares,
    UnfitHolders,
    WrongShare,
)
from salus.services.escrow_objects import Escrowed, EscrowFile, HeldShare, SealedShare, Share
from salus.services.hold_share import KIND, MEDIA_TYPE, held_share, hold_share, list_held
from salus.services.inbox import process_inbox
from salus.services.make_escrow import ShareTask, draw_up_escrow, make_escrow, post_shares
from salus.services.objects import StaffOpening, parse_signed, sign
from salus.services.open_escrow import Gathered, Opener, ask_holders, gather, open_file, read_file
from salus.services.refuse import Refused
from salus.services.rehearse_escrow import check_held, rehearse, view_escrow
from salus.services.release import release
from salus.services.release_share import LETTER, release_share
from salus.services.restore_openings import restore_openings
from salus.vault.errors import SharesDoNotFit
from salus.vault.shared import SharedResource
from salus.vault.shares import join, split

HOLDERS = ("south", "clinic", "regulator")


def made(story: Story, threshold: int = 2) -> EscrowFile:
    """North Hospital's escrow, its shares with the others."""
    files: list[bytes] = []
    holders = [story.region.organisation(slug).account for slug in HOLDERS]
    make_escrow(story.north, escrow_secrets(story.region, "north"), holders, threshold, files.append)
    for slug in HOLDERS:
        process_inbox(story.region.organisation(slug))
    return decode(files[0], EscrowFile)


def released(story: Story, file: EscrowFile, *slugs: str) -> Gathered:
    for slug in slugs:
        release_share(story.region.organisation(slug), story.north.account)
    return gather(opener(story.north), file.header)


def opener(organisation: Organisation) -> Opener:
    return Opener(organisation.account, organisation.seal_key, organisation.ledger, organisation.exchange)


def opened(story: Story) -> None:
    story.north.send_administration(ask_holders(story.north, story.north.account))


def test_one_share_fewer_than_the_threshold_opens_nothing(story: Story) -> None:
    file = made(story, threshold=3)
    opened(story)
    gathered = released(story, file, "south", "clinic")
    assert len(gathered.shares) == 2
    with pytest.raises(TooFewShares):
        open_file(story.region.network, file, gathered.shares.values())
    words = [share.words for share in gathered.shares.values()]
    for some in (words, words[:1], [*words, words[0]]):
        with pytest.raises(SharesDoNotFit):
            join(some)
    whole = released(story, file, "regulator")
    names = [name for name, _ in open_file(story.region.network, file, whole.shares.values()).secrets]
    assert names == ["gateway", "seal", "vault", "vault-made"], "no administration key leaves the keystore"


def test_any_two_of_three_open_the_same(story: Story) -> None:
    file = made(story)
    opened(story)
    shares = list(released(story, file, *HOLDERS).shares.values())
    secrets = escrow_secrets(story.region, "north")
    for pair in (shares[:2], shares[1:], shares[::2]):
        assert open_file(story.region.network, file, pair).secrets == secrets


def test_a_tampered_share_is_found_and_its_holder_named(story: Story) -> None:
    file = made(story)
    opened(story)
    held = held_share(story.clinic, story.north.account)
    other = split(os.urandom(32), 2, 3)[0]  # sound in form, and of another secret
    for words in (other, held.share.words.replace(" ", "  ", 1), held.share.words[:-4]):
        changed = encode(HeldShare(held.header, Share(held.share.salt, words)))
        story.clinic.vault.shared.put([SharedResource(KIND, story.north.account.hex(), changed, MEDIA_TYPE)])
        assert check_held(story.clinic) == ((story.north.account, False),)
        gathered = released(story, file, "clinic")
        assert gathered.shares == {}
        assert {type(refusal) for _, refusal in gathered.unfit} == {WrongShare}
    gathered = released(story, file, "south", "regulator")
    assert len(gathered.shares) == 2 and open_file(story.region.network, file, gathered.shares.values())


def test_a_share_of_another_secret_does_not_join(story: Story) -> None:
    one, other = split(os.urandom(32), 2, 3), split(os.urandom(32), 2, 3)
    with pytest.raises(SharesDoNotFit):
        join([one[0], other[1]])
    with pytest.raises(ValueError, match="threshold"):
        split(bytes(32), 1, 3)


def test_a_holder_releases_to_nobody_unless_the_ledger_says_so(story: Story) -> None:
    made(story)
    with pytest.raises(EscrowNotOpened):
        release_share(story.south, story.north.account)
    with pytest.raises(NoSuchShare):
        release_share(story.south, story.clinic.account)
    assert [(held.organisation, held.opened_by) for held in list_held(story.south)] == [(story.north.account, None)]
    opened(story)
    assert [held.opened_by for held in list_held(story.south)] == [story.north.account]


def test_letters_of_shares_in_the_wrong_hands(story: Story) -> None:
    file = made(story)
    opened(story)
    release_share(story.south, story.north.account)
    (letter,) = [one for one in story.region.exchange.inbox(story.north.account) if one.kind == LETTER]
    (unfit,) = gather(opener(story.clinic)._replace(account=story.north.account), file.header).unfit
    assert type(unfit[1]).__name__ == "WrongSeal"
    story.region.exchange.post(story.clinic.account, LETTER, letter.body)
    (aside,) = gather(opener(story.clinic), file.header).unfit
    assert isinstance(aside[1], NotForUs)
    payload = parse_signed(LETTER, letter.body).payload
    forged = sign(LETTER, story.region.network, decode(payload, SealedShare), SigningKey.from_seed(bytes(32)))
    story.region.exchange.done(story.north.account, letter.name)
    story.region.exchange.post(story.north.account, LETTER, forged)
    (bad,) = gather(opener(story.north), file.header).unfit
    assert isinstance(bad[1], WrongSignature)


def test_a_share_that_its_sender_did_not_commit_to_is_not_kept(story: Story) -> None:
    drawn = draw_up_escrow(story.north, (), [story.south.account, story.clinic.account], 2, lambda raw: None)
    assert post_shares(story.north) == 0, "nothing leaves before the ledger has it"
    rows = [row for row in story.north.vault.outbox.next(10) if row.kind == "escrow-share"]
    assert len(rows) == 2
    task = decode(rows[0].body, ShareTask)
    with pytest.raises(OtherEscrow):
        hold_share(story.south, task.letter)
    with pytest.raises(NotForUs):
        hold_share(story.clinic, task.letter)
    story.north.send_administration(drawn.message)
    story.reopen()  # the process ended before they were sent
    assert story.region.exchange.inbox(story.south.account) == []
    story.region.organisation("north")
    assert [letter.kind for letter in story.region.exchange.inbox(story.south.account)] == ["share"]
    assert post_shares(story.north) == 0


def test_an_escrow_that_never_came_to_the_ledger_is_forgotten(story: Story) -> None:
    draw_up_escrow(story.north, (), [story.south.account, story.clinic.account], 2, lambda raw: None)
    story.clock.advance(2 * 86_400_000)
    assert post_shares(story.north) == 0
    assert [row for row in story.north.vault.outbox.next(10) if row.kind == "escrow-share"] == []
    assert governance.escrow(story.region.ledger.view(), story.north.account) is None
    assert view_escrow(story.north) is None


def test_holders_are_other_active_members_each_once(story: Story) -> None:
    south, clinic = story.south.account, story.clinic.account
    for holders, threshold in (
        ([south, south], 2),
        ([south, story.north.account], 2),
        ([south, bytes(32)], 2),
        ([south, clinic], 1),
        ([south, clinic], 3),
        ([south], 2),
    ):
        with pytest.raises(UnfitHolders):
            draw_up_escrow(story.north, (), holders, threshold, lambda raw: None)


def test_a_file_that_was_changed_is_none_of_the_ledgers(story: Story) -> None:
    file = made(story)
    for changed in (
        EscrowFile(file.header, file.stream[:-1]),
        EscrowFile(replace(file.header, threshold=3), file.stream),
    ):
        with pytest.raises(OtherEscrow):
            read_file(story.region.ledger, encode(changed))
    with pytest.raises(OtherEscrow):
        rehearse(story.south, encode(file))
    assert rehearse(story.north, encode(file)).confirmed == 0, "the receipts lie in the inbox still"
    process_inbox(story.north)
    assert rehearse(story.north, encode(file)).sound


def test_secrets_in_use_are_never_replaced(story: Story) -> None:
    take_in(story.north, "Alma", "N-1")
    file = made(story)
    opened(story)
    shares = released(story, file, "south", "clinic").shares.values()
    escrowed = open_file(story.region.network, file, shares)
    assert restore_secrets(story.region, "north", escrowed) == ("gateway", "seal", "vault", "vault-made")
    with pytest.raises(OtherEscrow):
        restore_secrets(story.region, "south", escrowed)
    other = type(escrowed)(escrowed.organisation, (("vault", bytes(32)),), (), ())
    with pytest.raises(SecretsInTheWay):
        restore_secrets(story.region, "north", other)


def test_openings_come_back_into_a_vault_that_lost_them(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    badge = attest_staff(story.north, "Doctor North", "physician")
    file = made(story)
    opened(story)
    escrowed = open_file(story.region.network, file, released(story, file, "south", "clinic").shares.values())
    (relation, directive, part), (staff,) = escrowed.parts[0], escrowed.staff
    story.north.vault.directives.put(relation, directive, b"\x80")  # as if it were gone
    asked = ask(story, handle, clinician(story))
    assert isinstance(release(story.north, asked.raw), Refused)
    unknown = Escrowed(escrowed.organisation, (), (encode(replace(decode(staff, StaffOpening), name="Else")),), ())
    assert restore_openings(story.north, unknown) == (0, 0, 0)
    swapped = Escrowed(escrowed.organisation, (), (), ((relation, directive, b"\x80"), (relation, bytes(32), part)))
    assert restore_openings(story.north, swapped) == (0, 0, 0)
    assert restore_openings(story.north, escrowed) == (1, 1, 0)
    assert list_staff(story.north) == (badge,)
    again = ask(story, handle, clinician(story))
    assert isinstance(release(story.north, again.raw), Delivery)
    with pytest.raises(OtherEscrow):
        restore_openings(story.south, escrowed)
