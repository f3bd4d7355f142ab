"""The limits of a server: rates of callers, what is under way at once, connections and their patience.

`limits.json` in a home sets some of them anew. Rates are units a second; an operation costs one unit unless it says
more.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from salus.core.errors import Kind, Refusal
from salus.shapes import made

Rate = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Many = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
FILE = "limits.json"


class BadLimits(Refusal):
    code, kind = 0x801F, Kind.INVALID
    text = "limits.json names an unknown limit, or one that is no positive number."


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one process takes. A caller is a member or person by her key, or an address where nobody is known."""

    address_rate: Rate = 1_000.0
    address_burst: Rate = 4_000.0
    person_rate: Rate = 50.0
    person_burst: Rate = 400.0
    member_rate: Rate = 1_000.0
    member_burst: Rate = 8_000.0
    callers: Many = 100_000  # remembered at once, of each kind
    under_way: Many = 1_024  # requests at once
    under_way_of_address: Many = 512
    bodies_mib: Many = 256  # of bodies that are being read or worked on
    connections: Many = 2_048
    connections_of_address: Many = 1_024
    head_s: Rate = 10.0  # in which a request's head must have come, from the first byte or the connection on
    keep_alive_s: Rate = 75.0  # between two requests
    stalled_s: Rate = 30.0  # in which a peer must take some of what is sent to it
    proxies: tuple[str, ...] = ()  # addresses of reverse proxies whose X-Forwarded-For is believed


def read_limits(home: Path) -> Limits:
    """Return the limits of a home; raise BadLimits."""
    path = home / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=made(Limits)) if path.exists() else Limits()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        raise BadLimits from None
