"""An organisation's keys change: rotated, handed over to people who sign together; a home's passphrase changes."""

from pathlib import Path

import pytest
from story_region import PASSPHRASE, Story, ask, clinician, give_wallet, grant_laboratory, laboratory_terms, take_in

from salus.bootstrap import (
    change_passphrase,
    end_old_gateways,
    gateway_change,
    hand_over_administration,
    hand_over_change,
    key_changes,
    master_key_age_ms,
    open_region,
    rotate_administration,
    rotate_gateway,
    rotate_seal,
    rotate_vault,
    seal_change,
)
from salus.client import refused
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.accounts import errors as accounts_errors
from salus.contracts.governance import errors as governance_errors
from salus.contracts.governance.messages import Propose, SetParameter
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import encode
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.core.keys import Role
from salus.core.signatures import SigningKey
from salus.services.administrator import (
    change_administrator_passphrase,
    new_administrator,
    open_administrator,
)
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.change_keys import change_of_keys, live
from salus.services.deliver import Delivery
from salus.services.errors import ActorExists, KeysElsewhere, NotASigner, SignaturesMissing, SigningOver
from salus.services.grant import grant
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.signing_file import (
    SigningFile,
    add_signature,
    administrators,
    choose_signers,
    describe,
    draw_up,
    put_together,
    read_signing_file,
    submit,
)
from salus.vault.errors import WrongPassphrase
from salus.vault.keystore import Keystore


