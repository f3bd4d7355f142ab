"""Where a member's gateway is reached: the payload of COSE kind `endpoint`, signed by the gateway's key."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Id, Message, Time

KIND, MAX_URL = "endpoint", 256


class Endpoint(Message, frozen=True):
    """`url` is what the paths of one organisation follow, without a last slash."""

    network: Id
    member: Id
    url: Annotated[str, Meta(min_length=1, max_length=MAX_URL)]
    time: Time
