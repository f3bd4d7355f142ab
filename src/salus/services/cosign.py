"""Look at a published log as a witness: cosign what continues what was seen, and keep the proof of what does not.

The steps are those of https://c2sp.org/tlog-witness: the log's signature, then consistency with the newest
checkpoint seen, then remembering, then the cosignature.
"""

from pathlib import Path
from typing import NamedTuple

from salus.client.published import PublishedLog
from salus.core.errors import Refusal
from salus.evidence.follow import Forked, RolledBack
from salus.merkle.checkpoint import SignedCheckpoint
from salus.services.compare import Side, compare
from salus.services.witness import Witness


class Cosigned(NamedTuple):
    """A checkpoint with the witness's line added; `before` is what it had seen last, None at the first look."""

    signed: SignedCheckpoint
    before: SignedCheckpoint | None


class Contradiction(NamedTuple):
    """What was shown does not continue what was seen, and was not signed."""

    refusal: Refusal  # RolledBack or Forked
    seen: SignedCheckpoint
    shown: SignedCheckpoint
    proof: bytes  # an encoded `Equivocation`; empty where the files shown are too few to prove one
    folder: Path  # where both notes and the proof are kept


def cosign(witness: Witness, log: PublishedLog, genesis: bytes | None, time_s: int) -> Cosigned | Contradiction:
    """Cosign the checkpoint of a published log, at `time_s` seconds since 1970, if it continues what was seen.

    At the first look `genesis` says whose log it is, and what is shown is taken as it is. Raises
    NotPublished, Malformed, UnknownLog, WrongSignature, DamagedTiles, WitnessBusy.
    """
    whole = log.checkpoint()
    with witness.looking():
        known, shown = witness.know(whole, genesis)
        seen = known.checkpoint
        if seen is not None:
            if shown.checkpoint.size < seen.checkpoint.size:
                return _kept(witness, RolledBack(), seen, shown, b"")
            proof = compare(Side(seen, None), Side(shown, log), known.genesis, known.headers).proof
            if proof:
                return _kept(witness, Forked(), seen, shown, proof)
        return Cosigned(witness.cosign(shown, known.network, time_s), seen)


def _kept(
    witness: Witness, refusal: Refusal, seen: SignedCheckpoint, shown: SignedCheckpoint, proof: bytes
) -> Contradiction:
    parts = {"seen": seen.note().encode(), "shown": shown.note().encode()}
    folder = witness.keep_fork(parts | ({"proof": proof} if proof else {}))
    return Contradiction(refusal, seen, shown, proof, folder)
