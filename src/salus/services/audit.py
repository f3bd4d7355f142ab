"""Audit a published log by its static files: each of them, the signature, older checkpoints, entries, witnesses."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from salus.client.published import Damage, PublishedLog
from salus.core.encoding import decode
from salus.evidence.equivocation import log_key
from salus.evidence.follow import Forked, RolledBack
from salus.evidence.format import read_evidence
from salus.evidence.state import LOG_KEY, LogValue
from salus.merkle.checkpoint import NoteKey, SignedCheckpoint, witnessed_by
from salus.merkle.log import inclusion, leaf_hash, verify_inclusion
from salus.services.compare import Compared, Side, compare
from salus.services.errors import NoSuchEntry, OtherLog

MOST_NAMED = 100


class Audited(NamedTuple):
    """What the files prove under their signed checkpoint; `damages` names at most MOST_NAMED places."""

    signed: SignedCheckpoint
    damages: tuple[Damage, ...]
    witnesses: int  # of those the reader knows


class IncludedEntry(NamedTuple):
    """An entry of the log; that it is in there was verified under the checkpoint."""

    number: int
    entry: bytes
    leaf: bytes


def audit(
    log: PublishedLog, genesis: bytes, witnesses: Sequence[NoteKey] = (), headers: Sequence[bytes] = ()
) -> Audited:
    """Check the checkpoint's signature, by a validator of the genesis or of `headers`, and every file under it.

    Raises NotPublished, Malformed, WrongSignature."""
    signed = log.checkpoint()
    log_key(signed, genesis, headers)
    damages = tuple(islice(log.damages(signed.checkpoint), MOST_NAMED))
    return Audited(signed, damages, witnessed_by(signed, witnesses))


def find_entry(log: PublishedLog, signed: SignedCheckpoint, index: int) -> IncludedEntry:
    """Return an entry, verified to be in the log of the checkpoint. Raises NoSuchEntry, DamagedTiles."""
    size = signed.checkpoint.size
    if not 0 <= index < size:
        raise NoSuchEntry
    entry = log.entry(index, size)
    proof = inclusion(log.nodes(size), index, size)
    if not verify_inclusion(signed.checkpoint.root, entry, proof):
        raise NoSuchEntry
    return IncludedEntry(index, entry, leaf_hash(entry))


def continues(
    log: PublishedLog,
    signed: SignedCheckpoint,
    older: SignedCheckpoint,
    genesis: bytes,
    headers: Sequence[bytes] = (),
) -> Compared:
    """Return how the published log compares with a checkpoint kept from before.

    Raises RolledBack where it is shorter, WrongSignature, DamagedTiles; a fork is in what is returned.
    """
    if older.checkpoint.size > signed.checkpoint.size:
        raise RolledBack
    return compare(Side(older, None), Side(signed, log), genesis, headers)


def holds(log: PublishedLog, signed: SignedCheckpoint, evidence: bytes) -> int:
    """Return the size of the log that an evidence file stands on: the published one continues it.

    Raises Malformed, Oversized; OtherLog where the published one is shorter, or of another network; Forked.
    """
    shown = read_evidence(evidence).evidence
    value = next((fact.value for fact in shown.facts if fact.key == LOG_KEY), None)
    note = signed.checkpoint
    if value is None or not note.origin.endswith(shown.network.hex()):
        raise OtherLog
    known = decode(value, LogValue)
    if known.size > note.size:
        raise OtherLog
    root, _ = log.prefix(known.size, note)
    if root != known.root:
        raise Forked
    return known.size
