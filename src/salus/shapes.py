"""Shapes that several threads read values into: what msgspec derives from a class is made by one of them alone.

msgspec makes it at the first use, and shows it to other threads half made: one that uses it then ends the process.
What a thread reads does not depend on which one came first.
"""

from threading import RLock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_MADE: set[Any] = set()
_MAKING = RLock()


def made(shape: type[T]) -> type[T]:
    """Return `shape`, of which everything is made now, and of the shapes of its fields."""
    if shape not in _MADE:
        with _MAKING:
            msgspec.msgpack.Decoder(shape)
            _MADE.add(shape)
    return shape
