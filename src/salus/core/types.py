"""Field types shared by all messages; lengths and ranges are checked when a message is decoded."""

from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[bytes, Meta(min_length=32, max_length=32)]  # derived by T(), or a handle
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]  # SHA-256
Salt = Annotated[bytes, Meta(min_length=32, max_length=32)]  # fresh and random
Nonce = Annotated[bytes, Meta(min_length=16, max_length=16)]  # fresh and random
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]  # Ed25519, RFC 8032
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Time = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # milliseconds since 1970, block time
DataTime = Annotated[int, Meta(ge=-(2**53 - 1), le=2**53 - 1)]  # milliseconds since 1970, of data: before it too
Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Small = Annotated[int, Meta(ge=0, le=2**16 - 1)]  # numbers of messages, purposes, versions, roles
Height = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]  # of organisations only, never of a person


class Message(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Base of messages, events and stored values: positional on the wire, immutable in memory.

    The order of the fields is the order on the wire. A field is never added: a change is a new
    message with a new number. Values are immutable and hold no cycles, so the collector skips them.
    """