def test_a_sealing_key_is_rotated_and_what_was_sealed_before_still_opens(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant(alma, handle, laboratory_terms(story.clinic))  # sealed to the old key, on its way
    before = story.north.seal_key
    rotate_seal(story.region, "north")
    after = story.north.seal_key
    assert after.public != before.public and [key.public for key in after.older] == [before.public]
    (acknowledged,) = process_inbox(story.north)
    assert acknowledged.outcome == granted.directive
    ask(story, handle, badge)
    rotate_seal(story.region, "north")
    assert [key.public for key in story.north.seal_key.older] == [after.public, before.public]
    (answered,) = process_inbox(story.north)
    assert isinstance(answered.outcome, Delivery)
    rotate_seal(story.region, "clinic")  # the delivery is sealed to the clinic's old one
    (received,) = process_inbox(story.clinic)
    assert isinstance(received.outcome, Received)
    story.reopen()
    assert [key.public for key in story.north.seal_key.older] == [after.public, before.public]


def test_a_gateway_key_is_rotated_and_what_the_old_one_signed_stands_until_it_is_ended(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, badge)  # signed by the clinic's old key
    old = story.clinic.gateway
    rotate_gateway(story.region, "clinic")
    assert story.clinic.gateway != old
    assert len(live(story.region.ledger, story.clinic.account, Role.GATEWAY)) == 2
    (answered,) = process_inbox(story.north)
    assert isinstance(answered.outcome, Delivery)
    assert isinstance(process_inbox(story.clinic)[0].outcome, Received)
    assert end_old_gateways(story.region, "clinic") == 1 and end_old_gateways(story.region, "clinic") == 0
    assert live(story.region.ledger, story.clinic.account, Role.GATEWAY) == [
        story.clinic.gateway.id(story.region.network)
    ]
    attest_staff(story.clinic, "Somebody", "nurse")


def test_a_stolen_gateway_key_goes_at_once(story: Story) -> None:
    clinician(story)
    rotate_gateway(story.region, "clinic", at_once=True)
    assert len(live(story.region.ledger, story.clinic.account, Role.GATEWAY)) == 1
    assert len(list_staff(story.clinic)) == 1
    story.reopen()
    clinician(story)


@pytest.mark.parametrize("rotated", [rotate_gateway, rotate_seal, rotate_administration])
@pytest.mark.parametrize("landed", [True, False])
def test_a_rotation_that_was_interrupted_is_finished_or_forgotten(
    story: Story, monkeypatch: pytest.MonkeyPatch, rotated, landed: bool
) -> None:
    before = (story.north.gateway, story.north.seal_key.public, story.north.administration)

    class Stopped(Exception):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        where = "_take_over" if landed else "change_of_keys"
        patched.setattr(key_changes, where, stop)
        with pytest.raises(Stopped):
            rotated(story.region, "north")
    story.reopen()
    attest_staff(story.north, "Nobody", "nurse")
    story.clock.advance(1_200_000)
    attest_staff(story.north, "Nobody", "nurse")  # no envelope of before is valid any more
    story.reopen()
    after = (story.north.gateway, story.north.seal_key.public, story.north.administration)
    assert (after != before) is landed
    secrets = Keystore.open(story.region.home / "organisations/north/keystore.sealed", PASSPHRASE)
    assert [name for name in secrets.names() if "next" in name] == []
    attest_staff(story.north, "Somebody", "nurse")
    rotated(story.region, "north")


def test_administration_keys_are_rotated(story: Story) -> None:
    before = administrators(story.region.ledger, story.north.account)
    old = story.north.administration
    rotate_administration(story.region, "north")
    after = administrators(story.region.ledger, story.north.account)
    assert after[1] == before[1] == 2 and not set(after[0]) & set(before[0]) and len(after[0]) == 3
    assert not set(old) & set(story.north.administration)


def test_a_vaults_master_key_grows_old_and_is_new_after_its_rotation(story: Story) -> None:
    take_in(story.north, "Alma", "N-1")
    story.clock.advance(1_000_000)
    clinician(story)
    assert (master_key_age_ms(story.region, "north") or 0) >= 1_000_000
    rotate_vault(story.region, "north")
    assert master_key_age_ms(story.region, "north") == 0


# --- administrators with keys of their own


class Handed:
    """North Hospital's administration: three people, two of whom must sign."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.files = [folder / f"{name}.sealed" for name in ("anna", "bert", "cara")]
        people = [new_administrator(path, f"of {path.stem}") for path in self.files]
        entries = [one.entry(story.region.network, story.north.account) for one in people]
        hand_over_administration(story.region, "north", entries, 2)
        self.keys = [open_administrator(path, f"of {path.stem}").key for path in self.files]


@pytest.fixture
def handed(story: Story, tmp_path: Path) -> Handed:
    return Handed(story, tmp_path)


def proposal(story: Story, handed: Handed, *signers: int) -> SigningFile:
    action = SetParameter(int(Parameter.MAX_KEYS), 32)
    message = Propose(story.north.account, story.region.ledger.height() + 5, ((3, encode(action)),))
    wanted = [handed.keys[n].id(story.region.network) for n in signers]
    return draw_up(story.region.ledger, choose_signers(story.region.ledger, story.north.account, wanted), message)


def test_the_administration_is_handed_over_and_signs_a_file_at_three_places(story: Story, handed: Handed) -> None:
    assert story.north.administration == ()
    with pytest.raises(KeysElsewhere):
        story.north.send_administration()
    with pytest.raises(KeysElsewhere):
        rotate_seal(story.region, "north")
    file = proposal(story, handed, 0, 2)
    described = describe(file)
    assert [type(message).__name__ for message in described.messages] == ["Propose"]
    assert [signed for _, _, signed in described.signers] == [False, False]
    one, other = add_signature(file, handed.keys[0]), add_signature(file, handed.keys[2])
    with pytest.raises(SignaturesMissing):
        submit(story.region.ledger, story.north.carrier, one)
    done = submit(story.region.ledger, story.south.carrier, put_together([one, other]))
    assert done.landed.result.code == 0 and len(done.created[0][0]) == 32
    story.reopen()
    assert story.north.administration == ()


def test_one_administrator_twice_does_not_make_two(story: Story, handed: Handed) -> None:
    file = proposal(story, handed, 0, 1)
    twice = add_signature(add_signature(file, handed.keys[0]), handed.keys[0])
    assert len(twice.signatures) == 1
    with pytest.raises(SignaturesMissing):
        submit(story.region.ledger, story.north.carrier, twice)
    with pytest.raises(SignaturesMissing):
        submit(story.region.ledger, story.north.carrier, put_together([twice, twice]))
    with pytest.raises(KeysElsewhere):
        proposal(story, handed, 0, 0)


def test_a_wrong_key_signs_nothing(story: Story, handed: Handed) -> None:
    file = proposal(story, handed, 0, 1)
    for key in (handed.keys[2], story.north.gateway, SigningKey.from_seed(bytes(32))):
        with pytest.raises(NotASigner):
            add_signature(file, key)
    one = add_signature(file, handed.keys[0])
    lent = SigningFile(
        1, one.network, one.payload, tuple((kid, one.signatures[0][1]) for _, kid, _ in describe(one).signers)
    )
    with pytest.raises(WrongSignature):
        submit(story.region.ledger, story.north.carrier, lent)
    with pytest.raises(NotASigner):
        choose_signers(story.region.ledger, story.north.account, [bytes(32)])


def test_a_file_has_ten_minutes(story: Story, handed: Handed) -> None:
    file = proposal(story, handed, 0, 1)
    signed = add_signature(add_signature(file, handed.keys[0]), handed.keys[1])
    story.clock.advance(600_000)
    clinician(story)
    with pytest.raises(SigningOver):
        submit(story.region.ledger, story.north.carrier, signed)


def test_a_file_is_sent_once(story: Story, handed: Handed) -> None:
    file = proposal(story, handed, 0, 1)
    signed = add_signature(add_signature(file, handed.keys[0]), handed.keys[1])
    submit(story.region.ledger, story.north.carrier, signed)
    with pytest.raises(Refusal) as again:
        submit(story.region.ledger, story.south.carrier, signed)
    assert type(again.value) in refused.KNOWN.values()


def test_what_a_file_says_cannot_be_changed_between_signatures(story: Story, handed: Handed) -> None:
    one = add_signature(proposal(story, handed, 0, 1), handed.keys[0])
    other = add_signature(proposal(story, handed, 0, 1), handed.keys[1])  # of another nonce
    with pytest.raises(Malformed):
        put_together([one, other])
    with pytest.raises(Malformed):
        read_signing_file(b"\x84\x01")
    mixed = SigningFile(1, one.network, other.payload, tuple(sorted((*one.signatures, *other.signatures))))
    with pytest.raises(WrongSignature):
        submit(story.region.ledger, story.north.carrier, mixed)


def test_an_old_threshold_of_the_keystore_signs_nothing_any_more(story: Story, tmp_path: Path) -> None:
    old = story.north
    handed = Handed(story, tmp_path)
    assert handed.keys
    with pytest.raises(Refusal):
        story.south.carrier.submit_now(draw_and_sign(story, old.account, old.administration))


def draw_and_sign(story: Story, account: bytes, keys: tuple[SigningKey, ...]) -> bytes:
    message = change_of_keys(story.region.ledger, account)
    builder = EnvelopeBuilder(story.region.network, story.region.ledger.now)
    return builder.build([(account, key) for key in keys], message).raw


def test_a_key_is_handed_in_for_its_own_organisation_alone(story: Story, tmp_path: Path) -> None:
    anna = new_administrator(tmp_path / "anna.sealed", "of anna")
    with pytest.raises(ActorExists):
        new_administrator(tmp_path / "anna.sealed", "of anna")
    for entry in (anna.entry(story.region.network, story.south.account), anna.entry(bytes(32), story.north.account)):
        with pytest.raises(NotASigner):
            hand_over_administration(story.region, "north", [entry], 1)
    own = anna.entry(story.region.network, story.north.account)
    with pytest.raises(accounts_errors.InvalidThreshold):
        hand_over_administration(story.region, "north", [own], 2)
    assert len(story.north.administration) == 3


def test_an_administrators_passphrase_changes(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "anna.sealed"
    key = new_administrator(path, "of anna").key
    change_administrator_passphrase(path, "of anna", "another")
    with pytest.raises(WrongPassphrase):
        open_administrator(path, "of anna")
    assert open_administrator(path, "another").key == key


# --- the passphrase of a home


def test_the_passphrase_of_a_home_changes_and_an_interrupted_change_goes_on(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    give_wallet(story, story.north, handle, "alma")
    saved, count = Keystore.save, []

    def fails_at_the_third(self: Keystore, passphrase: str) -> None:
        count.append(1)
        if len(count) == 3:
            raise OSError(5, "failed")
        saved(self, passphrase)

    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "save", fails_at_the_third)
        with pytest.raises(OSError, match="failed"):
            change_passphrase(story.region, "a new one")
    assert change_passphrase(story.region, "a new one") == 6
    home = story.region.home
    with pytest.raises(WrongPassphrase):
        open_region(home, PASSPHRASE, clock=story.clock)
    story.region = open_region(home, "a new one", clock=story.clock)
    assert story.region.person("alma").wallet.relations() and story.north.vault.relations() == [handle]


def test_governance_still_counts_keys_not_files(story: Story, handed: Handed) -> None:
    """The file waits for one signature only: the contract refuses it, whoever drew it up."""
    action = SetParameter(int(Parameter.MAX_KEYS), 32)
    message = Propose(story.north.account, story.region.ledger.height() + 5, ((3, encode(action)),))
    signer = (story.north.account, handed.keys[0].id(story.region.network))
    file = add_signature(draw_up(story.region.ledger, [signer], message), handed.keys[0])
    with pytest.raises(governance_errors.NotAdministration):
        submit(story.region.ledger, story.north.carrier, file)


def test_keys_are_rotated_by_a_file_once_people_keep_the_administration(story: Story, handed: Handed) -> None:
    before = story.north.gateway, story.north.seal_key.public
    signed = []
    for change in (gateway_change(story.region, "north"), seal_change(story.region, "north")):
        wanted = [handed.keys[n].id(story.region.network) for n in (0, 1)]
        file = draw_up(story.region.ledger, choose_signers(story.region.ledger, story.north.account, wanted), change)
        signed.append(add_signature(add_signature(file, handed.keys[0]), handed.keys[1]))
    story.reopen()
    assert (story.north.gateway, story.north.seal_key.public) == before, "nothing is taken over that is not listed"
    submit(story.region.ledger, story.south.carrier, signed[0])
    story.reopen()
    assert story.north.gateway != before[0] and story.north.seal_key.public == before[1]
    submit(story.region.ledger, story.south.carrier, signed[1])
    story.reopen()
    assert story.north.seal_key.public != before[1] and story.north.seal_key.older[0].public == before[1]
    attest_staff(story.north, "Somebody", "nurse")


def test_administrators_hand_over_to_others_by_a_file(story: Story, handed: Handed, tmp_path: Path) -> None:
    people = [new_administrator(tmp_path / f"{name}.sealed", "theirs") for name in ("dora", "emil")]
    entries = [one.entry(story.region.network, story.north.account) for one in people]
    change = hand_over_change(story.region, "north", entries, 2)
    wanted = [handed.keys[n].id(story.region.network) for n in (0, 2)]
    file = draw_up(story.region.ledger, choose_signers(story.region.ledger, story.north.account, wanted), change)
    submit(story.region.ledger, story.north.carrier, add_signature(add_signature(file, handed.keys[0]), handed.keys[2]))
    listed, threshold = administrators(story.region.ledger, story.north.account)
    assert (sorted(one.key.id(story.region.network) for one in people), threshold) == (sorted(listed), 2)
