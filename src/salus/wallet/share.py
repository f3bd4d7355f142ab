"""Share codes: what a patient shows so that a recipient finds her relation. Nothing of it is on the ledger.

A code is the relation (32 bytes), the first 8 bytes of a directive's id or zeros, the minute it ends (4), the
signature of one of her devices over these (64, COSE kind `share-code`), and 7 bytes of checksum, T("share code", the
rest); printed like an invitation, or as a link in a QR code. Her custodian is the one that the ledger names for the
relation. The code permits nothing: it says where to ask, and that the person asked to be found there.
"""

from typing import NamedTuple

from salus.core import cose
from salus.core.hashing import T
from salus.core.signatures import SigningKey, verify
from salus.wallet import printed
from salus.wallet.invitation import WrongCode
from salus.wallet.menu import MINUTE_MS

KIND = "share-code"
LINK = "salus:share?code="
HINT_BYTES = 8
_ID, _MINUTE, _SIGNATURE, _CHECK = 32, 4, 64, 7  # 115 octets together: whole groups of characters
_BODY = _ID + HINT_BYTES + _MINUTE


class ShareCode(NamedTuple):
    """A code, read; whether a device of hers signed it is for `signed_by` to say."""

    relation: bytes
    hint: bytes  # of a directive; empty where it names none
    ends: int  # milliseconds
    signature: bytes

    def __repr__(self) -> str:
        return "ShareCode()"

    @property
    def body(self) -> bytes:
        """What is signed."""
        minute = self.ends // MINUTE_MS
        return self.relation + (self.hint or bytes(HINT_BYTES)) + minute.to_bytes(_MINUTE, "big")

    def signed_by(self, network: bytes, key: bytes, public: bytes) -> bool:
        """True if this key signed it; `key` is its id."""
        return verify(public, cose.to_be_signed(KIND, network, self.body, key), self.signature)

    def printed(self, network: bytes) -> str:
        """Return the code as it is printed."""
        raw = self.body + self.signature
        return printed.written(raw + _check(network, raw))

    def link(self, network: bytes) -> str:
        """Return the code as a link, for a QR code."""
        return LINK + self.printed(network).replace("-", "")


def make(network: bytes, relation: bytes, directive: bytes | None, ends: int, device: SigningKey) -> ShareCode:
    """Return a code that ends with the minute of `ends`, signed by a device."""
    hint = b"" if directive is None else directive[:HINT_BYTES]
    unsigned = ShareCode(relation, hint, ends // MINUTE_MS * MINUTE_MS, b"")
    signed = cose.to_be_signed(KIND, network, unsigned.body, device.id(network))
    return unsigned._replace(signature=device.sign(signed))


def read(network: bytes, text: str) -> ShareCode:
    """Return what a printed code or a link holds; raise WrongCode."""
    try:
        raw = printed.read(text.strip().removeprefix(LINK))
    except ValueError:
        raise WrongCode from None
    if len(raw) != _BODY + _SIGNATURE + _CHECK or raw[-_CHECK:] != _check(network, raw[:-_CHECK]):
        raise WrongCode
    hint = raw[_ID : _ID + HINT_BYTES]
    minute = int.from_bytes(raw[_ID + HINT_BYTES : _BODY], "big")
    return ShareCode(
        raw[:_ID], b"" if hint == bytes(HINT_BYTES) else hint, minute * MINUTE_MS, raw[_BODY : _BODY + _SIGNATURE]
    )


def _check(network: bytes, raw: bytes) -> bytes:
    return T("share code", network, raw)[:_CHECK]
