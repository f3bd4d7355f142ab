"""The socket to CometBFT: some connections, each answered in order by a thread of its own.

CometBFT opens four (consensus, mempool, query, snapshots), sends requests without waiting for answers, and Flush
where it wants them. Which is which they do not say. When CometBFT goes they break, and when it is back it opens others.
"""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from salus.cometbft.proto import abci_pb2
from salus.ledger.consensus.errors import BadFrame, SocketTaken
from salus.ledger.consensus.wire import frame, read_request

LOG = logging.getLogger("salus.consensus")
MOST_CONNECTIONS = 16  # four of CometBFT, and those of one before that are being closed
MOST_BUFFERED = 1024**2  # bytes of answers that wait for Flush
BUFFER_BYTES = 64 * 1024
CLOSING_S = 5.0  # a request that is under way is waited for

Handle = Callable[[abci_pb2.Request], abci_pb2.Response]


class Server:
    """Listens on the unix socket `path` and answers by `handle`, which is called by several threads at once."""

    def __init__(self, path: Path, handle: Handle) -> None:
        """Raises SocketTaken."""
        self._path, self._handle = path, handle
        self._lock = Lock()
        self._closing = False
        self._connections: dict[socket.socket, Thread] = {}
        self._listening = _listen(path)
        self._thread = Thread(target=self._accept, name="abci-accept", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Accept nothing more, break what is open once its request is answered, remove the socket."""
        with self._lock:
            self._closing = True
            open_ones = dict(self._connections)
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._thread.join()
        self._listening.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)  # wakes `read`
        for thread in open_ones.values():
            thread.join(CLOSING_S)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # closed
            with self._lock:
                if self._closing or len(self._connections) >= MOST_CONNECTIONS:
                    connection.close()
                    continue
                thread = Thread(target=self._serve, args=(connection,), name="abci", daemon=True)
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb", BUFFER_BYTES) as stream:
                self._answer(connection, stream)
        except OSError:
            pass  # the other end is gone
        except BadFrame as refusal:
            LOG.warning("a connection was ended", extra={"code": refusal.code})
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _answer(self, connection: socket.socket, stream: "socket.SocketIO | object") -> None:
        waiting = bytearray()
        while (request := read_request(stream)) is not None:  # type: ignore[arg-type]
            response = self._handle(request)
            waiting += frame(response)
            flush = request.WhichOneof("value") == "flush" or response.WhichOneof("value") == "exception"
            if flush or len(waiting) > MOST_BUFFERED:
                connection.sendall(waiting)
                waiting.clear()
            if self._closing:
                return


def _listen(path: Path) -> socket.socket:
    """Take the socket's place, for the owner alone; one that nobody answers at is a leftover."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
            if asked.connect_ex(str(path)) == 0:
                raise SocketTaken
        path.unlink(missing_ok=True)
        made.bind(str(path))
        path.chmod(0o600)
        made.listen(MOST_CONNECTIONS)
    except (OSError, SocketTaken):
        made.close()
        raise SocketTaken from None
    return made
