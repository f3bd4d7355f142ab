"""The guard of a server: its callers' limits, and their signatures."""

import time
from collections.abc import Callable

from starlette.requests import Request

from salus.api.caller import Caller
from salus.api.errors import NotAllowed
from salus.api.operation import Operation, Who
from salus.api.served import Served
from salus.api.signatures import Signatures
from salus.core.keys import Role


class SignedGuard:
    """Lets in what is signed as its operation demands; implements `app.Guard`.

    `authorities` are the values of Host (RFC 9110 section 7.2) that the server answers for, in lower case.
    """

    def __init__(self, authorities: Callable[[], frozenset[str]], now_s: Callable[[], float] = time.time) -> None:
        self._signatures = Signatures(authorities, now_s)

    def admit(self, request: Request, operation: Operation) -> None:
        """Count the request against its caller's limits."""

    def identify(self, served: Served | None, request: Request, body: bytes, operation: Operation) -> Caller | None:
        """Return who signed the request; None where anyone may call and nobody signed."""
        if operation.who is Who.ANYONE:
            return None
        if served is None:
            raise NotAllowed
        caller = self._signatures.caller(served.ledger, request, body)
        if operation.who is not Who.ACCOUNT and not (caller.member and caller.role == Role.GATEWAY):
            raise NotAllowed
        if operation.who is Who.ITSELF:
            found = served.organisation(str(request.path_params.get("org")))
            if found is None or found.account != caller.account:
                raise NotAllowed
        if operation.who is Who.ACCOUNT and caller.role not in (Role.GATEWAY, Role.DEVICE):
            raise NotAllowed
        return caller
