"""A record as a reader has it."""

from typing import NamedTuple

from salus.core.record import LeafHeader


class Record(NamedTuple):
    """A version with its exact octets. Its repr shows its random id only."""

    header: LeafHeader
    octets: bytes

    def __repr__(self) -> str:
        return f"Record({self.header.record.hex()})"
