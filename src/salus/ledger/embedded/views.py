"""Views of the state at one height, which stay as they are while later blocks are executed.

Each block that is executed while somebody holds a view leaves behind what its keys were before, in
a chain that starts at the oldest view; it goes when the views do.
"""

from collections.abc import Mapping, Sequence
from threading import RLock
from weakref import WeakSet

from salus.state.overlay import Reader


class _Link:
    """What a later block overwrote; the last link of the chain is still empty."""

    __slots__ = ("before", "next")

    def __init__(self) -> None:
        self.before: dict[bytes, bytes | None] = {}
        self.next: _Link | None = None


class View:
    """The state after one block. Safe to use from any thread."""

    def __init__(self, views: "Views", height: int, time: int, link: _Link) -> None:
        self.height, self.time = height, time
        self._views, self._link = views, link

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key` at this height."""
        with self._views.lock:
            link = self._link
            while link.next is not None:  # the last is still empty
                if key in link.before:
                    return link.before[key]
                link = link.next
            return self._views.store.get(key)

    def get_all(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of `keys` at this height; waits once for a block that is being made."""
        with self._views.lock:
            return [self.get(key) for key in keys]

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return the keys longer than `prefix` (exactly 34 bytes) under it, sorted, at this height."""
        with self._views.lock:
            stored = self._views.store.scan(prefix)
            older: dict[bytes, bytes | None] = {}
            link = self._link
            while link.next is not None:
                for key, value in link.before.items():
                    if len(key) > len(prefix) and key.startswith(prefix):
                        older.setdefault(key, value)  # the first block that touched it knows the oldest value
                link = link.next
            if not older:
                return stored
            return sorted((key, value) for key, value in (dict(stored) | older).items() if value is not None)


class Views:
    """The views that are held of one store. `lock` guards the store against writer and readers."""

    def __init__(self, store: Reader, lock: RLock) -> None:
        self.store = store
        self.lock = lock
        self._held: WeakSet[View] = WeakSet()
        self._last = _Link()

    def open(self, height: int, time: int) -> View:
        """Return a view of the state as it is now."""
        with self.lock:
            view = View(self, height, time, self._last)
            self._held.add(view)
            return view

    def keep(self, writes: Mapping[bytes, bytes | None]) -> None:
        """Remember what `writes` are about to replace, if a view is held. Call with the lock, before them."""
        if not self._held:
            return
        self._last.before = {key: self.store.get(key) for key in writes}
        self._last.next = _Link()
        self._last = self._last.next
