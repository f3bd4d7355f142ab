"""The bytes of a backup: the wallet's secrets under a store key, and slots that wrap that key.

    slot secret (a passphrase: through Argon2id)
      -> listing key                 HKDF-SHA256      opens the list of handles: what to recover
      -> with the operator's share:
         wrapping key                HKDF-SHA256      unwraps the store key (AES-KW): all the rest

The list opens with the slot alone, since a recovery begins with it. Everything else needs the share, which is handed
out once the ledger shows that the recovery is finished. Ciphertexts are bound to their place and commit to their key
(`vault.keys`). A new backup has a new store, store key and share: who had a slot of the old one opens none of the new.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Count, Digest, Id, Message, Salt, Small
from salus.vault import keys
from salus.vault.errors import VaultDamaged
from salus.vault.keystore import ITERATIONS, LANES, MEMORY_KIB, Secret, SecretName
from salus.vault.seals import seal
from salus.wallet.backup.errors import BackupDamaged, TooManySlots, WrongOperatorShare, WrongSlotSecret
from salus.wallet.backup.share import Bound, SealedShare
from salus.wallet.backup.slots import SlotKind

MOST_SLOTS = 16
MAX_BYTES = 64 * 1024**2
Handles = tuple[tuple[Id, Id], ...]  # (handle, custodian)


class HeldShare(Message, frozen=True):
    """A share of a slot's secret, sealed to an organisation."""

    organisation: Id
    key: Digest  # id of its sealing key
    sealed: SealedShare


class Slot(Message, frozen=True):
    """One way to open the backup."""

    kind: Annotated[int, Meta(ge=1, le=5)]
    salt: Salt
    listing: bytes  # the handles, under the listing key
    key: Annotated[bytes, Meta(min_length=keys.WRAPPED_BYTES, max_length=keys.WRAPPED_BYTES)]  # the store key, wrapped
    needed: Small  # how many shares, of kinds that have any
    held: Annotated[tuple[HeldShare, ...], Meta(max_length=2)]  # of kind ORGANISATIONS


class Backup(Message, frozen=True):
    """A whole backup."""

    format: Annotated[int, Meta(ge=1, le=1)]
    network: Digest
    store: Id
    account: Id  # whose recovery the operator looks for: the person's account with it
    generation: Count  # of that account when the backup was made
    operator: HeldShare
    slots: Annotated[tuple[Slot, ...], Meta(min_length=1, max_length=MOST_SLOTS)]
    wallet: Annotated[bytes, Meta(max_length=MAX_BYTES)]  # its secrets, under the store key

    @property
    def bound(self) -> Bound:
        """What every share in it is bound to."""
        return Bound(self.network, self.store, self.account, self.generation)


class NewSlot(NamedTuple):
    """A slot to be made: its kind, its secret, and to whom shares of it are sealed. Its repr shows no secret."""

    kind: SlotKind
    secret: bytes
    needed: int = 1
    held: tuple[tuple[bytes, bytes, bytes, bytes], ...] = ()  # (organisation, key id, public key, share)

    def __repr__(self) -> str:
        return f"NewSlot({self.kind.name})"


class _Secrets(Message, frozen=True):
    secrets: tuple[tuple[SecretName, Secret], ...]


class _Listing(Message, frozen=True):
    handles: Handles


class Operator(NamedTuple):
    """Who hands the share out: its account, the id of its sealing key, the key."""

    account: bytes
    key: bytes
    public: bytes


