"""Checkpoints of a log as signed notes, and the cosignatures of witnesses on them (C2SP).

    <origin> LF <size> LF <root, base64> LF [extension LF]... LF
    — <key name> SP <base64 of key id, 4 bytes, and signature> LF ...

https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature
"""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from salus.core.errors import Malformed
from salus.core.signatures import SigningKey, valid_public_key, verify

MAX_BYTES = 64 * 1024
MAX_SIGNATURES = 64
_NOTE = b"\x01"  # signature types
_COSIGNATURE = b"\x04"
_DASH = "\u2014 "
_TIME_LIMIT = 1 << 63


class NoteKey(NamedTuple):
    """A known signer: `name` is an address without a scheme, `public` an Ed25519 key."""

    name: str
    public: bytes


class NoteSignature(NamedTuple):
    """One line under a note."""

    name: str
    key_id: bytes  # 4 bytes
    signature: bytes


class Checkpoint(NamedTuple):
    """What the log says of itself: its origin, how many leaves, the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed, with its final newline."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))


class SignedCheckpoint(NamedTuple):
    """A checkpoint with the signatures under it, none of them verified yet."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def note(self) -> str:
        """Return the signed note."""
        lines = (f"{_DASH}{line.name} {_base64(line.key_id + line.signature)}\n" for line in self.signatures)
        return self.checkpoint.text() + "\n" + "".join(lines)


def note_key_id(name: str, public: bytes) -> bytes:
    """Return the 4-byte id of a key that signs notes."""
    return _key_id(name, _NOTE, public)


def witness_key_id(name: str, public: bytes) -> bytes:
    """Return the 4-byte id of a key that cosigns."""
    return _key_id(name, _COSIGNATURE, public)


def verifier_key(witness: NoteKey) -> str:
    """Return the verifier key of a witness as `parse_note_key` reads it."""
    return f"{witness.name}+{witness_key_id(*witness).hex()}+{_base64(_COSIGNATURE + witness.public)}"


def parse_note_key(text: str) -> NoteKey:
    """Return the witness whose verifier key is `text`; raises Malformed unless it is exactly one.

    <name>+<key id, 8 hex digits>+<base64 of the type, 0x04, and the Ed25519 public key>
    """
    name, _, rest = _text(text).partition("+")
    _, _, encoded = rest.partition("+")
    raw = _bytes(encoded)
    if name.split() != [name] or len(raw) != 33 or raw[:1] != _COSIGNATURE:
        raise Malformed
    key = NoteKey(name, raw[1:])
    if verifier_key(key) != text or not valid_public_key(key.public):
        raise Malformed
    return key


def sign(checkpoint: Checkpoint, name: str, key: SigningKey) -> SignedCheckpoint:
    """Return the checkpoint signed by its log; raises Malformed if it is none that `parse` would take."""
    line = NoteSignature(name, note_key_id(name, key.public), key.sign(checkpoint.text().encode()))
    return _checked(SignedCheckpoint(checkpoint, (line,)))


def cosign(signed: SignedCheckpoint, name: str, key: SigningKey, time_s: int) -> SignedCheckpoint:
    """Return the checkpoint with one more cosignature, at `time_s` seconds since 1970."""
    signature = time_s.to_bytes(8, "big") + key.sign(_cosigned(signed.checkpoint, time_s))
    line = NoteSignature(name, witness_key_id(name, key.public), signature)
    return _checked(signed._replace(signatures=(*signed.signatures, line)))


def parse(note: str | bytes) -> SignedCheckpoint:
    """Return the checkpoint in `note`; raises Malformed unless it is exactly one."""
    text = _text(note)
    body, blank, under = text.rpartition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or not all(lines):
        raise Malformed
    signatures = tuple(_signature(line) for line in under.removesuffix("\n").split("\n"))
    root = _bytes(lines[2])
    if not lines[1].isascii() or not lines[1].isdigit() or len(lines[1]) > 16 or len(root) != 32:
        raise Malformed
    signed = SignedCheckpoint(Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:])), signatures)
    if signed.note() != text or len(signatures) > MAX_SIGNATURES:
        raise Malformed
    return signed


def signed_by(signed: SignedCheckpoint, key: NoteKey) -> bool:
    """True if the log's `key` signed the checkpoint: a line of it is there, and each verifies."""
    text = signed.checkpoint.text().encode()
    lines = _lines(signed, key.name, note_key_id(*key))
    return bool(lines) and all(verify(key.public, text, line.signature) for line in lines)


def only_by(signed: SignedCheckpoint, key: NoteKey) -> SignedCheckpoint:
    """Return the checkpoint with the lines of the log's `key` alone."""
    return signed._replace(signatures=tuple(_lines(signed, key.name, note_key_id(*key))))


def cosigned_at(signed: SignedCheckpoint, witness: NoteKey) -> int | None:
    """Return when `witness` cosigned, in seconds since 1970, the last time; None if it did not, or wrongly."""
    times = []
    for line in _lines(signed, witness.name, witness_key_id(*witness)):
        time_s, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
        if time_s >= _TIME_LIMIT or not verify(witness.public, _cosigned(signed.checkpoint, time_s), signature):
            return None
        times.append(time_s)
    return max(times, default=None)


def cosignatures(signed: SignedCheckpoint) -> tuple[tuple[str, int], ...]:
    """Return (name, seconds since 1970) of each line that is a cosignature by its form; whose it is stays open."""
    lines = (line for line in signed.signatures if len(line.signature) == 8 + 64)
    return tuple((line.name, int.from_bytes(line.signature[:8], "big")) for line in lines)


def witnessed_by(signed: SignedCheckpoint, witnesses: Iterable[NoteKey]) -> int:
    """Return how many of `witnesses` cosigned; a public key counts once, whatever its names."""
    found = {witness.public: None for witness in witnesses if cosigned_at(signed, witness) is not None}
    return len(found)


def _checked(signed: SignedCheckpoint) -> SignedCheckpoint:
    """A newline inside a field would make the note say something else."""
    if parse(signed.note()) != signed:
        raise Malformed
    return signed


def _cosigned(checkpoint: Checkpoint, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{checkpoint.text()}".encode()


def _lines(signed: SignedCheckpoint, name: str, key_id: bytes) -> list[NoteSignature]:
    return [line for line in signed.signatures if line.name == name and line.key_id == key_id]


def _key_id(name: str, kind: bytes, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def _text(note: str | bytes) -> str:
    """Return the note as text: bounded, UTF-8, no control character but newline."""
    if len(note) > MAX_BYTES:
        raise Malformed
    try:
        text = note.decode() if isinstance(note, bytes) else note.encode().decode()
    except UnicodeError:
        raise Malformed from None
    if any(letter < " " and letter != "\n" for letter in text):
        raise Malformed
    return text


def _signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _bytes(encoded)
    if not line.startswith(_DASH) or not name or "+" in name or name.split() != [name] or len(raw) < 5:
        raise Malformed
    return NoteSignature(name, raw[:4], raw[4:])


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise Malformed from None


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
