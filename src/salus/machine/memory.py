"""A bounded memory: what was put last is found, what is older is forgotten in halves."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """Two generations of `capacity` / 2 each. Threads that put at once may lose some of it, and no more."""

    __slots__ = ("_half", "_new", "_old")

    def __init__(self, capacity: int) -> None:
        self._half = capacity // 2
        self._new: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """Return what was put for the key, None where that was nothing or is forgotten."""
        return self._new.get(key) or self._old.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Remember a value, which is no empty one."""
        if len(self._new) >= self._half:
            self._old, self._new = self._new, {}
        self._new[key] = value

    def drop(self, key: Key) -> None:
        """Forget a key."""
        self._new.pop(key, None)
        self._old.pop(key, None)

    def __len__(self) -> int:
        return len(self._new) + len(self._old)
