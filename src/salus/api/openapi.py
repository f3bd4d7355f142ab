"""The OpenAPI 3.1 document, made from the operations themselves. https://spec.openapis.org/oas/v3.1.1.html"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from salus.api.operation import Content, Operation, Parameter, Who
from salus.api.problem import MEDIA_TYPE

Json = dict[str, Any]
_ALWAYS = (400, 429, 500, 503)
_SIGNED = (401, 403)
_WORDS = {
    400: "The request is not of its form.",
    401: "The request is not signed by a key that the ledger lists.",
    403: "Whoever signed it may not do this.",
    404: "There is no such thing here.",
    405: "The path has no such method.",
    406: "The client takes no form in which it is given.",
    408: "The body did not come in time.",
    409: "It is there already, or the state moved on.",
    410: "It is ended, or erased.",
    412: "The version is another one, or a condition has several matches.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "It has no form in which it could be given.",
    429: "Too many requests, or too much waits.",
    500: "A bug; nothing half-done is kept.",
    503: "Not now: try again later.",
}


_BEFORE = (
    "Beside what each operation answers, any request may be refused before it comes to one: 403 (a page of another "
    "origin), 405, 408, 414, 421 (another host), 431. Each GET can be asked by HEAD."
)


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457) of a refusal."""

    type: str
    title: str
    status: int
    code: int


def document(operations: Iterable[Operation], version: str) -> Json:
    """Return the document of these operations."""
    listed = [operation for operation in operations if operation.in_document]
    shapes = [content.shape for operation in listed for content in _contents(operation) if content.shape is not None]
    schemas, components = msgspec.json.schema_components([Problem, *shapes], ref_template="#/components/schemas/{name}")
    by_shape = {id(shape): schema for shape, schema in zip([Problem, *shapes], schemas, strict=True)}
    paths: dict[str, Json] = {}
    for operation in listed:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Salus",
            "version": version,
            "description": _BEFORE,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "signature": {
                    "type": "http",
                    "scheme": "signature",
                    "description": "HTTP Message Signatures (RFC 9421) by a key that the ledger lists.",
                }
            },
        },
    }


def _contents(operation: Operation) -> list[Content]:
    return [*operation.takes, *(content for status in operation.gives for content in operation.given(status))]


def _operation(operation: Operation, path: str, by_shape: dict[int, Json]) -> Json:
    made: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation, by_shape),
    }
    parameters = [_parameter(one) for one in (*_of_path(operation, path), *operation.parameters)]
    if parameters:
        made["parameters"] = parameters
    if operation.takes:
        made["requestBody"] = {"required": True, "content": _content(operation.takes, by_shape)}
    if operation.who is not Who.ANYONE:
        made["security"] = [{"signature": []}]
        made["description"] = f"Signed by: {operation.who.value}."
    return made


def _of_path(operation: Operation, path: str) -> list[Parameter]:
    """Return the parameters that the path names and the operation does not describe."""
    described = [one.name for one in operation.parameters if one.where == "path"]
    named = [name for name in re.findall(r"\{(\w+)\}", path) if name not in described]
    return [Parameter(name, "path", _PATH_WORDS.get(name, ""), _PATH_FORMS.get(name, "[^/]+"), True) for name in named]


_PATH_WORDS = {"org": "The organisation's short name."}
_PATH_FORMS = {"org": "[a-z0-9][a-z0-9-]{0,39}"}


def _parameter(one: Parameter) -> Json:
    made: Json = {"name": one.name, "in": one.where, "schema": {"type": "string", "pattern": f"^{one.pattern}$"}}
    made["required"] = one.required or one.where == "path"
    return made | ({"description": one.words} if one.words else {}) | ({"example": one.example} if one.example else {})


def _responses(operation: Operation, by_shape: dict[int, Json]) -> Json:
    made: Json = {}
    for status in sorted(operation.gives):
        contents = operation.given(status)
        words = contents[0].words if contents else ""
        made[str(status)] = {"description": words or "Done."}
        if contents:
            made[str(status)]["content"] = _content(contents, by_shape)
    body = {"application/fhir+json": {}} if operation.fhir else {MEDIA_TYPE: {"schema": by_shape[id(Problem)]}}
    more = (*_ALWAYS, *operation.problems, *((408, 413, 415) if operation.takes else ()))
    more = (*more, *(_SIGNED if operation.who is not Who.ANYONE else ()), *((404,) if "{" in operation.path else ()))
    for status in sorted(dict.fromkeys(more)):
        made.setdefault(str(status), {"description": _WORDS[status], "content": body})
    return made


def _content(contents: Sequence[Content], by_shape: dict[int, Json]) -> Json:
    return {one.media_type: {} if one.shape is None else {"schema": by_shape[id(one.shape)]} for one in contents}
