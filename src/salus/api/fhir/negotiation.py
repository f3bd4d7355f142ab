"""What a client asks of the form of an answer: `_format`, Accept, Prefer. https://hl7.org/fhir/R4/http.html#mime-type"""

from collections.abc import Collection
from typing import NamedTuple

from starlette.requests import Request

from salus.api.errors import BadParameter
from salus.api.fhir.errors import NotAcceptable, UnknownParameter

_FORMATS = ("json", "text/json", "application/json", "application/fhir+json")
_RANGES = ("*/*", "application/*", "application/json", "application/fhir+json")
GENERAL = ("_format", "_pretty")  # parameters that every interaction takes; indenting is not done
RETURNS = ("minimal", "representation", "OperationOutcome")


class Preference(NamedTuple):
    """What Prefer says, https://www.rfc-editor.org/rfc/rfc7240; what it does not know is ignored."""

    returns: str | None = None
    strict: bool = False


def check_format(request: Request) -> None:
    """Raise NotAcceptable unless the client takes JSON; `_format` goes before Accept."""
    wanted = request.query_params.get("_format")
    if wanted is not None:
        if wanted.partition(";")[0].strip().replace(" ", "+").lower() not in _FORMATS:
            raise NotAcceptable
        return
    ranges = [part for line in request.headers.getlist("accept") for part in line.split(",") if part.strip()]
    if ranges and not any(map(_takes_json, ranges)):
        raise NotAcceptable


def _takes_json(part: str) -> bool:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    refused = any(piece.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for piece in parameters)
    return media in _RANGES and not refused


def preference(request: Request) -> Preference:
    """Return what the Prefer header says."""
    found = Preference()
    for piece in ",".join(request.headers.getlist("prefer")).replace(";", ",").split(","):
        name, _, value = (part.strip() for part in piece.partition("="))
        value = value.strip('"')
        if name == "return" and value in RETURNS:
            found = found._replace(returns=value)
        if name == "handling" and value in ("strict", "lenient"):
            found = found._replace(strict=value == "strict")
    return found


def check_parameters(request: Request, known: Collection[str]) -> list[tuple[str, str]]:
    """Return the parameters that are applied, in order; raise UnknownParameter of others where handling is strict."""
    applied = []
    for name, value in request.query_params.multi_items():
        if name in known:
            applied.append((name, value))
        elif name not in GENERAL and preference(request).strict:
            raise UnknownParameter
    return applied


def one_value(request: Request, name: str) -> str | None:
    """Return the value of a parameter that may be given once; raise BadParameter."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise BadParameter
    return values[0] if values else None
