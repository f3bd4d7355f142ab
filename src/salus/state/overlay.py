"""Nested overlays: write into a layer, then merge it into the one below or drop it."""

from typing import Protocol

PREFIX = 34  # bytes of a key that a scan goes by: namespace (2), id (32)


class Reader(Protocol):
    """Keys and values as they are below some layer of writes."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, None where there is none."""
        ...

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return a new list of the keys longer than `prefix` (exactly 34 bytes) under it, sorted by key."""
        ...


class Overlay:
    """Pending writes over a reader. Not thread-safe; nothing of it is durable.

    `writes` may be read (None marks a deletion), and is changed by the methods only: keys that a
    scan can find are also kept by prefix, so that a scan costs its group and not all writes.
    """

    __slots__ = ("_groups", "_layers", "_read", "below", "writes")

    def __init__(self, below: Reader) -> None:
        self.below = below
        self.writes: dict[bytes, bytes | None] = {}
        self._groups: dict[bytes, dict[bytes, None]] = {}
        # The writes of this layer and of those below it, and what reads below them all: one loop and no recursion.
        self._layers: tuple[dict[bytes, bytes | None], ...] = (self.writes,)
        self._read = below.get
        if isinstance(below, Overlay):
            self._layers += below._layers
            self._read = below._read

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key` as this layer sees it."""
        for writes in self._layers:
            if key in writes:
                return writes[key]
        return self._read(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Set `key`; None deletes it."""
        if len(key) > PREFIX:
            self._groups.setdefault(key[:PREFIX], {})[key] = None
        self.writes[key] = value

    def delete(self, key: bytes) -> None:
        """Remove `key`; nothing happens where there is none."""
        self.put(key, None)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return the keys longer than `prefix` (exactly 34 bytes) under it, sorted, as this layer sees them."""
        rows = self.below.scan(prefix)
        group = self._groups.get(prefix)
        if group is None:
            return rows
        merged = dict(rows)
        for key in group:
            value = self.writes[key]
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        return sorted(merged.items())

    def merge(self) -> None:
        """Move the writes into the Overlay below; this layer is then empty and can be used again."""
        below = self.below
        if not isinstance(below, Overlay):
            raise TypeError("only an overlay over an overlay can be merged")
        below.writes.update(self.writes)
        for prefix, keys in self._groups.items():
            if prefix in below._groups:
                below._groups[prefix].update(keys)
            else:
                below._groups[prefix] = keys
        self.drop()

    def put_under(self, above: "Overlay") -> None:
        """Move the writes into the Overlay above, whose own count where both have a key; this layer is then empty."""
        for key, value in self.writes.items():
            if key not in above.writes:
                above.put(key, value)
        self.drop()

    def drop(self) -> None:
        """Forget the writes; this layer is then empty and can be used again."""
        self.writes.clear()  # the same dictionary stays: layers above read it
        self._groups = {}


class Cached:
    """A reader that remembers what it read with `get`: for as long as nothing changes below it."""

    __slots__ = ("_known", "below")

    def __init__(self, below: Reader) -> None:
        self.below = below
        self._known: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`."""
        known = self._known
        if key not in known:
            known[key] = self.below.get(key)
        return known[key]

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return a new list of the keys longer than `prefix` (exactly 34 bytes) under it, sorted by key."""
        return self.below.scan(prefix)
