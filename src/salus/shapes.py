"""Shapes that values are read into: what msgspec derives from one is made whole before any thread reads by it.

msgspec 0.22 derives it from a struct class at the first use, and hangs it on the class before the types of its fields
are there. While those are found Python runs, another thread can read by them, and ends the process. A value's
shape is an argument of `made` wherever it is read; a test finds the place that forgets it. msgspec 0.23 hangs it there
whole: with that this is not needed.
"""

from threading import RLock
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")
_MADE: set[Any] = set()
_MAKING = RLock()  # one for all: a class is made with those of its fields


@overload
def made(shape: type[T]) -> type[T]: ...
@overload
def made(shape: Any) -> Any: ...
def made(shape: Any) -> Any:
    """Return `shape`, of which everything is made now, and of the shapes of its fields."""
    if shape not in _MADE:
        with _MAKING:
            msgspec.msgpack.Decoder(shape)
            _MADE.add(shape)
    return shape
