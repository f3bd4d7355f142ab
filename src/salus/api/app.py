"""The ASGI application: each operation behind its limits, its caller's signature and the one map of refusals."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from salus.api.body import read_body
from salus.api.caller import Caller
from salus.api.errors import NoSuchMethod, NoSuchPath
from salus.api.fhir.outcome import fhir_problem
from salus.api.operation import Call, Operation
from salus.api.problem import Bug, problem
from salus.api.served import Served
from salus.core.errors import Refusal

LOG = logging.getLogger("salus.api")


class Guard(Protocol):
    """Who may come in."""

    def admit(self, request: Request, operation: Operation) -> None:
        """Count a request against its caller's limits, before anything is read; raise TooManyRequests or Busy."""
        ...

    def identify(self, served: Served | None, request: Request, body: bytes, operation: Operation) -> Caller | None:
        """Return who signed the request, as the operation demands; raise NotSigned, NotAllowed and their kin."""
        ...


def make_app(
    served: Served | None, operations: Sequence[Operation], guard: Guard, others: Sequence[BaseRoute] = ()
) -> Starlette:
    """Return the application of these operations; `others` are routes that serve files."""
    routes = [
        Route(operation.path, _endpoint(served, operation, guard), methods=[operation.method], name=operation.name)
        for operation in operations
    ]
    return Starlette(routes=[*routes, *others], exception_handlers={HTTPException: _unrouted})


def _endpoint(served: Served | None, operation: Operation, guard: Guard) -> Callable[[Request], Awaitable[Response]]:
    answer = fhir_problem if operation.fhir else problem

    async def endpoint(request: Request) -> Response:
        try:
            guard.admit(request, operation)
            body = await read_body(request, operation)
            caller = guard.identify(served, request, body, operation)
            return await operation.handler(Call(served, request, caller, body))
        except Refusal as refusal:
            return answer(refusal)
        except Exception as error:  # noqa: BLE001 - the last resort shows a bug's kind and place, never anybody's data
            LOG.error("bug", extra={"operation": operation.name, "kind": type(error).__name__, "place": place(error)})
            return answer(Bug())

    return endpoint


async def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = fhir_problem if request.url.path.split("/")[2:3] == ["fhir"] else problem
    return answer({404: NoSuchPath, 405: NoSuchMethod}.get(status, Bug)())


def place(error: BaseException) -> str:
    """Return where it was raised: file and line, no values."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('salus/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
