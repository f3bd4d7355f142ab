"""Backups: what each slot opens, what opens nothing, and that every byte counts."""

import random

import pytest

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.core.signatures import SigningKey
from salus.vault import keystore
from salus.vault.errors import WrongSeal
from salus.vault.seals import SealKey
from salus.wallet.backup import file, slots
from salus.wallet.backup.errors import (
    BackupDamaged,
    NotEnoughShares,
    TooManySlots,
    UnfitKeyholders,
    UnreadableSecret,
    WrongOperatorShare,
    WrongSlotSecret,
)
from salus.wallet.backup.file import NewSlot, Operator
from salus.wallet.backup.share import (
    ShareRequest,
    parse_share_request,
    request_id,
    sign_request,
)
from salus.wallet.backup.slots import SlotKind

NETWORK, OTHER = b"\x01" * 32, b"\x02" * 32
HANDLES = ((b"\x03" * 32, b"\x04" * 32), (b"\x05" * 32, b"\x06" * 32))
SECRETS = {"wallet": NETWORK, "relation/03": b"keys", "wish": b"w" * 3000}
OPERATOR = SealKey.from_seed(b"\x07" * 32)
FIRST, SECOND = SealKey.from_seed(b"\x08" * 32), SealKey.from_seed(b"\x09" * 32)
BY = b"\x04" * 32  # the operator's account


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, cost in (("ITERATIONS", 1), ("LANES", 1), ("MEMORY_KIB", 128)):
        monkeypatch.setattr(file, name, cost)
        monkeypatch.setattr(keystore, name, cost)


def made(*new: NewSlot) -> file.Backup:
    operator = Operator(BY, OPERATOR.id(NETWORK), OPERATOR.public)
    return file.read(NETWORK, file.make(NETWORK, (HANDLES[0][0], 1), operator, HANDLES, SECRETS, new))


def share_of(backup: file.Backup) -> bytes:
    return OPERATOR.open(backup.bound.info(BY), backup.operator.sealed)


def every_kind() -> list[NewSlot]:
    code, secret = slots.new_printed(NETWORK)
    assert slots.of_printed(NETWORK, code) == secret
    shares, whole = slots.new_shares(2, 3)
    assert slots.of_shares(shares[:2]) == slots.of_shares([shares[2], shares[0]]) == whole
    return [
        NewSlot(SlotKind.PASSKEY, slots.of_passkey(b"p" * 32)),
        NewSlot(SlotKind.PASSPHRASE, slots.of_passphrase(slots.new_passphrase())),
        NewSlot(SlotKind.PRINTED, secret),
        NewSlot(SlotKind.KEYHOLDERS, whole, 2),
    ]


def test_each_slot_lists_the_accounts_alone_and_opens_all_with_the_operators_share() -> None:
    new = every_kind()
    backup = made(*new)
    for slot in new:
        assert file.open_listing(backup, slot.kind, slot.secret) == HANDLES
        assert file.open_wallet(backup, slot.kind, slot.secret, share_of(backup)) == SECRETS


def test_a_slot_alone_opens_nothing_but_the_list() -> None:
    new = every_kind()
    backup = made(*new)
    for slot in new:
        for share in (b"", bytes(32), backup.store):
            with pytest.raises(WrongOperatorShare):
                file.open_wallet(backup, slot.kind, slot.secret, share)


def test_the_operator_alone_opens_nothing() -> None:
    backup = made(*every_kind())
    share = share_of(backup)
    for kind in SlotKind:
        for secret in (share, b"", bytes(32)):
            with pytest.raises(WrongSlotSecret):
                file.open_wallet(backup, kind, secret, share)
            with pytest.raises(WrongSlotSecret):
                file.open_listing(backup, kind, secret)


def test_a_secret_opens_no_slot_of_another_kind() -> None:
    backup = made(NewSlot(SlotKind.PRINTED, b"s" * 32))
    with pytest.raises(WrongSlotSecret):
        file.open_listing(backup, SlotKind.KEYHOLDERS, b"s" * 32)


def test_one_share_fewer_opens_nothing() -> None:
    shares, _ = slots.new_shares(3, 5)
    for few in ([], shares[:1], shares[:2]):
        with pytest.raises(NotEnoughShares):
            slots.of_shares(few)
    others, _ = slots.new_shares(3, 5)
    with pytest.raises(NotEnoughShares):
        slots.of_shares([*shares[:2], others[0]])
    with pytest.raises(NotEnoughShares):
        slots.of_shares(["academic acid acne", "words that are none"])


@pytest.mark.parametrize(("needed", "holders"), [(1, 3), (4, 3), (2, 17), (0, 0)])
def test_unfit_numbers_of_keyholders(needed: int, holders: int) -> None:
    with pytest.raises(UnfitKeyholders):
        slots.new_shares(needed, holders)


def test_two_organisations_each_open_their_own_share() -> None:
    shares, secret = slots.new_shares(2, 2)
    keys = {b"a" * 32: FIRST, b"b" * 32: SECOND}
    held = tuple(
        (account, key.id(NETWORK), key.public, share.encode())
        for (account, key), share in zip(keys.items(), shares, strict=True)
    )
    backup = made(NewSlot(SlotKind.ORGANISATIONS, secret, 2, held))
    opened = [
        keys[one.organisation].open(backup.bound.info(one.organisation), one.sealed) for one in backup.slots[0].held
    ]
    assert slots.of_shares([one.decode() for one in opened]) == secret
    first = backup.slots[0].held[0]
    for key, account in ((SECOND, first.organisation), (FIRST, b"b" * 32)):
        with pytest.raises(WrongSeal):
            key.open(backup.bound.info(account), first.sealed)


