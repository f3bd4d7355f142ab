"""The witness's side of https://c2sp.org/tlog-witness: a log shows a checkpoint, and the proof that it grew.

1. The body has its form, else Malformed.
2. The witness knows the log that the origin names, else UnknownLog.
3. A key of the log signed, else NotTheLog.
4. The old size is no larger than the checkpoint's, else OldSizeBeyond.
5. The old size is that of the checkpoint cosigned last, else OtherOldSize, which says what that is.
6. With an old size that is the checkpoint's, the roots are the same, else Forked.
7. The proof leads from the root cosigned last to the new one, else NotGrown.
8. It is remembered, durably; then signed.

What 6 and 7 refuse is kept: two checkpoints that one log signed and that cannot both be true.
"""

from base64 import b64decode, b64encode
from binascii import Error
from typing import NamedTuple

from salus.core.errors import Kind, Malformed, Refusal, WrongSignature
from salus.evidence.follow import Forked
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.merkle.log import EMPTY_ROOT, Consistency, verify_consistency
from salus.services.witness import SeenLog, Witness

MOST_HASHES = 63
MOST_BYTES = 80 * 1024


class NotTheLog(Refusal):
    code, kind, text = 0x60E0, Kind.FORBIDDEN, "No key of the log signed this checkpoint."


class OldSizeBeyond(Refusal):
    code, kind, text = 0x60E1, Kind.INVALID, "The old size is larger than the checkpoint's."


class OtherOldSize(Refusal):
    """Not the size that was cosigned last, which is `size`."""

    code, kind, text = 0x60E2, Kind.CONFLICT, "The old size is not that of the checkpoint cosigned last."

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


class NotGrown(Refusal):
    code, kind, text = 0x60E3, Kind.INVALID, "The proof does not lead from the checkpoint cosigned last to this one."


class Submission(NamedTuple):
    """A parsed body."""

    old: int
    path: tuple[bytes, ...]
    shown: SignedCheckpoint


def read_submission(body: bytes) -> Submission:
    """Return what a body says; raise Malformed."""
    head, blank, note = body.partition(b"\n\n")
    if not blank or len(body) > MOST_BYTES:
        raise Malformed
    first, *lines = head.split(b"\n")
    word, _, digits = first.partition(b" ")
    if word != b"old" or not digits.isdigit() or len(digits) > 16 or str(int(digits)).encode() != digits:
        raise Malformed
    if len(lines) > MOST_HASHES:
        raise Malformed
    return Submission(int(digits), tuple(map(_hash, lines)), parse(note))


def write_submission(old: int, path: tuple[bytes, ...], note: bytes) -> bytes:
    """Return the body that a log sends."""
    return b"".join((b"old %d\n" % old, *(b64encode(one) + b"\n" for one in path), b"\n", note))


def add_checkpoint(witness: Witness, body: bytes, time_s: int) -> str:
    """Return the cosignature's line, at `time_s` seconds since 1970; raises what the steps above name, WitnessBusy."""
    old, path, whole = read_submission(body)
    with witness.looking():
        try:
            known, shown = witness.know(whole, None)
        except WrongSignature:
            raise NotTheLog from None
        _check(witness, known, shown, old, path)
        signed = witness.cosign(shown, known.network, time_s)
    return signed._replace(signatures=signed.signatures[-1:]).note().rpartition("\n\n")[2]


def _check(witness: Witness, known: SeenLog, shown: SignedCheckpoint, old: int, path: tuple[bytes, ...]) -> None:
    new, seen = shown.checkpoint, known.checkpoint
    if old > new.size:
        raise OldSizeBeyond
    size, root = (0, EMPTY_ROOT) if seen is None else (seen.checkpoint.size, seen.checkpoint.root)
    if old != size:
        raise OtherOldSize(size)
    if new.size == size and new.root != root:
        _keep(witness, seen, shown)
        raise Forked
    if not (_is_empty(path, size, new.size) or verify_consistency(root, new.root, Consistency(size, new.size, path))):
        _keep(witness, seen, shown)
        raise NotGrown


def _is_empty(path: tuple[bytes, ...], size: int, new_size: int) -> bool:
    """True where there is nothing to prove, and nothing was sent: from nothing, or to the same."""
    return not path and size in (0, new_size)


def _keep(witness: Witness, seen: SignedCheckpoint | None, shown: SignedCheckpoint) -> None:
    if seen is not None:
        witness.keep_fork({"seen": seen.note().encode(), "shown": shown.note().encode()})


def _hash(line: bytes) -> bytes:
    try:
        raw = b64decode(line, validate=True)
    except (Error, ValueError):
        raise Malformed from None
    if len(raw) != 32:
        raise Malformed
    return raw
