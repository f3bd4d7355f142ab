"""Parameters of the ledger's endpoints."""

import re

from salus.api.errors import BadParameter
from salus.api.operation import Call, Parameter

MOST = 2**53 - 1
NUMBER = "[0-9]{1,16}"
DIGEST = "[0-9a-f]{64}"


def number(call: Call, name: str, default: int | None = None, most: int = MOST) -> int:
    """Return a number of the query or, without `default` and where the path has it, of the path; raise BadParameter."""
    text = call.path(name) if name in call.request.path_params else call.query(name)
    if not text and default is not None:
        return default
    if not re.fullmatch(NUMBER, text, re.ASCII) or int(text) > most:
        raise BadParameter
    return int(text)


def digest(text: str) -> bytes:
    """Return the 32 bytes of 64 lower-case hex digits; raise BadParameter."""
    if not re.fullmatch(DIGEST, text, re.ASCII):
        raise BadParameter
    return bytes.fromhex(text)


def in_query(name: str, words: str, pattern: str = NUMBER, example: str = "", *, required: bool = False) -> Parameter:
    """Describe a parameter of the query."""
    return Parameter(name, "query", words, pattern, required, example)


def in_path(name: str, words: str, pattern: str = NUMBER, example: str = "1") -> Parameter:
    """Describe a parameter of the path."""
    return Parameter(name, "path", words, pattern, True, example)
