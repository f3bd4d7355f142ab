"""Headers: the bytes of a LeafHeader, of which the part that many writes share is checked and encoded once.

They are the very bytes of `encode(LeafHeader(...))`, which a test holds together.
"""

from functools import lru_cache
from typing import NamedTuple

from msgspec import ValidationError, convert

from salus.core.encoding import flat, head
from salus.core.errors import Malformed
from salus.core.record import LeafHeader
from salus.shapes import made

RECORD_BYTES = 16
MAX_TIME = 2**53 - 1
_BYTES = (bytes,)
_FIELDS = head(4, len(LeafHeader.__struct_fields__))
_RECORD, _DIGEST = head(2, RECORD_BYTES), head(2, 32)


class Common(NamedTuple):
    """What the headers of many writes have in common. Labels are sorted."""

    data_class: str
    type: str
    labels: tuple[str, ...]
    rule_set: int
    author: str | None
    recorder: bytes
    recorded: int
    origin: tuple[bytes, bytes, bytes] | None
    status: int
    retention: int | None
    media_type: str


def encode_header(
    record: bytes,
    version: int,
    previous: bytes | None,
    period: tuple[int | None, int | None],
    common: Common,
    content: bytes,
    cipher: bytes,
) -> bytes:
    """Return the header's bytes; raise Malformed if a field is not of its shape.

    The caller answers for version, previous leaf and digests, which it makes itself.
    """
    start, end = period
    if type(record) is not bytes or len(record) != RECORD_BYTES or not (_is_time(start) and _is_time(end)):
        raise Malformed
    try:
        what, about, media_type = _parts(*common)
    except (ValidationError, ValueError, TypeError):  # text that UTF-8 cannot hold; what cannot be hashed
        raise Malformed from None
    return b"".join(
        (
            *(_FIELDS, _RECORD, record, flat(version), flat(previous), what, flat(start), flat(end), about),
            *(_DIGEST, content, media_type, _DIGEST, cipher),
        )
    )


def _is_time(value: int | None) -> bool:
    return value is None or (type(value) is int and -MAX_TIME <= value <= MAX_TIME)


@lru_cache(maxsize=4096, typed=True)
def _parts(*common: object) -> tuple[bytes, bytes, bytes]:
    """Return the bytes of `data_class` and `type`, of `labels` to `retention`, and of `media_type`."""
    data_class, kind, *about, media_type = common
    ours = bytes(RECORD_BYTES), 1, None  # stand-ins for what every write has of its own
    labels, rule_set, author, *rest = about
    plain = (*ours, data_class, kind, None, None, labels, rule_set, author, *rest, bytes(32), media_type, bytes(32))
    checked = convert(plain, made(LeafHeader), builtin_types=_BYTES)
    middle = (
        *(checked.labels, checked.rule_set, checked.author, checked.recorder, checked.recorded),
        *(checked.origin, checked.status, checked.retention),
    )
    return (
        flat(checked.data_class) + flat(checked.type),
        b"".join(map(flat, middle)),
        flat(checked.media_type),
    )
