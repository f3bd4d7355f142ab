"""The live tail: new blocks as Server-Sent Events. https://html.spec.whatwg.org/multipage/server-sent-events.html

A stream holds nothing for a slow reader: it goes on with the newest blocks once that has read. It ends after some
minutes, and the browser comes again and says which block it saw last.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from salus.api.explorer.errors import TooManyWatchers
from salus.api.explorer.parsed import Blocks
from salus.api.work import Work
from salus.client.ledger import Ledger
from salus.core.errors import Refusal

MOST_WATCHERS = 256
LOOK_S, HEARTBEAT_S, LIFE_S = 0.25, 15.0, 600.0
MOST_AT_ONCE = 20  # blocks that one look tells of; older ones are left out
_BEGIN = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"


class Tail:
    """Who watches a ledger. Used from the event loop's thread; `close` from any."""

    def __init__(self, ledger: Ledger, blocks: Blocks) -> None:
        self._ledger, self._blocks = ledger, blocks
        self._watching = 0
        self._ending = False

    @property
    def watching(self) -> int:
        """How many streams are open."""
        return self._watching

    def check_room(self) -> None:
        """Raise TooManyWatchers where there is no room for one more."""
        if self._watching >= MOST_WATCHERS:
            raise TooManyWatchers

    def close(self) -> None:
        """Let every stream end at its next look."""
        self._ending = True

    async def stream(self, work: Work, seen: int | None) -> AsyncIterator[bytes]:
        """Yield a stream's bytes: blocks after `seen`, or after the last there is now, and heartbeats."""
        loop = asyncio.get_running_loop()
        begun = said = loop.time()
        height = self._ledger.height()
        last = height if seen is None else min(seen, height)  # what was seen last may be of a ledger before this one
        self._watching += 1
        try:
            yield _BEGIN
            while not self._ending and loop.time() - begun < LIFE_S:
                height = self._ledger.height()
                for number in range(max(last, height - MOST_AT_ONCE) + 1, height + 1):
                    try:
                        summary = await work.run(self._blocks.summary, number)
                    except Refusal:  # no thread is free: the next look tells of it
                        break
                    last = number
                    yield b"event: block\nid: %d\ndata: %b\n\n" % (number, msgspec.json.encode(summary))
                    said = loop.time()
                if loop.time() - said >= HEARTBEAT_S:
                    said = loop.time()
                    yield _HEARTBEAT
                await asyncio.sleep(LOOK_S)
        finally:
            self._watching -= 1
