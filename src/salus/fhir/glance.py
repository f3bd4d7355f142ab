"""A glance at a resource: what a walk over its objects would tell, out of the JSON it makes when written anew.

Writing is one call where the walk visits every object, and takes a third of its time. Where the writing leaves doubt
(escapes that it may put otherwise, deep nesting) the walk has the say.
"""

import orjson
from msgspec import Struct

from salus.fhir.sensitive import may_be_sensitive
from salus.fhir.validate import MAX_DEPTH, Json, survey

_INDENT = 2
_DEEP = b"\n" + b" " * (MAX_DEPTH * _INDENT)  # text of JSON holds no line feed: only what is nested stands there


class Glance(Struct, gc=False):
    """What is known of a resource before it is described."""

    keys: int  # as `count_keys` counts them, none lost: so many quotes before a colon as are there without repetition
    deep: bool  # nested beyond MAX_DEPTH
    sensitive: bool  # False: no coding in it brings a label


def glance(resource: Json, octets: bytes) -> Glance:
    """Return what a look at a resource, parsed from `octets`, tells."""
    if b"\\u" not in octets:  # `\\u0022:` in a text would be written as a quote before a colon
        try:
            written = orjson.dumps(resource, option=orjson.OPT_INDENT_2)
        except orjson.JSONEncodeError:  # nested beyond what it takes
            return Glance(survey(resource).keys, True, True)
        if _DEEP not in written:
            return Glance(written.count(b'":'), False, may_be_sensitive(written))
    found = survey(resource)
    return Glance(found.keys, found.depth > MAX_DEPTH, True)
