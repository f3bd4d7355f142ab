"""Proof that a log's operator signed two histories: two signed notes, and nothing to be taken on trust.

Where the notes are of one size, their roots differ. Where one log is longer, the object holds the root
that the longer one had at the size of the shorter, proved by the longer note itself (RFC 9162 section
2.1.4): it is not the root that the shorter note signs.
"""

from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Malformed, Refusal, WrongSignature
from salus.core.genesis import read_genesis, validator_keys
from salus.core.types import Digest, Id, Message
from salus.evidence.follow import grew
from salus.evidence.format import Path, origin
from salus.merkle.checkpoint import Checkpoint, NoteKey, SignedCheckpoint, parse, signed_by

FORMAT = 1
Note = Annotated[bytes, Meta(max_length=64 * 1024)]


class OneHistory(Refusal):
    code, kind, text = 0x5012, Kind.CONFLICT, "The two checkpoints do not contradict one another."


class Equivocation(Message, frozen=True):
    """The object; `shorter` is at most as long as `longer`."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    shorter: Note
    longer: Note
    root: Digest  # of the log under `longer` when it had the size of `shorter`
    growth: Path  # from there to `longer`; empty where they are of one size, and from nothing


class TwoHistories(NamedTuple):
    """What was proved."""

    shorter: SignedCheckpoint
    longer: SignedCheckpoint
    root: bytes  # what the longer one says of the shorter one's size


def log_key(signed: SignedCheckpoint, genesis: bytes) -> NoteKey:
    """Return the validator's key that signed; raise WrongSignature where none of the genesis did, or of another log."""
    network, document = read_genesis(genesis)
    name = signed.checkpoint.origin
    keys = [NoteKey(name, public) for public, _ in validator_keys(network, document).values()]
    found = next((key for key in keys if signed_by(signed, key)), None)
    if name != origin(network) or found is None:
        raise WrongSignature
    return found


def prove(
    network: bytes, shorter: SignedCheckpoint, longer: SignedCheckpoint, root: bytes, growth: tuple[bytes, ...]
) -> bytes:
    """Return the encoded object; the caller has verified both notes and the growth from `root`."""
    notes = (shorter.note().encode(), longer.note().encode())
    return encode(Equivocation(FORMAT, network, *notes, root, growth))


def check(raw: bytes, genesis: bytes) -> TwoHistories:
    """Return the two histories that `raw` proves.

    Raises Malformed, InvalidKey (genesis), WrongSignature where one note is not the log's, OneHistory.
    """
    shown = decode(raw, Equivocation)
    shorter, longer = parse(shown.shorter), parse(shown.longer)
    if not log_key(shorter, genesis) or not log_key(longer, genesis) or shown.network != read_genesis(genesis)[0]:
        raise WrongSignature
    small, large = shorter.checkpoint, longer.checkpoint
    if not _grew(shown.root, small, large, shown.growth):
        raise Malformed
    if shown.root == small.root:
        raise OneHistory
    return TwoHistories(shorter, longer, shown.root)


def _grew(root: bytes, small: Checkpoint, large: Checkpoint, growth: tuple[bytes, ...]) -> bool:
    return small.size <= large.size and grew(small.size, root, large.size, large.root, growth)
