"""The guard of a server: its callers' limits, and their signatures."""

import time
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request

from salus.api.admission import Admitted, Places, counted_address
from salus.api.caller import Caller
from salus.api.errors import NotAllowed
from salus.api.limits import Limits
from salus.api.operation import Operation, Who
from salus.api.rates import Rates
from salus.api.served import Served
from salus.api.signatures import Signatures
from salus.core.keys import Role


class SignedGuard:
    """Lets in what is signed as its operation demands, within limits; implements `app.Guard`. Used by one thread.

    `authorities` are the values of Host (RFC 9110 section 7.2) that the server answers for, in lower case; `floor` is
    the file by which signatures are not used again after a restart (see `api.floor`). Each request counts against its
    address; once a key is known that signed it, it counts against that key instead.
    """

    def __init__(
        self,
        authorities: Callable[[], frozenset[str]],
        now_s: Callable[[], float] = time.time,
        limits: Limits | None = None,
        floor: Path | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.authorities = authorities
        self.limits = limits = limits or Limits()
        self.places = Places(limits)
        self._signatures = Signatures(authorities, now_s, floor)
        self._clock_s = monotonic_s
        self._addresses = Rates(limits.address_rate, limits.address_burst, limits.callers)
        self._members = Rates(limits.member_rate, limits.member_burst, limits.callers)
        self._people = Rates(limits.person_rate, limits.person_burst, limits.callers)

    def admit(self, client: tuple[str, int] | None, operation: Operation) -> Admitted:
        """Count the request against its address; raise TooManyRequests, Busy. What it returns is its place."""
        address = _address(client)
        self._addresses.take(address, operation.cost, self._clock_s())
        return self.places.enter(address)

    def identify(self, served: Served | None, request: Request, body: bytes, operation: Operation) -> Caller | None:
        """Return who signed the request; None where anyone may call and nobody signed.

        Raises NotAllowed, TooManyRequests and what `Signatures.caller` does.
        """
        if operation.who is Who.ANYONE:
            return None
        if served is None:
            raise NotAllowed

        def count(caller: Caller) -> None:
            self.known(_address(request.client), caller.key, operation.cost, member=caller.member)

        caller = self._signatures.caller(served.ledger, request, body, count)
        if operation.who is not Who.ACCOUNT and not (caller.member and caller.role == Role.GATEWAY):
            raise NotAllowed
        if operation.who is Who.ITSELF:
            found = served.organisation(str(request.path_params.get("org")))
            if found is None or found.account != caller.account:
                raise NotAllowed
        if operation.who is Who.ACCOUNT and caller.role not in (Role.GATEWAY, Role.DEVICE):
            raise NotAllowed
        return caller

    def known(self, address: str, key: bytes, units: int, *, member: bool) -> None:
        """Count against a key, by its id, what was counted against an address; raise TooManyRequests.

        A key that is over its rate goes on costing its address, so that going on is refused before the body is read.
        """
        (self._members if member else self._people).take(key, units, self._clock_s())
        self._addresses.give_back(address, units)

    def close(self) -> None:
        """Write down up to when signatures were used."""
        self._signatures.close()


def _address(client: tuple[str, int] | None) -> str:
    return counted_address(client[0]) if client else ""
