"""Parameters of the explorer's requests, each read in one place; BadParameter where one is not of its form."""

import re

from salus.api.errors import BadParameter
from salus.api.operation import Call, Parameter

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
HEIGHT = Parameter("height", "path", "The height of a block, from 1.", "[0-9]{1,15}", True, "1")
BEFORE = Parameter("before", "query", "Blocks below this height; the newest where it is left out.", "[0-9]{1,15}")
MOST = Parameter("most", "query", "How many at most, up to 50.", "[0-9]{1,15}")
START = Parameter("start", "query", "The place of the first envelope to show, from 0.", "[0-9]{1,15}")
VERSION = Parameter("version", "query", "A version of the set; the one in force where it is left out.", "[0-9]{1,15}")
ENVELOPE = Parameter("id", "path", "The id of an envelope, 64 hex digits.", "[0-9a-f]{64}", True)
ACCOUNT = Parameter("account", "path", "The account of a member, 64 hex digits.", "[0-9a-f]{64}", True)
SET = Parameter("set", "path", "The id of a policy set, 64 hex digits.", "[0-9a-f]{64}", True)


def number(call: Call, parameter: Parameter, default: int) -> int:
    """Return a number of the query or path; raise BadParameter."""
    given = call.path(parameter.name) if parameter.where == "path" else call.query(parameter.name)
    if not given and parameter.where == "query":
        return default
    if not _NUMBER.fullmatch(given):
        raise BadParameter
    return int(given)


def identifier(call: Call, parameter: Parameter) -> bytes:
    """Return an id of the path; raise BadParameter."""
    given = call.path(parameter.name)
    if not _ID.fullmatch(given):
        raise BadParameter
    return bytes.fromhex(given)
