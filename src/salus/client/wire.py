"""What a node and its clients send one another beside blocks and envelopes, which are signed: dCBOR of these shapes.

None of it is believed for itself: proofs are checked against signed headers, results against one's own execution.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from salus.client.ledger import BatchResult, EnvelopeResult, LoggedEvent, LogProof, Pruned, StateProof
from salus.core.encoding import decode, decode_plain, encode
from salus.core.errors import Malformed
from salus.core.types import Digest, Height, Id, Message, Time
from salus.merkle.smt import Proof
from salus.shapes import made

MAX_KEYS = 256  # of one question for proofs
Code = Annotated[int, Meta(ge=0, le=2**16 - 1)]
Body = Annotated[bytes, Meta(max_length=1024**2)]


class EnvelopeAnswer(Message, frozen=True):
    """What became of an envelope."""

    id: Id
    code: Code
    events: tuple[Body, ...]


class BatchAnswer(Message, frozen=True):
    """What became of a batch."""

    id: Id
    code: Code
    height: Height
    time: Time
    results: tuple[EnvelopeAnswer, ...]


class ProofsAnswer(Message, frozen=True):
    """Values under the app hash of a header, with their proofs, in the order of the keys asked for."""

    header: Body
    height: Height
    values: tuple[Body | None, ...]
    proofs: tuple[Proof, ...]


class EntryAnswer(Message, frozen=True):
    """An entry of the log, proved to be in it."""

    index: Height
    size: Height
    body: Body
    path: tuple[Digest, ...]


class EventAnswer(Message, frozen=True):
    """An entry of the log."""

    index: Height
    height: Height
    time: Time
    body: Body


class PrunedAnswer(Message, frozen=True):
    """What is gone: blocks below `height`, entries below `entries`, headers below `headers`."""

    height: Height
    time: Time
    entries: Height
    headers: Height


Shape = TypeVar("Shape", bound=Message)


def write_result(result: BatchResult) -> bytes:
    """Return the encoded result."""
    return encode(list(result))


def read_result(raw: bytes) -> BatchResult:
    """Return the result in `raw`; raise Malformed."""
    found = decode(raw, BatchAnswer)
    results = tuple(EnvelopeResult(one.id, one.code, one.events) for one in found.results)
    return BatchResult(found.id, found.code, found.height, found.time, results)


def write_proof(proof: StateProof) -> bytes:
    """Return the encoded proof."""
    return encode(list(proof))


def read_proof(raw: bytes) -> StateProof:
    """Return the proof in `raw`; raise Malformed."""
    found = decode(raw, ProofsAnswer)
    return StateProof(found.header, found.height, found.values, found.proofs)


def read_entry(raw: bytes) -> LogProof:
    """Return the entry in `raw`; raise Malformed."""
    found = decode(raw, EntryAnswer)
    return LogProof(found.index, found.size, found.body, found.path)


def read_events(raw: bytes) -> list[LoggedEvent]:
    """Return the entries in `raw`; raise Malformed."""
    return [LoggedEvent(one.index, one.height, one.time, one.body) for one in _many(raw, EventAnswer)]


def read_pruned(raw: bytes) -> Pruned | None:
    """Return what is gone, None where nothing is; raise Malformed."""
    found = _many(raw, PrunedAnswer)
    if len(found) > 1:
        raise Malformed
    return Pruned(found[0].height, found[0].time, found[0].entries, found[0].headers) if found else None


def write_many(items: Sequence[Any]) -> bytes:
    """Return an array of byte strings or of tuples."""
    return encode([list(item) if isinstance(item, tuple) else item for item in items])


def read_strings(raw: bytes) -> list[bytes]:
    """Return the byte strings of an array; raise Malformed."""
    found = decode_plain(raw)
    if type(found) is not list or any(type(one) is not bytes for one in found):
        raise Malformed
    return found


def _many(raw: bytes, shape: type[Shape]) -> list[Shape]:
    found = decode_plain(raw)
    try:
        return msgspec.convert(found, made(list[shape]), builtin_types=(bytes,))  # type: ignore[valid-type]
    except msgspec.ValidationError:
        raise Malformed from None
