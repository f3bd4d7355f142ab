"""What a standing permit opens, as a sealed part: wishes change it, one after the other."""

from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.policy.types import EVERYTHING, Effect, Provision, Residual, SealedPart

_NO_RECORD = bytes(16)  # an id that no record has: ids are random
_NOWHERE = replace(EVERYTHING, instances=(_NO_RECORD,))
NOTHING = encode(SealedPart(_NOWHERE, (), (), int(Residual.NONE), None, "Nothing.", None, None, None, (), None))
MAX_DENIED = 16  # exceptions of a sealed part


def granted(body: bytes, data: Provision, text: str = "") -> bytes:
    """Return the sealed part that opens `data`, without what was denied before."""
    part = decode(body, SealedPart)
    return encode(replace(part, base=data, residual=int(Residual.GENERIC), text=text))


def denied(body: bytes, data: Provision) -> bytes:
    """Return the sealed part that leaves `data` out; one that opens nothing where it has no room for more."""
    part = decode(body, SealedPart)
    if data == EVERYTHING or len(part.exceptions) == MAX_DENIED:
        return NOTHING
    exception = (int(Effect.DENY), data)
    return encode(replace(part, exceptions=(*part.exceptions, exception)))


def opens_something(body: bytes) -> bool:
    """True unless the sealed part opens nothing at all."""
    return decode(body, SealedPart).base.instances != (_NO_RECORD,)
