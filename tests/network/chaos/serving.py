"""`salus serve` with faults: `CHAOS_FAULTS=slow-sync=200,propose python -m network.chaos.serving serve ...`.

| fault          | what is other than in `salus serve`                                                      |
|----------------|------------------------------------------------------------------------------------------|
| slow-sync=MS   | each time something is made durable takes as long                                        |
| clock=MS       | the clock is off by as much                                                              |
| propose        | what it proposes is invalid: a batch that is none, changed, by nobody, executed before, twice |
| other-hash=N   | from the block of height N on it answers another app hash than its state has             |
| fail=N         | it fails at the block of height N, in each process                                       |
| accept         | it accepts every proposal, and passes everything on that its mempool is shown             |

The classes of the program are subclassed and put in place here; the program itself knows of no fault.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from salus.bootstrap import opening
from salus.cli.main import main
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request, Response
from salus.ledger.consensus import ledger as consensus
from salus.ledger.consensus.application import Application
from salus.ledger.embedded.clock import SystemClock
from salus.ledger.embedded.files import AppendFile, LocalAppendFile, LocalFiles

OTHER_HASH = bytes(32)
REMEMBERED = 64  # batches that were executed


def read_faults(text: str) -> dict[str, int]:
    """Return the faults with their numbers, 0 where one has none."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {name: int(value or 0) for name, _, value in pairs}


class SlowAppendFile(LocalAppendFile):
    """An append-only file on a slow disk."""

    slow_s = 0.0

    def sync(self) -> None:
        time.sleep(self.slow_s)
        super().sync()


class SlowFiles(LocalFiles):
    """Files on a slow disk."""

    def write(self, path: Path, data: bytes) -> None:
        time.sleep(SlowAppendFile.slow_s)
        super().write(path, data)

    def open_append(self, path: Path, readonly: bool = False) -> AppendFile:
        return SlowAppendFile(path, readonly)


class WrongClock(SystemClock):
    """The machine's clock, off by some milliseconds."""

    off_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.off_ms


class HostileApplication(Application):
    """Executes honestly, or it leaves the chain; proposes and lets pass what no other does."""

    faults: Mapping[str, int] = {}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._executed: deque[bytes] = deque(maxlen=REMEMBERED)
        self._turns = count()

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        match request.WhichOneof("value"):
            case "info" if 0 < self.faults.get("other-hash", 0) <= response.info.last_block_height:
                response.info.last_block_app_hash = OTHER_HASH
            case "finalize_block":
                self._executed.extend(request.finalize_block.txs)
                if 0 < self.faults.get("other-hash", 0) <= request.finalize_block.height:
                    response.finalize_block.app_hash = OTHER_HASH
            case "prepare_proposal" if "propose" in self.faults:
                worse = self._worse(list(response.prepare_proposal.txs))
                return Response(prepare_proposal=abci_pb2.ResponsePrepareProposal(txs=worse))
            case "process_proposal" if "accept" in self.faults or "propose" in self.faults:
                accept = abci_pb2.ResponseProcessProposal.ACCEPT
                return Response(process_proposal=abci_pb2.ResponseProcessProposal(status=accept))
            case "check_tx" if "accept" in self.faults:
                return Response(check_tx=abci_pb2.ResponseCheckTx())
        return response

    def _finalize(self, request: Request) -> Response:
        if request.finalize_block.height == self.faults.get("fail"):
            raise RuntimeError
        return super()._finalize(request)

    def _worse(self, good: list[bytes]) -> list[bytes]:
        """Return what must not stand in a block; another kind each time."""
        old = list(self._executed)[-1:] or [b"\x00"]
        known = good or old
        kinds = (
            [*good, b"garbage " * 64],
            [*good, known[0][:-1] + bytes((known[0][-1] ^ 1,))],
            [*good, known[0][: len(known[0]) // 2]],
            [*good, *old],
            [*known, *known],
        )
        return kinds[next(self._turns) % len(kinds)]


def begin(faults: Mapping[str, int]) -> None:
    """Put the faulty classes in the place of the program's own."""
    if "slow-sync" in faults:
        SlowAppendFile.slow_s = faults["slow-sync"] / 1000
        consensus.LocalFiles = SlowFiles
    if "clock" in faults:
        WrongClock.off_ms = faults["clock"]
        opening.SystemClock = WrongClock
    if {"propose", "accept", "other-hash", "fail"} & set(faults):
        HostileApplication.faults = faults
        consensus.Application = HostileApplication


if __name__ == "__main__":
    begin(read_faults(os.environ["CHAOS_FAULTS"]))
    sys.argv[0] = "salus"
    main()
