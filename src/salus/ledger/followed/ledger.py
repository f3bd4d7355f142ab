"""A replica that follows a node, behind the `Ledger` port."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.evidence.state import LOG_KEY
from salus.ledger.embedded.chain import GENESIS, Chain
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.errors import HeaderOfNobody, NoNote, NoTip, OtherGenesis, OtherHistory, StorageFailed
from salus.ledger.followed.notes import check_note, wait_for_size
from salus.ledger.followed.replica import Opened, Outside, Replica, open_replica
from salus.ledger.followed.sender import Sender
from salus.ledger.followed.sent import Sent
from salus.ledger.followed.start import begin_from_export, is_new
from salus.ledger.followed.tips import Tips
from salus.ledger.followed.upstream import Upstream
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.state.store import Store
from salus.verifier.helper import Alone, Helper


class FollowedLedger(Replica):
    """A replica of one node's ledger (`Replica`)."""

    def __init__(self, opened: Opened, upstream: Upstream | None, clock: Clock) -> None:
        self._node = upstream
        self._note: SignedCheckpoint | None = None
        network, outside = opened.chain.network, None
        if upstream is not None:
            outside = Outside(upstream, Tips(network, clock), Sender(network, upstream, Sent()))
        super().__init__(opened, outside, clock)

    @classmethod
    def open(
        cls,
        folder: Path,
        genesis: bytes,
        upstream: Upstream | None,
        clock: Clock | None = None,
        files: Files | None = None,
        open_store: Callable[[Path], Store] = Store.open,
        helper: Helper | None = None,
    ) -> "FollowedLedger":
        """Open the replica in `folder`, which is made where it is absent, and begin to follow.

        `upstream` and `helper` are closed with it; `upstream` also where it cannot be opened.

        Raises NoLedger (reading only), LedgerLocked, OtherGenesis, DamagedFile, ClockBehind; StorageFailed where the
        state cannot be opened; where a new replica begins at a pruned node also HeaderOfNobody, OtherHistory,
        WrongExport. A node that is away is none of these.
        """
        port, dated, reading = files or LocalFiles(), clock or SystemClock(), upstream is None
        with ExitStack() as undone:
            if upstream is not None:
                undone.callback(upstream.close)
            begin = partial(_begin, folder, genesis, upstream, port)
            opened = open_replica(
                folder, port, dated, Chain, genesis, begin, helper or Alone(), undone, open_store, reading
            )
            made = cls(opened, upstream, dated)
            undone.pop_all()
            return made

    def tip(self) -> bytes:
        """See the port: the last one of the node whose block is executed here; raises NoTip where there is none."""
        with self._lock:
            if self._outside is None:
                raise NoTip
            return self._outside.tips.raw

    def checkpoint(self) -> bytes:
        """See the port: the node's newest note over the log as it is here, or an older one where the node is away.

        Raises NoNote where there is none.
        """
        note = self._note
        if self._node is not None and (note is None or note.checkpoint.size != self._chain.machine.log.size):
            with suppress(Refusal, LookupError):
                self._take_note(parse(self._node.note(tries=1)))
        if self._note is None:
            kept = self._notes.witnessed()
            if kept is None:
                raise NoNote
            return kept
        return self._note.note().encode()

    def _take_note(self, signed: SignedCheckpoint) -> None:
        """Keep a note of the node if it is over the log as it is, or was, here; over another one it is a lie."""
        wait_for_size(self._chain, self._subscribers, signed.checkpoint.size)
        with self._lock:
            if self._note is not None and signed.checkpoint.size < self._note.checkpoint.size:
                return
            try:
                check_note(self._chain, signed)
            except (HeaderOfNobody, OtherHistory) as lie:
                if self._follower is not None:
                    self._follower.stop(lie.again())
                raise
            self._note = signed

    def _ask_cover(self) -> None:
        if self._node is not None:
            with suppress(Refusal, LookupError):
                self._node.prove([LOG_KEY])  # the node makes the header that it needs for its own answer


def _begin(folder: Path, genesis: bytes, upstream: Upstream | None, files: Files) -> None:
    """See that the folder is of this genesis; a new one is given what its blocks begin with."""
    known = files.read(folder / GENESIS)
    if known is not None and known != genesis:
        raise OtherGenesis
    if upstream is None:
        return
    if known is None:
        read_genesis(genesis)
        files.write(folder / GENESIS, genesis)
    if is_new(folder, files):
        try:
            gone = upstream.pruned()
        except (Refusal, LookupError):
            return  # it is away: found out when blocks are missing
        if gone is not None:
            try:
                begin_from_export(folder, genesis, upstream, gone, files)
            except OSError:
                raise StorageFailed from None
            except Malformed:
                raise OtherGenesis from None
