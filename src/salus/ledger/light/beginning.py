"""Where a replica begins that is not to execute every block: with a snapshot from members' servers, believed nothing.

1. Snapshots are tried from the newest on, each after whose block the light client verifies the header: that holds the
   app hash. One that lies higher than any verified header is none.
2. The block of that header is fetched and held against it: from there on, blocks say who decides the next.
3. Manifest and chunks come from any server that offers the snapshot; `consensus.restoring` takes them over, as it does
   for a node of CometBFT, and nothing counts before the state has that app hash. A server that gives anything else is
   asked no more, nor one that ends in the middle for this snapshot; the next one goes on where it ended.

Base, block and state are put in place together. Where that was interrupted, the replica has no blocks, and begins anew.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from salus.client.light import LightClient
from salus.client.light.block import LightBlock
from salus.client.light.errors import NoProvider, NotConfirmed, TooFarBack
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.client.snapshots import Listed, Snapshot
from salus.core.errors import Refusal
from salus.ledger.consensus.restoring import Apply, Offer, Restoring
from salus.ledger.embedded.blockfile import record
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.pruned import NEW
from salus.ledger.errors import StorageFailed
from salus.ledger.light.errors import NoSnapshot
from salus.ledger.light.source import Source
from salus.machine.export import FORMAT
from salus.state.store import Store

LOG = logging.getLogger("salus.light")
# A server drops its oldest snapshot when it takes a new one, and the block after the newest may be still to come: a
# moment later there is another answer.
ROUNDS, PAUSE_S = 3, 1.0
UNVERIFIED = (LookupError, TooFarBack, NoProvider, NotConfirmed)
UNGIVEN = (LookupError, NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer)


class Server(Protocol):
    """A member's server; `client.snapshots.SnapshotServer` is one."""

    url: str

    def list(self) -> Sequence[Listed]: ...

    def manifest(self, name: bytes) -> bytes: ...

    def chunk(self, name: bytes, number: int) -> bytes: ...


class _Wanted(NamedTuple):
    """A snapshot, and who says that they have it."""

    listed: Listed
    servers: list[Server]


class Beginning:
    """Where a new replica takes its state from. One thread at a time."""

    def __init__(self, network: bytes, light: LightClient, source: Source, servers: Sequence[Server]) -> None:
        self._network, self._light, self._source, self._servers = network, light, source, tuple(servers)
        self._liars: set[str] = set()

    def take(self, folder: Path, files: Files, open_store: Callable[[Path], Store] = Store.open) -> int:
        """Let the empty ledger in `folder` begin with the newest snapshot that verifies; return its height.

        Raises NoSnapshot, StorageFailed, what the light client raises of itself (AttackSeen, TrustExpired,
        HeaderFromFuture, and NotConfirmed or NoProvider where no node shows a newest header); nothing has changed then.
        """
        for turn in range(ROUNDS):
            time.sleep(PAUSE_S if turn else 0)
            try:
                newest = self._light.newest()
            except LookupError:
                raise NoSnapshot from None
            for wanted in self._offered(newest.height - 1):
                if self._taken(folder, files, open_store, wanted):
                    return wanted.listed.height
        raise NoSnapshot

    def _taken(self, folder: Path, files: Files, open_store: Callable[[Path], Store], wanted: _Wanted) -> bool:
        """Begin with one snapshot; False where that cannot be. Raises as `take`."""
        wanted.servers[:] = [one for one in wanted.servers if one.url not in self._liars]
        if not wanted.servers:
            return False
        try:
            first = self._light.at(wanted.listed.height + 1)
            block = self._source.block(first)
        except (*UNVERIFIED, *UNGIVEN):
            LOG.warning("the block after a snapshot is not to be had", extra={"height": wanted.listed.height})
            return False
        try:
            return self._restored(folder, files, open_store, wanted, first, block)
        except OSError:
            raise StorageFailed from None

    def _offered(self, most: int) -> list[_Wanted]:
        """Return the snapshots up to a height, newest first; of two of one height the one that more servers offer."""
        found: dict[Listed, _Wanted] = {}
        for server in self._servers:
            try:
                listed = server.list()
            except UNGIVEN as why:
                _passed_over(why)
                continue
            for one in set(listed):
                if one.format == FORMAT and 0 < one.height <= most:
                    found.setdefault(one, _Wanted(one, [])).servers.append(server)
        return sorted(found.values(), key=lambda one: (one.listed.height, len(one.servers)), reverse=True)

    def _restored(
        self,
        folder: Path,
        files: Files,
        open_store: Callable[[Path], Store],
        wanted: _Wanted,
        first: LightBlock,
        block: bytes,
    ) -> bool:
        """Take one snapshot over; False where nobody gives it as it must be. Raises OSError, StorageFailed."""

        def put(move: Callable[[], None]) -> None:
            new = files.open_append(folder / NEW)  # it holds the base
            try:
                new.append(record(block))
                new.sync()
            finally:
                new.close()
            move()

        restoring = Restoring(folder, files, self._network, lambda: 0, put, open_store)
        try:
            return self._offer(restoring, wanted, first.header.app_hash) and all(
                self._apply(restoring, wanted, number) for number in range(wanted.listed.chunks)
            )
        finally:
            restoring.drop()

    def _offer(self, restoring: Restoring, wanted: _Wanted, app_hash: bytes) -> bool:
        """Have a manifest accepted."""
        listed = wanted.listed
        for server, manifest in _given(wanted, lambda one: one.manifest(listed.hash)):
            said = Snapshot(listed.height, listed.format, listed.chunks, listed.hash, manifest)
            answer = restoring.offer(said, app_hash)
            if answer is Offer.ACCEPT:
                return True
            if answer is Offer.ABORT:
                raise StorageFailed
            self._refuse(wanted, server)
        return False

    def _apply(self, restoring: Restoring, wanted: _Wanted, number: int) -> bool:
        """Have a chunk taken; False where nobody gives the manifest's, or all of them are not the state."""
        for server, raw in _given(wanted, lambda one: one.chunk(wanted.listed.hash, number)):
            answer = restoring.apply(number, raw, server.url)
            match answer.result:
                case Apply.ACCEPT:
                    return True
                case Apply.RETRY:
                    self._refuse(wanted, server)
                case Apply.REJECT_SNAPSHOT:
                    self._liars.update(answer.reject_senders)
                    return False
                case _:
                    raise StorageFailed
        return False

    def _refuse(self, wanted: _Wanted, server: Server) -> None:
        """Ask a server no more, for anything."""
        LOG.warning("what a server gives is not the snapshot's", extra={"height": wanted.listed.height})
        self._liars.add(server.url)
        wanted.servers.remove(server)


def _given(wanted: _Wanted, ask: Callable[[Server], bytes]) -> Iterator[tuple[Server, bytes]]:
    """Yield what each server that is left gives, one after the other; who does not give it is asked no more for it."""
    for server in tuple(wanted.servers):
        try:
            raw = ask(server)
        except UNGIVEN as why:
            _passed_over(why)
            wanted.servers.remove(server)
            continue
        yield server, raw


def _passed_over(why: Exception) -> None:
    LOG.warning("a server gives no snapshot", extra={"code": why.code if isinstance(why, Refusal) else 0})
