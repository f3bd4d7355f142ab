"""The connections of one server: how many there may be in all and of one address, and who goes when there are too many.

A connection is idle while no request of it is under way, also before its first one and while a head trickles in. Idle
ones go first, the one that was idle longest before the others, so that they keep nobody out.
"""

from collections import Counter, defaultdict
from typing import Protocol

from salus.api.errors import TooManyConnections
from salus.api.limits import Limits


class Connection(Protocol):
    """One open connection."""

    def evict(self) -> None:
        """End it at once."""
        ...


class Door:
    """Used by one thread."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: dict[Connection, str] = {}
        self._of_address: Counter[str] = Counter()
        self._idle: dict[Connection, None] = {}  # idle longest first
        self._idle_of_address: defaultdict[str, dict[Connection, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: Connection, address: str) -> None:
        """Let a connection in, idle; raise TooManyConnections where none that is idle can go for it."""
        limits = self.limits
        if self._of_address[address] >= limits.connections_of_address and address not in limits.proxies:
            self._evict_oldest(self._idle_of_address.get(address, {}))
        if len(self._open) >= limits.connections:
            self._evict_oldest(self._idle)
        self._open[connection] = address
        self._of_address[address] += 1
        self.idle(connection)

    def idle(self, connection: Connection) -> None:
        """Note that nothing of it is under way any more."""
        if connection in self._open:
            self._idle[connection] = None
            self._idle_of_address[self._open[connection]][connection] = None

    def busy(self, connection: Connection) -> None:
        """Note that a request of it is under way."""
        self._idle.pop(connection, None)
        address = self._open.get(connection, "")
        found = self._idle_of_address.get(address)
        if found is not None:
            found.pop(connection, None)
            if not found:
                del self._idle_of_address[address]

    def leave(self, connection: Connection) -> None:
        """Forget a connection that ended."""
        if connection not in self._open:
            return
        self.busy(connection)
        address = self._open.pop(connection)
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]

    def _evict_oldest(self, idle: dict[Connection, None]) -> None:
        oldest = next(iter(idle), None)
        if oldest is None:
            raise TooManyConnections
        self.leave(oldest)
        oldest.evict()
