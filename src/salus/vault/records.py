"""Records: how one write becomes a sealed row of the index, and the row octets again."""

import os
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, Status, content_digest
from salus.vault.blobs import INLINE_BYTES
from salus.vault.digests import Digests
from salus.vault.errors import VaultDamaged
from salus.vault.headers import Common, encode_header
from salus.vault.keys import KEY_BYTES, NONCE_BYTES, context, decrypt, unwrap, wrap

_RANDOM_BYTES = 32 + 32 + KEY_BYTES + NONCE_BYTES  # leaf salt, content salt, data key, nonce
SECRETS_BYTES = 32 + 32 + 40


class RecordWrite(NamedTuple):
    """A version to be deposited: its content and what its leaf header says of it.

    `expected` is the version it builds on (0: the record must be new); None puts it on top of whatever
    is there. Times are milliseconds since 1970. `recorder` is the account that entered it, by default the custodian.
    """

    relation: bytes
    record: bytes  # 16 random bytes
    octets: bytes
    media_type: str
    data_class: str
    type: str
    recorded: int
    expected: int | None = None
    start: int | None = None
    end: int | None = None
    labels: tuple[str, ...] = ()
    rule_set: int = 0
    author: str | None = None
    recorder: bytes | None = None
    origin: tuple[bytes, bytes, bytes] | None = None
    status: int = Status.CURRENT
    retention: int | None = None


class Row(NamedTuple):
    """A row of `versions` but for its id. `sealed` is None where it is a blob."""

    record: bytes
    version: int
    leaf: bytes
    header: bytes
    secrets: bytes
    sealed: bytes | None


class SealedWrite(NamedTuple):
    """A row, and the blob that must be durable before it: (digest, bytes)."""

    row: Row
    blob: tuple[bytes, bytes] | None


class Custody(NamedTuple):
    """Who keeps: the network (hash of its genesis) and the custodian's account."""

    network: bytes
    custodian: bytes


class Randomness:
    """Random bytes of the operating system, fetched for many writes at once: a call for each costs too much."""

    def __init__(self, writes: int) -> None:
        self._pool = os.urandom(_RANDOM_BYTES * writes)
        self._at = 0

    def take(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Return leaf salt, content salt, data key and nonce, never given out before."""
        at, pool = self._at, self._pool
        self._at = at + _RANDOM_BYTES
        if self._at > len(pool):
            raise RuntimeError("more writes than randomness")
        return pool[at : at + 32], pool[at + 32 : at + 64], pool[at + 64 : at + 96], pool[at + 96 : at + 108]


class Sealer:
    """Seals the writes to one relation under its key."""

    def __init__(self, custody: Custody, relation: bytes, relation_key: bytes, fresh: Randomness) -> None:
        self._custody = custody
        self._relation = relation
        self._key = relation_key
        self._fresh = fresh
        self._digests = Digests(custody.network, relation)

    def seal(self, write: RecordWrite, version: int, previous: bytes | None) -> SealedWrite:
        """Return the row of `write` as `version` of its record, on top of the leaf `previous`; raise Malformed."""
        salt, content_salt, data_key, nonce = self._fresh.take()
        digests = self._digests
        place = context(self._relation, write.record, version)
        sealed = digests.commitment(data_key) + nonce + AESGCM(data_key).encrypt(nonce, write.octets, place)
        cipher = sha256(sealed).digest()
        content = digests.content(content_salt, write.octets)
        period, common = (write.start, write.end), self._common(write)
        header = encode_header(write.record, version, previous, period, common, content, cipher)
        leaf = digests.leaf(salt, header)
        inline = len(sealed) < INLINE_BYTES
        secrets = salt + content_salt + wrap(self._key, data_key)
        row = Row(write.record, version, leaf, header, secrets, sealed if inline else None)
        return SealedWrite(row, None if inline else (cipher, sealed))

    def _common(self, write: RecordWrite) -> Common:
        return Common(
            write.data_class,
            write.type,
            tuple(sorted(write.labels)) if len(write.labels) > 1 else write.labels,
            write.rule_set,
            write.author,
            write.recorder or self._custody.custodian,
            write.recorded,
            write.origin,
            int(write.status),
            write.retention,
            write.media_type,
        )


def read_header(raw: bytes) -> LeafHeader:
    """Return the stored header, or raise VaultDamaged."""
    try:
        return decode(raw, LeafHeader)
    except Malformed:
        raise VaultDamaged from None


def open_row(
    network: bytes, relation: bytes, relation_key: bytes, header: LeafHeader, secrets: bytes, sealed: bytes
) -> bytes:
    """Return the octets, checked against the header's digests; raise VaultDamaged."""
    if len(secrets) != SECRETS_BYTES or sha256(sealed).digest() != header.cipher:
        raise VaultDamaged
    data_key = unwrap(relation_key, secrets[64:])
    octets = decrypt(network, data_key, context(relation, header.record, header.version), sealed)
    if content_digest(network, secrets[32:64], octets) != header.content:
        raise VaultDamaged
    return octets