def make(
    network: bytes,
    account: tuple[bytes, int],
    operator: Operator,
    handles: Handles,
    secrets: Mapping[str, bytes],
    slots: Sequence[NewSlot],
) -> bytes:
    """Return a backup of `secrets`; `account` is (handle, generation) with the operator. Raises TooManySlots."""
    if not 1 <= len(slots) <= MOST_SLOTS:
        raise TooManySlots
    bound = Bound(network, os.urandom(32), *account)
    store_key, share = os.urandom(32), os.urandom(32)
    made = tuple(_slot(bound, new, store_key, share, handles) for new in slots)
    sealed = seal(operator.public, bound.info(operator.account), share)
    plain = encode(_Secrets(tuple(sorted(secrets.items()))))
    box = keys.encrypt(network, store_key, os.urandom(keys.NONCE_BYTES), bound.store, plain)
    held = HeldShare(operator.account, operator.key, sealed)
    return encode(Backup(1, network, bound.store, bound.account, bound.generation, held, made, box))


def read(network: bytes, raw: bytes) -> Backup:
    """Return the backup in `raw`; raise BackupDamaged. Nothing of it was opened."""
    try:
        backup = decode(raw, Backup)
    except Malformed:
        raise BackupDamaged from None
    if backup.network != network:
        raise BackupDamaged
    return backup


def open_listing(backup: Backup, kind: SlotKind, secret: bytes) -> Handles:
    """Return (handle, custodian) of every relation, by a slot's secret alone; raise WrongSlotSecret, BackupDamaged."""
    slot, base = _find(backup, kind, secret)
    try:
        return decode(_unlisted(backup.bound, slot, base), _Listing).handles
    except Malformed:
        raise BackupDamaged from None


def open_wallet(backup: Backup, kind: SlotKind, secret: bytes, share: bytes) -> dict[str, bytes]:
    """Return the wallet's secrets; raise WrongSlotSecret, WrongOperatorShare, BackupDamaged."""
    slot, base = _find(backup, kind, secret)
    try:
        store_key = keys.unwrap(_wrapping(backup.bound, slot.salt, base, share), slot.key)
    except VaultDamaged:
        raise WrongOperatorShare from None
    try:
        return dict(decode(keys.decrypt(backup.network, store_key, backup.store, backup.wallet), _Secrets).secrets)
    except (VaultDamaged, Malformed):
        raise BackupDamaged from None


def _slot(bound: Bound, new: NewSlot, store_key: bytes, share: bytes, handles: Handles) -> Slot:
    salt = os.urandom(32)
    base = _base(new.kind, salt, new.secret)
    plain = encode(_Listing(handles))
    listing = keys.encrypt(
        bound.network, _listing(bound, salt, base), os.urandom(keys.NONCE_BYTES), _place(bound, new.kind), plain
    )
    wrapped = keys.wrap(_wrapping(bound, salt, base, share), store_key)
    held = tuple(
        HeldShare(organisation, key, seal(public, bound.info(organisation), part))
        for organisation, key, public, part in new.held
    )
    return Slot(int(new.kind), salt, listing, wrapped, new.needed, held)


def _find(backup: Backup, kind: SlotKind, secret: bytes) -> tuple[Slot, bytes]:
    """Return the slot that the secret opens, with its base key; raise WrongSlotSecret."""
    for slot in backup.slots:
        if slot.kind != kind:
            continue
        base = _base(kind, slot.salt, secret)
        try:
            _unlisted(backup.bound, slot, base)
        except VaultDamaged:
            continue
        return slot, base
    raise WrongSlotSecret


def _unlisted(bound: Bound, slot: Slot, base: bytes) -> bytes:
    return keys.decrypt(
        bound.network, _listing(bound, slot.salt, base), _place(bound, SlotKind(slot.kind)), slot.listing
    )


def _place(bound: Bound, kind: SlotKind) -> bytes:
    return bound.store + bytes((kind,))


def _base(kind: SlotKind, salt: bytes, secret: bytes) -> bytes:
    if kind is not SlotKind.PASSPHRASE:
        return secret
    kdf = Argon2id(salt=salt, length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive(secret)


def _listing(bound: Bound, salt: bytes, base: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=b"salus/1 slot listing" + bound.store).derive(base)


def _wrapping(bound: Bound, salt: bytes, base: bytes, share: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=b"salus/1 slot store" + bound.store).derive(base + share)
