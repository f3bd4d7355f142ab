"""Frames of ABCI over a socket: the length as an unsigned varint, then the message.

https://docs.cometbft.com/v0.38/spec/abci/abci++_client_server
"""

from typing import BinaryIO

from google.protobuf.message import DecodeError

from salus.cometbft.proto import abci_pb2
from salus.ledger.consensus.errors import BadFrame

MAX_FRAME_BYTES = 32 * 1024**2  # a block, or a chunk of a snapshot, has at most half of it
_LENGTH_BYTES = 5  # of the varint, at most


def read_request(stream: BinaryIO) -> abci_pb2.Request | None:
    """Return the next request, None at the end of the stream; raise BadFrame, OSError."""
    length = _length(stream)
    if length is None:
        return None
    body = stream.read(length)
    if len(body) != length:
        return None  # the other end broke off
    try:
        request = abci_pb2.Request.FromString(body)
    except DecodeError:
        raise BadFrame from None
    if request.WhichOneof("value") is None:
        raise BadFrame
    return request


def frame(response: abci_pb2.Response) -> bytes:
    """Return the frame of a response."""
    body = response.SerializeToString()
    length, head = len(body), bytearray()
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def _length(stream: BinaryIO) -> int | None:
    value = 0
    for shift in range(0, 7 * _LENGTH_BYTES, 7):
        raw = stream.read(1)
        if not raw:
            return None
        value |= (raw[0] & 0x7F) << shift
        if raw[0] < 0x80:
            if value > MAX_FRAME_BYTES:
                raise BadFrame
            return value
    raise BadFrame
