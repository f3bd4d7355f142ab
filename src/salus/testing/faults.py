"""Files and tables that crash or fail at a chosen durable step.

A crash is a power cut: what was written and not synced is lost, torn or kept, and every later call
crashes too, until the folder is opened anew with sound files. `before` means the step itself did
not persist, `after` that it did and the caller never learned.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from salus.ledger.embedded.files import AppendFile, LocalFiles
from salus.state.lmdb import LmdbTables
from salus.state.store import Store
from salus.state.tables import Changes, StorageFailure

Mode = Literal["before", "torn", "after"]


class Crash(BaseException):
    """The power went. Not an Exception: nothing may handle it."""


@dataclass
class Plan:
    """What happens at which durable step; counts the steps of all that share it.

    `error` None is a crash; else that OSError is raised at the step, and the disk works again after.
    """

    step: int  # from 1; 0: never
    mode: Mode = "before"
    seed: int = 0
    error: OSError | None = None
    steps: int = 0
    crashed: bool = False
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self.random.seed(self.seed)

    def alive(self) -> None:
        """Raise Crash if the power is gone."""
        if self.crashed:
            raise Crash

    def due(self) -> bool:
        """Count one durable step; True if it is the one."""
        self.alive()
        self.steps += 1
        return self.steps == self.step

    def strike(self) -> None:
        """Crash or fail."""
        if self.error is not None:
            raise self.error
        self.crashed = True
        raise Crash


class FaultyFiles(LocalFiles):
    """LocalFiles under a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def create_folder(self, path: Path) -> None:
        self._step(lambda: LocalFiles.create_folder(self, path))

    def write(self, path: Path, data: bytes) -> None:
        def torn() -> None:
            path.with_name(path.name + ".tmp").write_bytes(data[: self.plan.random.randrange(len(data) + 1)])

        self._step(lambda: LocalFiles.write(self, path, data), torn)

    def publish(self, path: Path, data: bytes) -> None:
        def torn() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(path.name + ".tmp").write_bytes(data[: self.plan.random.randrange(len(data) + 1)])

        self._step(lambda: LocalFiles.publish(self, path, data), torn)

    def withdraw(self, folder: Path) -> None:
        self._step(lambda: LocalFiles.withdraw(self, folder))

    def move(self, old: Path, new: Path) -> None:
        self._step(lambda: LocalFiles.move(self, old, new))

    def remove(self, path: Path) -> None:
        self._step(lambda: LocalFiles.remove(self, path))

    def open_append(self, path: Path, readonly: bool = False) -> AppendFile:
        self.plan.alive()
        return FaultyAppendFile(super().open_append(path, readonly), self.plan)

    def _step(self, work: Callable[[], None], torn: Callable[[], None] | None = None) -> None:
        if not self.plan.due():
            work()
            return
        if self.plan.mode == "after":
            work()
        elif self.plan.mode == "torn" and torn is not None:
            torn()
        self.plan.strike()


class FaultyAppendFile:
    """An append-only file whose unsynced end is in memory, and goes with the power."""

    def __init__(self, inner: AppendFile, plan: Plan) -> None:
        self._inner, self._plan = inner, plan
        self._unsynced = b""

    def append(self, data: bytes) -> None:
        self._plan.alive()
        self._unsynced += data

    def sync(self) -> None:
        due = self._plan.due()
        kept = len(self._unsynced)
        if due and self._plan.mode == "before":
            kept = 0
        elif due and self._plan.mode == "torn":
            kept = self._plan.random.randrange(kept + 1)
        self._inner.append(self._unsynced[:kept])
        self._inner.sync()
        if due:
            self._unsynced = self._unsynced[kept:] if self._plan.error is not None else b""
            self._plan.strike()
        self._unsynced = b""

    def truncate(self, size: int) -> None:
        due = self._plan.due()
        if not due or self._plan.mode != "before":
            self._unsynced = b""
            self._inner.truncate(min(size, self._inner.size()))
        if due:
            self._plan.strike()

    def size(self) -> int:
        return self._inner.size() + len(self._unsynced)

    def read(self, at: int, length: int) -> bytes:
        stored = self._inner.read(at, length)
        if len(stored) == length:
            return stored
        start = max(0, at - self._inner.size())
        return stored + self._unsynced[start : start + length - len(stored)]

    def close(self) -> None:
        self._inner.close()


class FaultyTables(LmdbTables):
    """LMDB tables under a plan: a checkpoint is one durable step, whole or not at all."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._plan = plan
        super().__init__(folder)

    def commit(self, changes: Changes) -> None:
        if not self._plan.due():
            super().commit(changes)
            return
        if self._plan.mode == "after":
            super().commit(changes)
        if self._plan.error is not None:
            raise StorageFailure("planned")
        self._plan.strike()


def faulty_store(plan: Plan) -> Callable[[Path], Store]:
    """Return what opens a store whose checkpoints follow the plan."""
    return lambda folder: Store(FaultyTables(folder, plan))
