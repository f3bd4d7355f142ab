"""An endpoint, declared once. Routing, authentication, limits, the tests and the OpenAPI document all come from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from salus.api.caller import Caller
from salus.api.errors import NoSuchOrganisation
from salus.api.served import Served
from salus.services.actors import Organisation

JSON, CBOR, COSE, TEXT, FHIR = (
    "application/json",
    "application/cbor",
    "application/cose",
    "text/plain",
    ("application/fhir+json"),
)
MIB = 1024 * 1024


class Who(Enum):
    """Who may call. Whoever must be known signs the request by RFC 9421 with a key that the ledger lists."""

    ANYONE = "anyone"  # public data, or a body that is signed itself
    ACCOUNT = "account"  # an account of the ledger, a person's too, by a live key of it
    MEMBER = "member"  # an organisation that is an active member, by its gateway key
    ITSELF = "itself"  # the organisation that the path names, by its gateway key


@dataclass(frozen=True, slots=True)
class Content:
    """A body: its media type, and the msgspec type of JSON (None where the bytes are of another form)."""

    media_type: str
    shape: Any = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path, query or header; `pattern` is a regular expression for the whole value."""

    name: str
    where: Literal["path", "query", "header"]
    words: str
    pattern: str = ".*"
    required: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was admitted: within its limits, its caller known as far as the operation demands."""

    served: Served
    request: Request
    caller: Caller | None
    body: bytes = field(repr=False)

    def path(self, name: str) -> str:
        """Return a parameter of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter of the query, its first value."""
        return self.request.query_params.get(name, default)

    @property
    def media_type(self) -> str:
        """The body's media type, without parameters, in lower case."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def organisation(self) -> Organisation:
        """The organisation that the path's `org` names; raises NoSuchOrganisation."""
        found = self.served.organisation(self.path("org"))
        if found is None:
            raise NoSuchOrganisation
        return found


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint. `name` is its operationId; `gives` says what each status brings, problems apart."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str  # "/{org}/envelopes"
    name: str
    tag: str
    summary: str
    handler: Handler = field(repr=False)
    gives: Mapping[int, Content | tuple[Content, ...] | None]
    who: Who = Who.ANYONE
    takes: tuple[Content, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    most_bytes: int = MIB  # of the body; without `takes` there must be none
    problems: tuple[int, ...] = ()  # statuses of problem details beside 400, 413, 429 and 503
    fhir: bool = False  # its errors are OperationOutcome resources (hl7.org/fhir/R4/operationoutcome.html)
    in_document: bool = True
    cost: int = 1  # what one request counts against its caller's rate

    def given(self, status: int) -> tuple[Content, ...]:
        """Return the forms of the answer of a status."""
        found = self.gives.get(status)
        return () if found is None else (found,) if isinstance(found, Content) else found
