"""Changes to a resource's octets that leave all else as it was written: 1.10 stays 1.10.

Nothing is parsed and serialised again. A JSON string that equals `"reference"` and stands before a colon is that
key, since inside a string its quotes would be escaped. Keys that are written with escapes are not found here; the
caller looks for them wherever there is a `\\\\u`.
"""

import re
from collections.abc import Callable, Mapping

import orjson

_REFERENCE = re.compile(rb'("reference"[ \t\r\n]*:[ \t\r\n]*")([^"\\]*(?:\\.[^"\\]*)*)')
_VALUE = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"([^"\\]*(?:\\.[^"\\]*)*)"')
_FIRST_ID = re.compile(
    rb'[ \t\r\n]*\{[ \t\r\n]*"resourceType"[ \t\r\n]*:[ \t\r\n]*"[A-Za-z]+"[ \t\r\n]*,'
    rb'[ \t\r\n]*"id"[ \t\r\n]*:[ \t\r\n]*"([^"\\]*(?:\\.[^"\\]*)*)"'
)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
URN = re.compile(rb"urn:(?:uuid|oid):[0-9A-Za-z.:-]+")


def may_be_escaped(octets: bytes) -> bool:
    """Return whether a `\\\\u` stands in the octets, or what looks like one; a search for both characters is slower."""
    _, *pieces = octets.split(b"\\")
    return any(piece.startswith(b"u") for piece in pieces)


def replace_references(
    octets: bytes, known: Mapping[bytes, bytes], new: Callable[[bytes], bytes]
) -> tuple[bytes, list[bytes]]:
    """Return the octets with every literal reference replaced, by `known` or else `new`, and the new references."""
    if b"\\" in octets:
        return _replace_escaped(octets, known, new)
    pieces = octets.split(b'"reference"')
    replaced = []
    for index in range(1, len(pieces)):
        parts = pieces[index].split(b'"', 2)  # a colon, the value, the rest; or an object whose name is reference
        if len(parts) == 3 and (parts[0] == b": " or parts[0].strip() == b":"):
            value = parts[1]
            parts[1] = value = known.get(value) or new(value)
            replaced.append(value)
            pieces[index] = b'"'.join(parts)
    return (b'"reference"'.join(pieces) if replaced else octets), replaced


def _replace_escaped(
    octets: bytes, known: Mapping[bytes, bytes], new: Callable[[bytes], bytes]
) -> tuple[bytes, list[bytes]]:
    parts = _REFERENCE.split(octets)  # text, key, value, text, key, value, ..., text
    written = parts[2::3]
    plain = [value if b"\\" not in value else orjson.loads(b'"%b"' % value).encode() for value in written]
    replaced = [known.get(value) or new(value) for value in plain]
    parts[2::3] = [w if p == r else r for w, p, r in zip(written, plain, replaced, strict=True)]
    return b"".join(parts), replaced


def replace_id(octets: bytes, new: bytes) -> tuple[bytes, bool]:
    """Return the octets of a resource with `new` as its id, and whether it had none."""
    found = _FIRST_ID.match(octets) or (_top_level_id(octets) if b'"id"' in octets else None)
    if found is None:
        opening = octets.find(b"{") + 1
        return octets[:opening] + b'"id":"' + new + b'",' + octets[opening:], True
    start, end = found.span(1)
    return octets[:start] + new + octets[end:], False


def _top_level_id(octets: bytes) -> re.Match[bytes] | None:
    depth = 0
    for token in _TOKEN.finditer(octets):
        text = token[0]
        if text in b"{[":
            depth += 1
        elif text in b"}]":
            depth -= 1
        elif depth == 1 and text == b'"id"' and (found := _VALUE.match(octets, token.end())):
            return found
    return None


def replace_links(octets: bytes, new: Mapping[bytes, bytes], names: re.Pattern[bytes]) -> bytes:
    """Return the octets with the URNs that `new` knows replaced in the elements `names` and in narrative links.

    `names` matches the key, the colon and the opening quote of an element, or the start of an attribute.
    """
    pieces: list[bytes] = []
    done = 0
    for found in URN.finditer(octets):
        value = new.get(found[0])
        before = octets[max(done, found.start() - 64) : found.start()]
        closed = octets[found.end() : found.end() + 1] in (b'"', b"\\", b"'")
        if value is not None and closed and names.search(before):
            pieces += (octets[done : found.start()], value)
            done = found.end()
    return b"".join((*pieces, octets[done:])) if pieces else octets
