"""The ASGI application: each operation behind its limits, its caller's signature and the one map of refusals."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from salus.api.admission import Admitted, PeerGone
from salus.api.body import read_body
from salus.api.caller import Caller
from salus.api.errors import NoSuchMethod, NoSuchPath
from salus.api.fence import Fence
from salus.api.fhir.outcome import fhir_problem, refused_at
from salus.api.operate.watch import Watch, Watched
from salus.api.operation import Call, Operation
from salus.api.problem import Bug, problem
from salus.api.served import Served
from salus.api.short import Short
from salus.api.waiting import Waiting
from salus.core.errors import Refusal

LOG = logging.getLogger("salus.api")


class Guard(Protocol):
    """Who may come in."""

    def authorities(self) -> frozenset[str]:
        """Return the values of Host, in lower case, that the server answers for."""
        ...

    def admit(self, client: tuple[str, int] | None, operation: Operation) -> Admitted:
        """Count a request against the limits of the address that sent it, before anything is read.

        Raises TooManyRequests, Busy. What is returned holds the request's place until its block ends.
        """
        ...

    def identify(self, served: Served | None, request: Request, body: bytes, operation: Operation) -> Caller | None:
        """Return who signed the request, as the operation demands; raise NotSigned, NotAllowed and their kin."""
        ...

    def close(self) -> None:
        """Write down what must be known after a restart."""
        ...


def make_app(
    served: Served | None,
    operations: Sequence[Operation],
    guard: Guard,
    others: Sequence[BaseRoute] = (),
    short: Short | None = None,
) -> Starlette:
    """Return the application of these operations; `others` are routes that serve files.

    A server of it (`api.server`) lets requests go a `short` way where that takes them.
    """

    watch = Watch() if served is None else served.watch

    def watched(one: Operation) -> Watched:
        return Watched(_Endpoint(served, one, guard), watch, one.name, one.method, one.path)

    routes = [Route(one.path, watched(one), methods=[one.method], name=one.name) for one in operations]
    app = Starlette(
        routes=[*routes, *others],
        middleware=[Middleware(Fence, guard.authorities)],
        exception_handlers={HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False  # a redirect would repeat what the caller calls this host
    app.state.waiting = Waiting() if served is None else served.waiting  # for the server, which ends it
    app.state.short = short
    return app


class _Endpoint:
    """An operation as an ASGI application. Its request keeps its place until the answer was sent whole."""

    def __init__(self, served: Served | None, operation: Operation, guard: Guard) -> None:
        self._served, self._operation, self._guard = served, operation, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        failed: Refusal | None = None
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        request = Request(scope, receive)
        try:
            with self._guard.admit(request.client, self._operation) as admitted:
                response = await self._answer(request, admitted)
                async with aclosing(_Streamed(response)):
                    if request.method == "HEAD" and isinstance(response, StreamingResponse):
                        response.body_iterator = _nothing()  # the stream may have no end
                    await response(scope, receive, sending)
        except PeerGone:
            raise  # `Fence` ends it
        except Refusal as refusal:
            failed = refusal
        except Exception as error:  # noqa: BLE001 - the last resort shows a bug's kind and place, never anybody's data
            name = self._operation.name
            LOG.error("bug", extra={"operation": name, "kind": type(error).__name__, "place": place(error)})
            failed = Bug()
        if failed and not started:  # otherwise the connection ends in the middle, which is all that can be said by then
            answer = fhir_problem if self._operation.fhir else problem
            await answer(failed)(scope, receive, send)

    async def _answer(self, request: Request, admitted: Admitted) -> Response:
        operation = self._operation
        body = await read_body(request, operation, admitted)
        caller = self._guard.identify(self._served, request, body, operation)
        return await operation.handler(Call(self._served, request, caller, body))


class _Streamed:
    """What an answer streams: ended with it, where it broke off too, rather than when memory is cleaned up."""

    def __init__(self, response: Response) -> None:
        self._iterator = getattr(response, "body_iterator", None)

    async def aclose(self) -> None:
        if isinstance(self._iterator, AsyncGenerator):
            await self._iterator.aclose()


async def _nothing() -> AsyncGenerator[bytes, None]:
    parts: tuple[bytes, ...] = ()
    for part in parts:
        yield part


async def _unrouted(request: Request, error: Exception) -> Response:
    status, fields = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    answer = refused_at(request.url.path, {404: NoSuchPath, 405: NoSuchMethod}.get(status, Bug)())
    answer.headers.update(fields or {})
    return answer


def place(error: BaseException) -> str:
    """Return where it was raised: file and line, no values."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('salus/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
