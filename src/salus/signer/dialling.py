"""The signer's end of the connection: it dials the node, which listens, and dials again whenever it is lost.

Over a unix socket in clear, over TCP inside CometBFT's secret connection:
https://github.com/cometbft/cometbft/blob/v0.39.4/privval/socket_listeners.go
"""

import logging
import os
import socket
from pathlib import Path
from threading import Event

from salus.signer.errors import NotByTcp, UnfitRequest, UnusableAddress
from salus.signer.protocol import answer, framed, read_message
from salus.signer.signing import Signer

LOG = logging.getLogger("salus.signer")
PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1.0)  # before the node is dialled again
SILENT_S = 30.0  # a node pings every few seconds
TURN_S = 0.2  # after which it is asked whether to end
MOST_PATH = 100  # bytes; sun_path holds 108 (unix(7))


def read_listening(address: str) -> Path:
    """Return the socket that an address of CometBFT's form names; raise NotByTcp, UnusableAddress."""
    scheme, separator, rest = address.partition("://")
    if separator and scheme == "tcp":
        raise NotByTcp
    if scheme != "unix" or not rest or "\x00" in rest or len(os.fsencode(rest)) > MOST_PATH:
        raise UnusableAddress
    return Path(rest)


def sign_for(signer: Signer, path: Path, ending: Event) -> None:
    """Answer the node that listens at `path`, whenever it does, until `ending` is set."""
    failures = 0
    while not ending.is_set():
        try:
            with socket.socket(socket.AF_UNIX) as node:
                node.settimeout(TURN_S)
                node.connect(os.fspath(path))
                LOG.info("connected to the node")
                failures = 0
                _serve(signer, node, ending)
                LOG.info("the node has gone")
        except OSError:
            failures += 1
        ending.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)])


def _serve(signer: Signer, node: socket.socket, ending: Event) -> None:
    """Answer until the node goes, asks for what is no request, or it is time to end."""

    def read(length: int) -> bytes:
        return _read(node, length, ending)

    while not ending.is_set():
        try:
            request = read_message(read)
            if request is None:
                return
            said = framed(answer(signer, request))
        except UnfitRequest as refusal:
            LOG.warning("no request of a node", extra={"code": refusal.code})
            return
        node.settimeout(SILENT_S)
        node.sendall(said)
        node.settimeout(TURN_S)


def _read(node: socket.socket, length: int, ending: Event) -> bytes:
    """Return `length` bytes; fewer where the node goes, is silent for long, or it is time to end."""
    parts: list[bytes] = []
    silent = 0.0
    while length > 0:
        try:
            part = node.recv(length)
        except TimeoutError:
            silent += TURN_S
            if ending.is_set() or silent > SILENT_S:
                break
            continue
        if not part:
            break
        parts.append(part)
        silent, length = 0.0, length - len(part)
    return b"".join(parts)
