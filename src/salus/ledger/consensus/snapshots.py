"""Snapshots: exports of the state at every n-th height, from which another node can begin (ABCI 2.0 state sync).

| path                                    | what                                                     |
|-----------------------------------------|----------------------------------------------------------|
| `snapshots/<height>/manifest.cbor`, `chunk-<number>.cbor` | the export after that block (`machine.export`) |
| `snapshots/<height>.new/`               | one that is being written: removed at the next opening   |

Nodes export the same bytes at the same height, so they take them at the same heights, and a node that begins fetches
the chunks from all of them. ABCI's metadata are the manifest, its hash is the export's name. A folder gets its name
when all in it is durable. Where the state on disk turns out not to be what was computed, the file `damaged` keeps the
node from being started again until it is reset. https://docs.cometbft.com/v0.38/spec/abci/abci++_methods#listsnapshots
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from salus.client.snapshots import Snapshot
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal
from salus.core.hashing import T
from salus.ledger.embedded.files import Files
from salus.ledger.errors import StateDamaged
from salus.machine.export import FORMAT, Manifest, export_hash, export_to
from salus.machine.machine import Machine
from salus.machine.pruned import MANIFEST, chunk_name

LOG = logging.getLogger("salus.consensus")
FOLDER, NEW, DAMAGED = "snapshots", ".new", "damaged"
EVERY = 1_000  # blocks between two
KEPT_BLOCKS = 100_000  # by CometBFT, where a member prunes: a day at a block a second
KEPT = 2  # of them: who fetches from the older one is not cut off by the newer


class Taker(Protocol):
    """Takes a snapshot of a checkpoint beside whoever executes blocks."""

    def begin(self, height: int, ended: Callable[[type[Refusal] | None], None]) -> None:
        """Begin with the checkpoint of `height`, which is the last one; it may be replaced once this returns.

        `ended` is called from another thread when all is durable, or with what the checkpoint was refused for. Where
        nothing can be taken now, neither; one that is under way goes on, and nothing is begun.
        """
        ...

    @property
    def failed(self) -> int:
        """How many were begun, or were to be, and did not come to be."""
        ...

    def close(self) -> None:
        """End what is under way."""
        ...


class Snapshots:
    """The snapshots in one ledger's folder. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        files: Files,
        network: bytes,
        taker: Taker | None = None,
        every: int = EVERY,
        kept: int = KEPT,
    ) -> None:
        """`taker` None: none is taken here, only offered. Raises StateDamaged, OSError."""
        if taker is not None and files.read(folder / DAMAGED) is not None:
            raise StateDamaged
        self._damaged = folder / DAMAGED
        self._folder, self._files, self._network = folder / FOLDER, files, network
        self._taker, self._every, self._most = taker, every, kept
        self._lock = Lock()  # guards what follows
        self._known: dict[int, tuple[Snapshot, Manifest]] = {}
        self._trouble: type[Refusal] | None = None
        self.taken = 0
        for name in files.names(self._folder):
            found = self._read(int(name)) if name.isdecimal() else None
            if found is None:
                files.withdraw(self._folder / name)
            else:
                self._known[int(name)] = found

    def due(self, height: int) -> bool:
        """True if one is to be taken of the state after the block of `height`."""
        return self._taker is not None and height % self._every == 0 and height not in self._known

    def begin(self, height: int) -> None:
        """Take one of the checkpoint of `height`, which is the last one and may be replaced once this returns."""
        if self._taker is not None:
            self._taker.begin(height, lambda refusal: self._ended(height, refusal))

    def trouble(self) -> Refusal | None:
        """Return why the node must stop: what lies on disk is not the state that it had computed."""
        return None if self._trouble is None else self._trouble()

    @property
    def failed(self) -> int:
        """How many that were due did not come to be, since the process began."""
        return 0 if self._taker is None else self._taker.failed

    def oldest(self) -> int:
        """Return the height of the oldest one, 0 where there is none: blocks after it may be asked for."""
        with self._lock:
            return min(self._known, default=0)

    def list(self) -> list[Snapshot]:
        """Return those that can be had, newest first."""
        with self._lock:
            return [self._known[height][0] for height in sorted(self._known, reverse=True)]

    def load(self, height: int, number_of_format: int, chunk: int) -> bytes:
        """Return a chunk; nothing where there is no such chunk, or it is not what the manifest names any more."""
        with self._lock:
            found = self._known.get(height)
        if found is None or number_of_format != FORMAT or not 0 <= chunk < found[0].chunks:
            return b""
        try:
            raw = self._files.read(self._folder / str(height) / chunk_name(chunk))
        except OSError:
            raw = None
        if raw is None or T("chunk", self._network, raw) != found[1].chunks[chunk]:
            with self._lock:  # whoever sent it would be taken for a liar
                self._known.pop(height, None)
            return b""
        return raw

    def close(self) -> None:
        """End what is under way."""
        if self._taker is not None:
            self._taker.close()

    def _ended(self, height: int, refusal: type[Refusal] | None) -> None:
        """Take in a new one, and let go of those that are too many."""
        if refusal is not None:
            LOG.critical("the state on disk is not what was computed", extra={"height": height, "code": refusal.code})
            self._trouble = refusal
            self._files.write(self._damaged, str(height).encode())
            return
        found = self._read(height)
        if found is None:
            return
        with self._lock:
            self.taken += 1
            self._known[height] = found
            gone = sorted(self._known)[: -self._most]
            for one in gone:
                del self._known[one]
        LOG.info("a snapshot was taken", extra={"height": height})
        for one in gone:
            with suppress(OSError):  # the next opening offers it again, and then removes it
                self._files.withdraw(self._folder / str(one))

    def _read(self, height: int) -> tuple[Snapshot, Manifest] | None:
        """Return what a folder holds, None where it is no snapshot."""
        place = self._folder / str(height)
        raw = self._files.read(place / MANIFEST)
        if raw is None:
            return None
        try:
            head = decode(raw, Manifest)
        except Malformed:
            return None
        if (head.network, head.height) != (self._network, height):
            return None
        return Snapshot(height, FORMAT, len(head.chunks), export_hash(self._network, raw), raw), head


def write_snapshot(machine: Machine, folder: Path, files: Files) -> Path:
    """Write the state as it is into `folder`/snapshots, one chunk in memory at a time; return where it is.

    There once this returns, all of it; where it raises OSError nothing is.
    """
    place = folder / FOLDER / str(machine.height)
    new = place.with_name(place.name + NEW)
    files.withdraw(new)
    files.create_folder(new)
    names = _names()
    manifest = export_to(machine, lambda chunk: files.write(new / next(names), chunk))
    files.write(new / MANIFEST, manifest)
    files.withdraw(place)
    files.move(new, place)
    return place


def _names() -> Iterator[str]:
    number = 0
    while True:
        yield chunk_name(number)
        number += 1
