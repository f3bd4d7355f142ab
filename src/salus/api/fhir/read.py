"""read and vread: https://hl7.org/fhir/R4/http.html#read, https://hl7.org/fhir/R4/http.html#vread"""

import re

from starlette.responses import Response

from salus.api.errors import BadParameter
from salus.api.fhir.capability import EVERY, Provided
from salus.api.fhir.conditional import conditional
from salus.api.fhir.errors import NotThatType
from salus.api.fhir.negotiation import check_format, check_parameters
from salus.api.fhir.viewer import HEADERS, viewer_of
from salus.api.operation import FHIR, Call, Content, Operation, Parameter, Who
from salus.fhir.definitions import resource_types
from salus.fhir.meta import with_meta
from salus.services.errors import NoSuchResource
from salus.services.read_resource import Shown, read_resource

_ID, _TYPE = "[A-Za-z0-9.-]{1,64}", "[A-Z][A-Za-z]{0,63}"
TYPE = Parameter("type", "path", "A type of resource.", _TYPE, example="Observation")
ID = Parameter("id", "path", "The resource's id.", _ID)
VERSION = Parameter("vid", "path", "A version, as the ETag says it.", _ID, example="1")
CONDITIONS = (
    Parameter("If-None-Match", "header", "An ETag that the client has: 304 where it is the present one."),
    Parameter("If-Modified-Since", "header", "When the client read it last."),
)
FORMAT = Parameter("_format", "query", "json, or a media type of it.", "[A-Za-z0-9+/. -]{1,64}")
PROBLEMS = (404, 406, 410)


async def read(call: Call) -> Response:
    """Answer with the present version."""
    check_format(call.request)
    check_parameters(call.request, ())
    shown = await call.served.work.run(_read, call, None)
    return conditional(call.request, with_meta(shown.octets, shown.version, shown.recorded), *_version(shown))


async def vread(call: Call) -> Response:
    """Answer with one version."""
    check_format(call.request)
    check_parameters(call.request, ())
    vid = call.path("vid")
    if not re.fullmatch(_ID, vid):
        raise BadParameter
    shown = await call.served.work.run(_read, call, vid)
    return conditional(call.request, with_meta(shown.octets, shown.version, shown.recorded), *_version(shown))


def _read(call: Call, vid: str | None) -> Shown:
    kind, id_ = call.path("type") if "type" in call.request.path_params else "Consent", call.path("id")
    viewer = viewer_of(call)  # who may not ask learns nothing, not even what is a type
    if kind not in resource_types():
        raise NotThatType
    if not re.fullmatch(_ID, id_):
        raise BadParameter
    if vid is not None and not re.fullmatch("[1-9][0-9]{0,8}", vid):
        raise NoSuchResource
    return read_resource(call.organisation, viewer, kind, id_, None if vid is None else int(vid))


def _version(shown: Shown) -> tuple[str, int | None]:
    return str(shown.version), shown.recorded


PROVIDES = (Provided("fhir-read", EVERY, "read"), Provided("fhir-vread", EVERY, "vread"))
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/{type}/{id}/_history/{vid}",
        "fhir-vread",
        "fhir",
        "One version of a resource.",
        vread,
        {200: Content(FHIR, words="The resource."), 304: None},
        Who.ACCOUNT,
        parameters=(TYPE, ID, VERSION, *HEADERS, *CONDITIONS, FORMAT),
        problems=PROBLEMS,
        fhir=True,
    ),
    Operation(
        "GET",
        "/{org}/fhir/{type}/{id}",
        "fhir-read",
        "fhir",
        "The present version of a resource.",
        read,
        {200: Content(FHIR, words="The resource."), 304: None},
        Who.ACCOUNT,
        parameters=(TYPE, ID, *HEADERS, *CONDITIONS, FORMAT),
        problems=PROBLEMS,
        fhir=True,
    ),
)
