"""What somebody typed, or handed over as a file, and the vault or a letter is to hold.

`encode` does not look at lengths. What was kept too long, or empty where something must stand, nobody could read
again, and every list it stands in would end there; so it is refused before it is kept.
"""

import msgspec

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.services.errors import UnusableWords


def encode_typed(value: msgspec.Struct) -> bytes:
    """Return the encoding; raise UnusableWords where it could not be read again."""
    try:
        raw = encode(value)
        decode(raw, type(value))
    except (Malformed, UnicodeError):
        raise UnusableWords from None  # the cause quotes what was typed
    return raw
