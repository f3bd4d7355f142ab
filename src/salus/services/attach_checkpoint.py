"""Attach a checkpoint that witnesses cosigned to evidence made before: then it proves without the operator's word."""

from msgspec.structs import replace

from salus.client.ledger import Ledger
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.evidence.format import ANNEXED, Annexed, Checkpoint, read_evidence
from salus.evidence.state import LOG_KEY, LogValue
from salus.merkle.checkpoint import parse
from salus.services.errors import OtherLog


def attach_checkpoint(ledger: Ledger, evidence: bytes, note: bytes) -> bytes:
    """Return `evidence` with the cosigned `note` in place of its checkpoint, and the growth between them.

    Raises Malformed, Oversized, and OtherLog where the note is not one over this log, at least as long
    as the one that the evidence stands on.
    """
    (shown, annex), signed = read_evidence(evidence), parse(note)
    value = next((fact.value for fact in shown.facts if fact.key == LOG_KEY), None)
    if value is None:
        raise Malformed
    log, size = decode(value, LogValue), signed.checkpoint.size
    if shown.network != ledger.network or size < log.size:
        raise OtherLog
    try:
        growth = () if size == log.size else ledger.prove_growth(log.size, size)
    except LookupError:
        raise OtherLog from None
    attached = encode(replace(shown, checkpoint=Checkpoint(signed.note().encode(), growth)))
    return attached if annex is None else encode(Annexed(ANNEXED, attached, annex))
