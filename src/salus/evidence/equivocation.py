"""Proof that a log's operator signed two histories: two signed notes, and nothing to be taken on trust.

Where the notes are of one size, their roots differ. Where one log is longer, the object holds the root
that the longer one had at the size of the shorter, proved by the longer note itself (RFC 9162 section
2.1.4): it is not the root that the shorter note signs.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Malformed, Refusal, WrongSignature
from salus.core.genesis import read_genesis, validator_keys
from salus.core.types import Digest, Id, Message
from salus.evidence.committed import read_committed, read_steps
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


def log_key(signed: SignedCheckpoint, genesis: bytes, headers: Sequence[bytes] = ()) -> NoteKey:
    """Return the validator's key that signed, one of the genesis or of the headers.

    `headers` are committed headers, in which the genesis' validators lead to later ones: those who joined by vote, and
    rotated keys. How old a header is, and so whether its validators still are any, nobody can tell from it. Raises
    WrongSignature where none of them signed, or the log is another; Malformed and WrongSignature for a header.
    """
    network, document = read_genesis(genesis)
    founders = validator_keys(network, document)
    publics = [public for public, _ in founders.values()]
    for raw in headers:
        read_committed(network, raw, founders)
        publics += [one.public for step in read_steps(network, raw) for one in step.validators]
    name = signed.checkpoint.origin
    keys = [NoteKey(name, public) for public in dict.fromkeys(publics)]
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


def check(raw: bytes, genesis: bytes, headers: Sequence[bytes] = ()) -> TwoHistories:
    """Return the two histories that `raw` proves; `headers` as for `log_key`.

    Raises Malformed, InvalidKey (genesis), WrongSignature where one note is not the log's, OneHistory.
    """
    shown = decode(raw, Equivocation)
    shorter, longer = parse(shown.shorter), parse(shown.longer)
    signers = (log_key(one, genesis, headers) for one in (shorter, longer))
    if not all(signers) or shown.network != read_genesis(genesis)[0]:
        raise WrongSignature
    small, large = shorter.checkpoint, longer.checkpoint
    if not _grew(shown.root, small, large, shown.growth):
        raise Malformed
    if shown.root == small.root:
        raise OneHistory
    return TwoHistories(shorter, longer, shown.root)


def _grew(root: bytes, small: Checkpoint, large: Checkpoint, growth: tuple[bytes, ...]) -> bool:
    return small.size <= large.size and grew(small.size, root, large.size, large.root, growth)
