"""Letters that wait for another's gateway: files of one sender, in the order they were posted."""

import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from salus.vault.files import TEMPORARY, Files, LocalFiles

GIVEN_UP = "given-up"  # a folder of letters that the other refused for good, or that waited too long


class Waiting(NamedTuple):
    """A letter that waits."""

    name: str
    recipient: bytes
    kind: str
    since_ms: int


class Outbox:
    """`<microseconds>-<digest>.<recipient>.<kind>` in a folder. What `put` took is durable. Thread-safe."""

    def __init__(
        self,
        folder: Path,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        files: Files | None = None,
    ) -> None:
        self._folder, self._now_ms = folder, now_ms
        self._files = files or LocalFiles()
        self._lock = threading.Lock()

    def put(self, recipient: bytes, kind: str, body: bytes) -> str:
        """Let a letter wait; return its name. One that waits already does not wait twice."""
        suffix = f"-{sha256(body).hexdigest()[:32]}.{recipient.hex()}.{kind}"
        with self._lock:
            names = self._names()
            found = next((name for name in names if name.endswith(suffix)), None)
            if found is not None:
                return found
            last = int(names[-1].partition("-")[0]) if names else 0
            name = f"{max(last + 1, self._now_ms() * 1000):018d}{suffix}"
            self._files.create_folder(self._folder)
            self._files.write(self._folder / name, body)
            return name

    def waiting(self) -> list[Waiting]:
        """Return what waits, oldest first."""
        return [_waiting(name) for name in self._names()]

    def body(self, name: str) -> bytes:
        """Return a letter; raise FileNotFoundError if it no longer waits."""
        return self._files.read(self._folder / name)

    def drop(self, name: str) -> None:
        """Forget a letter that arrived."""
        self._files.delete(self._folder / name)

    def give_up(self, name: str) -> None:
        """Put a letter aside that will never arrive."""
        self._files.create_folder(self._folder / GIVEN_UP)
        self._files.move(self._folder / name, self._folder / GIVEN_UP / name)

    def given_up(self) -> list[Waiting]:
        """Return what was put aside, oldest first."""
        return [_waiting(name) for name in self._files.names(self._folder / GIVEN_UP)]

    def _names(self) -> list[str]:
        names = self._files.names(self._folder)
        return [name for name in names if name != GIVEN_UP and not name.endswith(TEMPORARY)]


def _waiting(name: str) -> Waiting:
    number, _, rest = name.partition("-")
    _, recipient, kind = rest.split(".")
    return Waiting(name, bytes.fromhex(recipient), kind, int(number) // 1000)
