"""The portal's files: built by `make portal` into the package, read once, sent compressed.

`api.fence` adds the policy under which the page runs. What is under /assets bears a hash of its content in its name,
so that browsers keep it for good.
"""

import gzip
import mimetypes
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from salus.api.errors import NoSuchPath
from salus.api.explorer.errors import PortalNotBuilt
from salus.api.problem import problem

FOLDER = Path(__file__).parents[2] / "static"
PAGE = "index.html"
_FOR_GOOD, _ANEW = "public, max-age=31536000, immutable", "no-cache"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class File(NamedTuple):
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    media_type: str
    tag: str  # entity tag, RFC 9110 section 8.8.3


def read_files(folder: Path = FOLDER) -> Mapping[str, File]:
    """Return the files of a built portal by their paths; none where it is not built."""
    if not (folder / PAGE).is_file():
        return {}
    return {
        str(path.relative_to(folder)): _file(path)
        for path in sorted((folder / PAGE, *(folder / "assets").rglob("*")))
        if path.is_file()
    }


def _file(path: Path) -> File:
    content = path.read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.name == PAGE:
        media_type = "text/html; charset=utf-8"
    return File(content, gzip.compress(content, 9, mtime=0), media_type, f'"{sha256(content).hexdigest()[:32]}"')


def routes(files: Mapping[str, File]) -> tuple[BaseRoute, ...]:
    """Return the routes of the page and of what it loads."""

    async def page(request: Request) -> Response:
        return send(request, files[PAGE], _ANEW) if files else problem(PortalNotBuilt())

    async def asset(request: Request) -> Response:
        found = files.get(f"assets/{request.path_params['name']}")
        return problem(NoSuchPath()) if found is None else send(request, found, _FOR_GOOD)

    return Route("/", page, methods=["GET"]), Route("/assets/{name}", asset, methods=["GET"])


def send(request: Request, file: File, kept: str) -> Response:
    """Return a file, or that the browser's copy is still the one."""
    headers = {"cache-control": kept, "etag": file.tag, "vary": "accept-encoding"}
    if file.tag in request.headers.get("if-none-match", ""):
        # With its media type: by that the fence tells a page's policy from data's, and a browser takes the newest one.
        return Response(status_code=304, headers=headers, media_type=file.media_type)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, headers={**headers, "content-encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)