def test_a_share_is_bound_to_its_store_account_and_generation() -> None:
    backup = made(*every_kind())
    for other in (
        backup.bound._replace(store=bytes(32)),
        backup.bound._replace(account=HANDLES[1][0]),
        backup.bound._replace(generation=2),
        backup.bound._replace(generation=0),
        backup.bound._replace(network=OTHER),
    ):
        with pytest.raises(WrongSeal):
            OPERATOR.open(other.info(BY), backup.operator.sealed)


def test_a_new_backup_has_nothing_of_the_old() -> None:
    slot = NewSlot(SlotKind.PRINTED, b"s" * 20)
    old, new = made(slot), made(slot)
    assert old.store != new.store and share_of(old) != share_of(new)
    with pytest.raises(WrongOperatorShare):
        file.open_wallet(new, slot.kind, slot.secret, share_of(old))


def test_every_changed_byte_is_noticed() -> None:
    slot = NewSlot(SlotKind.PRINTED, b"s" * 20)
    backup = made(slot)
    share, raw = share_of(backup), encode(backup)
    seed = random.randrange(1 << 32)
    r = random.Random(seed)
    for at in r.sample(range(len(raw)), 400):
        changed = raw[:at] + bytes((raw[at] ^ r.randint(1, 255),)) + raw[at + 1 :]
        try:
            read = file.read(NETWORK, changed)
            found = file.open_wallet(
                read, slot.kind, slot.secret, OPERATOR.open(read.bound.info(BY), read.operator.sealed)
            )
        except (Refusal, ValueError):
            continue
        assert found == SECRETS, (seed, at)
        # What may change unnoticed says only whom to ask.
        assert (
            read.operator.organisation != backup.operator.organisation
            or read.operator.key != backup.operator.key
            or (read.slots[0].needed != backup.slots[0].needed)
        ), (seed, at)
    assert file.open_wallet(backup, slot.kind, slot.secret, share) == SECRETS


@pytest.mark.parametrize("raw", [b"", b"\x80", b"not a backup", encode([1, 2, 3])])
def test_what_is_no_backup(raw: bytes) -> None:
    with pytest.raises(BackupDamaged):
        file.read(NETWORK, raw)


def test_a_backup_is_of_one_network() -> None:
    with pytest.raises(BackupDamaged):
        file.read(OTHER, encode(made(*every_kind())))


def test_a_backup_has_one_to_sixteen_slots() -> None:
    slot = NewSlot(SlotKind.PRINTED, b"s" * 20)
    made(*[slot] * 16)
    for count in (0, 17):
        with pytest.raises(TooManySlots):
            made(*[slot] * count)


def test_words_are_read_as_people_type_them() -> None:
    words = slots.new_passphrase()
    secret = slots.of_passphrase(words)
    assert slots.of_passphrase("  " + words.upper().replace(" ", "-") + "\n") == secret
    assert len(words.split()) == 12 and words != slots.new_passphrase()
    for wrong in ("", words.rsplit(" ", 1)[0], words + " acid", words.replace(words.split()[0], "zzzz", 1)):
        with pytest.raises(UnreadableSecret):
            slots.of_passphrase(wrong)


def test_printed_codes_notice_typing_errors_and_other_networks() -> None:
    code, secret = slots.new_printed(NETWORK)
    assert slots.of_printed(NETWORK, code.lower().replace("-", " ")) == secret
    with pytest.raises(UnreadableSecret):
        slots.of_printed(OTHER, code)
    letters = code.replace("-", "")
    for at in range(len(letters)):
        wrong = letters[:at] + ("A" if letters[at] != "A" else "B") + letters[at + 1 :]
        with pytest.raises(UnreadableSecret):
            slots.of_printed(NETWORK, wrong)
    for text in ("", "ÄÖ", "A" * 8):
        with pytest.raises(UnreadableSecret):
            slots.of_printed(NETWORK, text)


def test_a_passkey_gives_32_bytes() -> None:
    for prf in (b"", bytes(31), bytes(33)):
        with pytest.raises(UnreadableSecret):
            slots.of_passkey(prf)


def test_a_request_for_a_share_has_one_signature() -> None:
    request = ShareRequest(b"s" * 32, b"a" * 32, 1, b"sealed", OPERATOR.public, bytes(16), 5)
    device = SigningKey.from_seed(b"d" * 32)
    raw = sign_request(NETWORK, request, device)
    parsed = parse_share_request(NETWORK, raw)
    assert (parsed.payload, parsed.key, parsed.id) == (request, device.id(NETWORK), request_id(NETWORK, request))
    for bad in (b"", raw[:-1], raw + b"\0"):
        with pytest.raises(Malformed):
            parse_share_request(NETWORK, bad)


def test_no_repr_shows_a_secret() -> None:
    assert repr(NewSlot(SlotKind.PRINTED, b"secret")) == "NewSlot(PRINTED)"
    assert decode(encode(made(*every_kind())), file.Backup).format == 1
