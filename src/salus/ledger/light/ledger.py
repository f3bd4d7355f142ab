"""A replica whose blocks come from nodes of CometBFT, behind the `Ledger` port."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from salus.client.figures import SendingFigures
from salus.client.ledger import StateProof
from salus.cometbft.validators import validators
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.genesis import read_genesis
from salus.evidence.committed import Committed
from salus.evidence.header import SignedHeader, parse_header
from salus.ledger.consensus.bridges import At, bridged
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NothingSigns
from salus.ledger.consensus.restoring import FOLDER as RESTORING
from salus.ledger.consensus.way import Guiding, Way
from salus.ledger.embedded.blockfile import NAME
from salus.ledger.embedded.chain import GENESIS
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.errors import NoNote, OtherGenesis
from salus.ledger.followed.notes import check_note
from salus.ledger.followed.replica import Opened, Outside, Replica, open_replica
from salus.ledger.light.beginning import Beginning
from salus.ledger.light.chain import CommittedChain
from salus.ledger.light.source import Source
from salus.ledger.light.tips import CommittedTips
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.state.store import Store
from salus.verifier.helper import Alone, Helper


class Noting(Protocol):
    """A member's server, which is asked for a note over the log; `client.remote.RemoteLedger` is one."""

    def note(self, tries: int = 3) -> bytes:
        """Return the signed note over the log."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class LightLedger(Replica):
    """A replica of a consortium's ledger (`Replica`). Its proofs carry the votes of the validators."""

    def __init__(
        self,
        opened: Opened,
        source: Source | None,
        broadcaster: Broadcaster | None,
        clock: Clock,
        noting: Sequence[Noting] = (),
        guides: Callable[[], Guiding] | None = None,
    ) -> None:
        genesis = read_genesis(opened.place.files.read(opened.place.folder / GENESIS) or b"")[1]
        self._founders = validators((one.public, one.power) for one in genesis.validators)
        self._noting = tuple(noting)
        self._note: SignedCheckpoint | None = None
        self._broadcaster, outside = broadcaster, None
        if source is not None and broadcaster is not None:
            source.kept = opened.chain.blocks.header
            outside = Outside(source, CommittedTips(opened.chain.network, clock), broadcaster)
        self._way = Way(opened.chain.network, self._founders, *opened.place, guides)
        super().__init__(opened, outside, clock)
        self._lead()

    @classmethod
    def open(
        cls,
        folder: Path,
        genesis: bytes,
        source: Source | None,
        broadcaster: Broadcaster | None,
        clock: Clock | None = None,
        noting: Sequence[Noting] = (),
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
        beginning: Beginning | None = None,
        guides: Callable[[], Guiding] | None = None,
    ) -> "LightLedger":
        """Open the replica in `folder`, which is made where it is absent, and begin to follow.

        With `beginning` one without blocks begins with a snapshot, and is not opened where none can be taken over;
        `guides` makes those who are asked then what leads from the genesis to its first block. Without `source` and
        `broadcaster` for reading only. They, those of `noting`, who have notes over the log, and `helper` are closed
        with it, the first two also where it cannot be opened. Raises NoLedger (reading only), LedgerLocked,
        OtherGenesis, DamagedFile, ClockBehind, StorageFailed; and what `Beginning.take` raises.
        """
        port, dated = files or LocalFiles(), clock or SystemClock()
        reading = source is None or broadcaster is None
        with ExitStack() as undone:
            if source is not None:
                undone.callback(source.close)
            if broadcaster is not None:
                undone.callback(broadcaster.close)
            begin = partial(_begin, folder, genesis, port, open_store, reading, beginning)
            opened = open_replica(
                folder, port, dated, CommittedChain, genesis, begin, helper or Alone(), undone, open_store, reading
            )
            made = cls(opened, source, broadcaster, dated, noting, None if reading else guides)
            undone.pop_all()
            return made

    def close(self) -> None:
        self._way.close()
        super().close()
        for one in self._noting:
            one.close()

    def sending(self) -> SendingFigures | None:
        """Return what is sent to the validators in figures; None where it is for reading only."""
        return None if self._broadcaster is None else self._broadcaster.figures()

    def header(self, height: int) -> bytes:
        """Return the committed header of a block, with what leads there from the genesis; raises NoBridge."""
        with self._lock:
            self._chain.blocks.header(height)
            return self._bridged(self._step, height)

    def headers(self, start: int, most: int, most_bytes: int) -> list[bytes]:
        """See the port; each with what leads there."""
        return self._several(self.header, start, most, most_bytes)

    def tip(self) -> bytes:
        """No key of this home says which block is the newest: raises NothingSigns."""
        raise NothingSigns

    def checkpoint(self) -> bytes:
        """Return a note over the log that a validator signed, from a member's server, or one that was cosigned.

        It may be of the log as it was. One that is not over this log, or that no validator signed, is passed over.
        Raises NoNote where there is none.
        """
        for one in self._noting:
            with suppress(Refusal, LookupError):
                self._take_note(parse(one.note(tries=1)))
            if self._note is not None and self._note.checkpoint.size == self._chain.machine.log.size:
                break
        if self._note is not None:
            return self._note.note().encode()
        kept = self._notes.witnessed()
        if kept is None:
            raise NoNote
        return kept

    def _take_note(self, signed: SignedCheckpoint) -> None:
        with self._lock:
            with self._hashes():
                check_note(self._chain, signed)
            if self._note is None or signed.checkpoint.size >= self._note.checkpoint.size:
                self._note = signed

    def _proof(self, signed: SignedHeader, keys: Sequence[bytes]) -> StateProof:
        """Prove under a header that may not be kept yet: those before lead to it."""
        proof, height = super()._proof(signed, keys), signed.header.height

        def step(at: int) -> Step:
            return _step(signed.raw) if at == height else self._step(at)

        return proof._replace(header=self._bridged(step, height))

    def _lead(self) -> None:
        """Have the way found that leads to the first block here, where that is not the first of all."""
        with self._lock:
            base = self._chain.blocks.base
            if base is None:
                return
            first = parse_header(self.network, self._chain.blocks.header(base.height + 1))
        self._way.lead(first.header.height, first.hash)

    def _bridged(self, at: At, height: int) -> bytes:
        return bridged(self.network, self._founders, at, self._chain.blocks.gone + 1, height, self._way.steps)

    def _step(self, height: int) -> Step:
        return _step(self._chain.blocks.header(height))


def _step(raw: bytes) -> Step:
    return Step(*decode(raw, Committed).steps[-1])


def _begin(
    folder: Path,
    genesis: bytes,
    files: Files,
    open_store: Callable[[Path], Store],
    reading: bool,
    beginning: Beginning | None,
) -> None:
    """See that the folder is of this genesis, and has what its blocks begin with."""
    known = files.read(folder / GENESIS)
    if known is not None and known != genesis:
        raise OtherGenesis
    if known is None and not reading:
        read_genesis(genesis)
        files.write(folder / GENESIS, genesis)
    if not reading:
        files.withdraw(folder / RESTORING)  # of a snapshot that was not taken over to its end
        if beginning is not None and not _blocks_bytes(folder, files):
            beginning.take(folder, files, open_store)


def _blocks_bytes(folder: Path, files: Files) -> int:
    file = files.open_append(folder / NAME)
    try:
        return file.size()
    finally:
        file.close()
