"""Keystore: named secrets in one file, sealed by a passphrase.

Bytes: magic, dCBOR header [1, Argon2id iterations, lanes, memory KiB, salt, nonce] as a byte string,
ciphertext, SHA-256 of all before. Argon2id (RFC 9106) gives the AES-256-GCM key; magic and header are
the additional data. The sum guards against accidents only: with it, a damaged file is told from a
wrong passphrase. The secrets are dCBOR [[[name, secret]...]], sorted by name; the passphrase is taken
in the Unicode form NFKC. An open keystore remembers the key that its file was sealed with: saved again
under the same passphrase it takes a fresh nonce only, under another a fresh salt too.
https://www.rfc-editor.org/rfc/rfc9106
"""

import os
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Meta

from salus.core.encoding import byte_string, decode, encode
from salus.core.errors import Malformed
from salus.core.types import Message
from salus.vault.errors import KeystoreDamaged, NoKeystore, NoSuchSecret, UnfitSecret, WrongPassphrase
from salus.vault.files import Files, LocalFiles

MAGIC = b"SALUSKEYS1\n"
ITERATIONS, LANES, MEMORY_KIB = 3, 4, 64 * 1024
_LOCAL = LocalFiles()

MAX_NAME, MAX_SECRET = 128, 64 * 1024  # characters, bytes
SecretName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
Secret = Annotated[bytes, Meta(min_length=1, max_length=MAX_SECRET)]


class _Header(Message, frozen=True):
    # Bounds keep a doctored header from asking for hours or for all memory.
    format: Annotated[int, Meta(ge=1, le=1)]
    iterations: Annotated[int, Meta(ge=1, le=16)]
    lanes: Annotated[int, Meta(ge=1, le=16)]
    memory_kib: Annotated[int, Meta(ge=128, le=1024 * 1024)]
    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]
    nonce: Annotated[bytes, Meta(min_length=12, max_length=12)]


class _Secrets(Message, frozen=True):
    secrets: tuple[tuple[SecretName, Secret], ...]


class _FileKey(NamedTuple):
    """A derived key and what it was derived from. Its repr shows nothing."""

    passphrase: str  # in the form NFKC
    costs: tuple[int, int, int]  # iterations, lanes, memory
    salt: bytes
    key: bytes

    def __repr__(self) -> str:
        return "_FileKey()"


class Keystore:
    """An open keystore: a mapping of names to secrets that its owner changes and saves.

    Not thread-safe. Its repr shows names only.
    """

    def __init__(self, path: Path, secrets: Mapping[str, bytes], files: Files = _LOCAL) -> None:
        self.path = path
        self._secrets: dict[str, bytes] = {}
        self._files = files
        self._key: _FileKey | None = None  # of the file as it was last opened or saved
        for name, secret in secrets.items():
            self.put(name, secret)

    @classmethod
    def open(cls, path: Path, passphrase: str, files: Files = _LOCAL) -> "Keystore":
        """Return the keystore at `path`; raise NoKeystore, KeystoreDamaged or WrongPassphrase."""
        try:
            raw = files.read(path)
        except FileNotFoundError:
            raise NoKeystore from None
        secrets, key = _unseal(raw, passphrase)
        keystore = cls(path, secrets, files)
        keystore._key = key
        return keystore

    def save(self, passphrase: str) -> None:
        """Write the file anew under a fresh nonce, and a fresh salt unless it was open under this passphrase.

        Durable once it returns.
        """
        plain, costs = _normal(passphrase), (ITERATIONS, LANES, MEMORY_KIB)
        if self._key is None or self._key[:2] != (plain, costs):
            salt = os.urandom(16)
            self._key = _FileKey(plain, costs, salt, _derive(plain, costs, salt))
        self._files.create_folder(self.path.parent)
        self._files.write(self.path, _seal(self._secrets, self._key))

    def names(self) -> list[str]:
        """Return the sorted names."""
        return sorted(self._secrets)

    def get(self, name: str) -> bytes:
        """Return the secret; raise NoSuchSecret."""
        try:
            return self._secrets[name]
        except KeyError:
            raise NoSuchSecret from None

    def put(self, name: str, secret: bytes) -> None:
        """Set or replace a secret in memory; `save` makes it durable. Raises UnfitSecret."""
        if not (0 < len(name) <= MAX_NAME and 0 < len(secret) <= MAX_SECRET):
            raise UnfitSecret
        self._secrets[name] = secret

    def new(self, name: str, size: int = 32) -> bytes:
        """Return the secret `name`, made of `size` random bytes if there is none yet."""
        if name not in self._secrets:
            self.put(name, os.urandom(size))
        return self._secrets[name]

    def remove(self, name: str) -> None:
        """Forget a secret in memory; `save` makes it durable. Raises NoSuchSecret."""
        if self._secrets.pop(name, None) is None:
            raise NoSuchSecret

    def __repr__(self) -> str:
        return f"Keystore({', '.join(self.names())})"


def _seal(secrets: Mapping[str, bytes], key: _FileKey) -> bytes:
    header = _Header(1, *key.costs, key.salt, os.urandom(12))
    before = MAGIC + byte_string(encode(header))
    plain = encode(_Secrets(tuple(sorted(secrets.items()))))
    sealed = before + AESGCM(key.key).encrypt(header.nonce, plain, before)
    return sealed + sha256(sealed).digest()


def is_whole(raw: bytes) -> bool:
    """True if `raw` is a keystore's file as it was saved, as far as its sum tells: that takes no passphrase."""
    return raw.startswith(MAGIC) and sha256(raw[:-32]).digest() == raw[-32:]


def _unseal(raw: bytes, passphrase: str) -> tuple[dict[str, bytes], _FileKey]:
    sealed, at = raw[:-32], len(MAGIC)
    if not is_whole(raw):
        raise KeystoreDamaged
    end = at + 2 + sealed[at + 1]  # the header is longer than 23 and shorter than 256 bytes: 0x58, length
    try:
        header = decode(sealed[at + 2 : end], _Header)
    except Malformed:
        raise KeystoreDamaged from None
    plain, costs = _normal(passphrase), (header.iterations, header.lanes, header.memory_kib)
    key = _FileKey(plain, costs, header.salt, _derive(plain, costs, header.salt))
    try:
        opened = AESGCM(key.key).decrypt(header.nonce, sealed[end:], sealed[:end])
        return dict(decode(opened, _Secrets).secrets), key
    except InvalidTag:
        raise WrongPassphrase from None


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)


def _derive(passphrase: str, costs: tuple[int, int, int], salt: bytes) -> bytes:
    iterations, lanes, memory = costs
    kdf = Argon2id(salt=salt, length=32, iterations=iterations, lanes=lanes, memory_cost=memory)
    return kdf.derive(passphrase.encode())
