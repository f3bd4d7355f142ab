"""The events of the log about one account, decoded."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from salus.client.ledger import Ledger
from salus.contracts.registry import EVENTS
from salus.core.encoding import decode_plain
from salus.core.types import Message
from salus.shapes import made


class Entry(NamedTuple):
    """One event with its place in the log, by which anybody can have it proved (`Ledger.prove_event`)."""

    number: int  # index in the log
    height: int
    time: int
    event: Message
    body: bytes


def read_event(body: bytes) -> Message | None:
    """Return the event in the body of a log entry; None for a block's entry or an unknown event."""
    if not body:
        return None
    number, _nonce, _index, fields = decode_plain(body)
    shape = EVENTS.get(number)
    return None if shape is None else msgspec.convert(fields, made(shape), builtin_types=(bytes,))


def entries(ledger: Ledger, subject: bytes, start: int = 0) -> Iterator[Entry]:
    """Yield the events about the account `subject`, oldest first."""
    for logged in ledger.events(start, subject):
        event = read_event(logged.body)
        if event is not None:
            yield Entry(logged.index, logged.height, logged.time, event, logged.body)
