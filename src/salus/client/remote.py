"""A ledger behind HTTP: the questions that its node, or whoever follows it, answers.

Nothing of the answers is checked here but their form. Who follows executes the blocks itself (`ledger.followed`); who
only looks reads through `client.checked.CheckedLedger`, which believes proofs alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from salus.client.http import PAUSES_S, Answer, Server
from salus.client.ledger import BatchResult, LoggedEvent, LogProof, Pruned, StateProof
from salus.client.remote_errors import (
    AnswerLost,
    NodeAway,
    NodeBusy,
    NodeRefused,
    PrunedThere,
    UnreadableAnswer,
)
from salus.client.wire import read_entry, read_events, read_proof, read_pruned, read_result, read_strings, write_many
from salus.core.envelope import parse_batch
from salus.core.errors import Malformed

CBOR, COSE = "application/cbor", "application/cose"
TAKES_S = 30.0  # how long a node may take for a batch
REPLAYED = 0x0007  # the ledger's code for what it executed before
MOST_WAIT_MS = 25_000
_PRUNED = (0x7020, 0x7021)
Read = TypeVar("Read")


class RemoteLedger:
    """A client of one node. Every method may be called from any thread.

    Questions are asked again a few times where they fail, then raise NodeAway or NodeBusy. All raise UnreadableAnswer
    for an answer that is not of its form, and NodeRefused for a question that was refused.
    """

    def __init__(self, url: str, network: bytes, authority: Path | None = None) -> None:
        """`url` is the server's base, `authority` a file of certificates to trust for it; raises BadUpstream."""
        self.network = network
        self._server = Server(url, authority)

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def genesis(self) -> bytes:
        """Return the genesis file: to be compared with one from elsewhere."""
        return _got(self._server.get("/ledger/genesis"))

    def tip(self, after: int = -1, wait_ms: int = 0, tries: int = 1) -> bytes:
        """Return the signed tip, with `after` as soon as that is not its height or `wait_ms` are over."""
        query = {"wait_ms": str(min(wait_ms, MOST_WAIT_MS))} | ({"after": str(after)} if after >= 0 else {})
        return _got(self._server.get("/ledger/tip", query, wait_ms / 1000, tries))

    def blocks(self, start: int, most: int = 1_000) -> list[bytes]:
        """Return encoded blocks from a height on, as many as the node gives at once; raises PrunedThere."""
        return self._several("/ledger/blocks", start, most)

    def headers(self, start: int, most: int = 1_000) -> list[bytes]:
        """Return signed headers from a height on, of pruned blocks too."""
        return self._several("/ledger/headers", start, most)

    def block(self, height: int) -> bytes:
        """Return one block; raises LookupError, PrunedThere."""
        return _got(self._server.get(f"/ledger/blocks/{height}"))

    def header(self, height: int) -> bytes:
        """Return the signed header of a block; raises LookupError."""
        return _got(self._server.get(f"/ledger/headers/{height}"))

    def prove(self, keys: Sequence[bytes]) -> StateProof:
        """Return values with proofs, which the caller checks."""
        return _read(self._server.ask("/ledger/proofs", write_many(keys), CBOR), read_proof)

    def prove_event(self, index: int, size: int | None = None) -> LogProof:
        """Return an entry with its proof; raises LookupError, PrunedThere."""
        query = None if size is None else {"size": str(size)}
        return _read(self._server.get(f"/ledger/log/{index}", query), read_entry)

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        """Return the proof that the log grew; raises LookupError."""
        query = {"older": str(older), "newer": str(newer)}
        return tuple(_read(self._server.get("/ledger/growth", query), read_strings))

    def events(self, start: int = 0, subject: bytes | None = None) -> Iterator[LoggedEvent]:
        """Yield entries of the log from an index on, oldest first, page by page."""
        about = {} if subject is None else {"subject": subject.hex()}
        while True:
            page = _read(self._server.get("/ledger/events", {"from": str(start), **about}), read_events)
            yield from page
            if not page:
                return
            if page[-1].index < start:
                raise UnreadableAnswer
            start = page[-1].index + 1

    def note(self, tries: int = 3) -> bytes:
        """Return the signed note over the log."""
        return _got(self._server.get("/ledger/note", tries=tries))

    def pruned(self) -> Pruned | None:
        """Return what is gone there."""
        return _read(self._server.get("/ledger/pruned"), read_pruned)

    def start_file(self, name: str) -> bytes:
        """Return a file of the export that a pruned ledger begins with; raises LookupError."""
        return _got(self._server.get(f"/ledger/export/{name}"))

    def submit(self, batch: bytes, going_on: Callable[[], bool] = lambda: True) -> BatchResult:
        """Send a batch until it is answered, a few times where answers are lost; it is executed at most once.

        `going_on` says whether to try again. Raises NodeAway or NodeBusy where it was never taken, AnswerLost where
        nobody here knows. A result whose code is `REPLAYED` after an answer was lost is looked up; it is AnswerLost
        where the node does not remember it.
        """
        lost = False
        for pause in (*PAUSES_S, None):
            try:
                result = _read(self._server.post("/ledger/batches", batch, COSE, TAKES_S), read_result)
            except AnswerLost as error:
                lost, refused = True, error
            except (NodeAway, NodeBusy) as error:
                refused = AnswerLost() if lost else error  # type: ignore[assignment]
            else:
                return self._outcome(batch) if lost and result.code == REPLAYED else result
            if pause is None or not going_on():
                break
            time.sleep(pause)
        raise refused

    def _outcome(self, batch: bytes) -> BatchResult:
        key = parse_batch(self.network, batch).id
        answer = self._server.get(f"/ledger/batches/{key.hex()}", wait_s=TAKES_S)
        if answer.status == 404:
            raise AnswerLost
        return _read(answer, read_result)

    def _several(self, path: str, start: int, most: int) -> list[bytes]:
        return _read(self._server.get(path, {"from": str(start), "most": str(most)}), read_strings)


def _got(answer: Answer) -> bytes:
    """Return the body of a success."""
    if answer.status == 200:
        return answer.body
    if answer.code in _PRUNED:
        raise PrunedThere
    if answer.status == 404:
        raise LookupError
    raise NodeRefused


def _read(answer: Answer, read: Callable[[bytes], Read]) -> Read:
    """Return what `read` makes of the body of a success."""
    body = _got(answer)
    try:
        return read(body)
    except Malformed:
        raise UnreadableAnswer from None
