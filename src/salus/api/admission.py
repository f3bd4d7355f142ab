"""What a request holds while it is under way: a place among those of its address, and room for its body."""

from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from types import TracebackType

from salus.api.errors import Busy, NoRoom, TooManyRequests
from salus.api.limits import Limits
from salus.api.operation import MIB


class PeerGone(OSError):
    """Nobody takes the answer any more; raised where more of it is sent, so that making it ends."""


class Places:
    """Requests under way and the bytes of their bodies, over all connections. Used by one thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of_address: Counter[str] = Counter()
        self.under_way = 0
        self.bytes_held = 0

    def enter(self, address: str) -> "Admitted":
        """Take a place for one request; raise Busy, TooManyRequests."""
        if self.under_way >= self._limits.under_way:
            raise Busy
        if self._of_address[address] >= self._limits.under_way_of_address:
            raise TooManyRequests
        self.under_way += 1
        self._of_address[address] += 1
        return Admitted(self, address)

    def hold(self, size: int) -> None:
        """Count bytes that are held from now on; raise NoRoom."""
        if self.bytes_held + size > self._limits.bodies_mib * MIB:
            raise NoRoom
        self.bytes_held += size

    def leave(self, address: str, size: int) -> None:
        """Give back a place and the bytes that were held."""
        self.under_way -= 1
        self.bytes_held -= size
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]


class Admitted:
    """One request's place, given back at the end of the block."""

    def __init__(self, places: Places, address: str) -> None:
        self._places, self._address, self._size = places, address, 0

    def hold(self, size: int) -> None:
        """Make room for a part of the body; raise NoRoom."""
        self._places.hold(size)
        self._size += size

    def leave(self) -> None:
        """Give the place back."""
        self._places.leave(self._address, self._size)

    def __enter__(self) -> "Admitted":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()


@lru_cache(4_096)
def counted_address(host: str) -> str:
    """Return what counts as one address: of IPv6 the first 64 bits, since one customer has all of the rest."""
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if not isinstance(found, IPv6Address):
        return host
    return str(found.ipv4_mapped or ip_network((int(found) >> 64 << 64, 64)).network_address)
