"""The log's side of https://c2sp.org/tlog-witness: ask a witness to cosign the checkpoint, and keep its line.

The witness's key is known from elsewhere. Whatever comes back, only a cosignature by that key over our own checkpoint
is kept.
"""

from typing import NamedTuple, Protocol

import httpx2

from salus.core.errors import Kind, Malformed, Refusal
from salus.merkle.checkpoint import NoteKey, SignedCheckpoint, cosigned_at, parse, parse_note_key
from salus.services.add_checkpoint import write_submission

TIMEOUT_S = 20.0
MOST_BYTES = 64 * 1024
SIZE = "text/x.tlog.size"


class WitnessAway(Refusal):
    code, kind, text = 0x60E4, Kind.UNAVAILABLE, "The witness does not answer, or not as the protocol says."


class WitnessRefused(Refusal):
    code, kind, text = 0x60E5, Kind.CONFLICT, "The witness refuses: to it this log does not continue what it saw."


class NotItsWord(Refusal):
    code, kind, text = 0x60E6, Kind.UNAUTHENTICATED, "What came back is no cosignature by the witness's key."


class Log(Protocol):
    """What is needed of a ledger: `EmbeddedLedger` has it."""

    def checkpoint(self) -> bytes: ...
    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]: ...
    def keep_cosigned(self, note: bytes) -> None: ...


class Asked(NamedTuple):
    """A cosignature that was kept."""

    name: str
    size: int
    time_s: int


def ask_witness(log: Log, url: str, verifier_key: str, client: httpx2.Client | None = None) -> Asked:
    """Have the log's checkpoint cosigned by the witness under a submission prefix, and keep that.

    Raises Malformed (the key), WitnessAway, WitnessRefused, NotItsWord, and what `keep_cosigned` raises.
    """
    key, signed = parse_note_key(verifier_key), parse(log.checkpoint())
    made = client or httpx2.Client(timeout=TIMEOUT_S)
    try:
        line = _cosignature(made, url.rstrip("/"), log, signed)
    finally:
        if client is None:
            made.close()
    cosigned, time_s = _checked(signed, line, key)
    log.keep_cosigned(cosigned.note().encode())
    return Asked(key.name, signed.checkpoint.size, time_s)


def _cosignature(client: httpx2.Client, url: str, log: Log, signed: SignedCheckpoint) -> str:
    size, old = signed.checkpoint.size, 0
    for _ in range(3):  # another may have asked in between
        path = log.prove_growth(old, size) if 0 < old < size else ()
        answer = _post(client, f"{url}/add-checkpoint", write_submission(old, path, signed.note().encode()))
        if answer.status_code == 200:
            return answer.text
        known = _size(answer)
        if known is None or known > size:
            raise WitnessRefused if answer.status_code in (409, 422) else WitnessAway
        old = known
    raise WitnessAway


def _post(client: httpx2.Client, url: str, body: bytes) -> httpx2.Response:
    try:
        answer = client.post(url, content=body, headers={"Content-Type": "text/plain; charset=utf-8"})
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise WitnessAway from None
    if len(answer.content) > MOST_BYTES:
        raise WitnessAway
    return answer


def _size(answer: httpx2.Response) -> int | None:
    """Return the size that the witness cosigned last, if it says so."""
    digits = answer.text.removesuffix("\n")
    named = answer.status_code == 409 and answer.headers.get("content-type", "").partition(";")[0].strip() == SIZE
    return int(digits) if named and digits.isascii() and digits.isdigit() and len(digits) <= 16 else None


def _checked(signed: SignedCheckpoint, lines: str, key: NoteKey) -> tuple[SignedCheckpoint, int]:
    """Return the checkpoint with the witness's own lines, and when it signed; raise NotItsWord."""
    try:
        whole = parse(f"{signed.checkpoint.text()}\n{lines}")
    except Malformed:
        raise NotItsWord from None
    own = whole._replace(signatures=tuple(line for line in whole.signatures if line.name == key.name))
    time_s = cosigned_at(own, key)
    if time_s is None:
        raise NotItsWord
    return signed._replace(signatures=(*signed.signatures, *own.signatures)), time_s
