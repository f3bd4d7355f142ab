"""Codes that people print, type and read aloud: base 32 in groups of four.

The alphabet (https://www.crockford.com/base32.html) leaves out I, L, O, U; reading takes I and L for 1, O for 0,
and no notice of case, blanks and hyphens.
"""

import base64
import binascii

_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RFC4648 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WRITE = bytes.maketrans(_RFC4648, _ALPHABET)
_READ = bytes.maketrans(_ALPHABET + b"ILOU", _RFC4648 + b"BBA!")


def written(raw: bytes) -> str:
    """Return octets as they are printed: in groups of four letters and digits."""
    text = base64.b32encode(raw).translate(_WRITE).decode().rstrip("=")
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def read(text: str) -> bytes:
    """Return what was written; raise ValueError where it cannot be read."""
    plain = "".join(text.split()).replace("-", "").upper().encode("ascii").translate(_READ)
    try:
        return base64.b32decode(plain + b"=" * (-len(plain) % 8))
    except binascii.Error:
        raise ValueError("not base 32") from None
