"""How the explorer answers: JSON of its shapes, which what is asked anew may be kept for, or not."""

from typing import Any

import msgspec
from starlette.responses import Response

from salus.api.operation import JSON

_FRESH = {"cache-control": "no-cache"}


def answer(value: Any) -> Response:
    """Return a shape of `view` as JSON."""
    return Response(msgspec.json.encode(value), headers=_FRESH, media_type=JSON)
