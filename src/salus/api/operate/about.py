"""What a process offers, and its figures for who runs it."""

from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from salus.api.errors import NoSuchPath
from salus.api.operation import JSON, TEXT, Call, Content, Operation

FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
FIGURES = "text/plain; version=0.0.4; charset=utf-8"


async def described(call: Call) -> Response:
    """Return the OpenAPI document."""
    return Response(call.served.document, media_type=JSON)


async def figures(call: Call) -> Response:
    """Return the figures, to who asks on this machine: how much an organisation does is its own affair."""
    if not _is_here(call.request):
        raise NoSuchPath
    return Response(await call.served.work.run(call.served.watch.figures.page), media_type=FIGURES)


def _is_here(request: Request) -> bool:
    if any(name in request.headers for name in FORWARDED):  # the proxy is here, and who asks it need not be
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


OPERATIONS = (
    Operation(
        "GET",
        "/openapi.json",
        "openapi",
        "operate",
        "What this server offers",
        described,
        {200: Content(JSON, words="An OpenAPI 3.1 document.")},
    ),
    Operation(
        "GET",
        "/metrics",
        "metrics",
        "operate",
        "Figures for Prometheus, for who asks on the server's own machine",
        figures,
        {200: Content(TEXT)},
        problems=(404,),
    ),
)
