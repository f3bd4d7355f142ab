"""The socket to CometBFT: frames in order, buffered until Flush; hostile ones end their connection and nothing else."""

import random
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Event

import pytest

from consensus.consensus_world import COMMIT, INFO, Node, Request, Response
from salus.cometbft.proto import abci_pb2
from salus.ledger.consensus.errors import SocketTaken
from salus.ledger.consensus.server import Server
from salus.ledger.consensus.wire import MAX_FRAME_BYTES

FLUSH = Request(flush=abci_pb2.RequestFlush())
WAIT_S = 20.0


class Peer:
    """One connection, as CometBFT's socket client uses it."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    def send(self, *requests: Request) -> None:
        self.socket.sendall(b"".join(framed(one.SerializeToString()) for one in requests))

    def read(self) -> Response:
        length = shift = 0
        while True:
            (byte,) = self.stream.read(1)
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return Response.FromString(self.stream.read(length))

    def ask(self, request: Request) -> Response:
        self.send(request, FLUSH)
        answer = self.read()
        assert self.read().WhichOneof("value") == "flush"
        return answer

    def ended(self) -> bool:
        try:
            return self.stream.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def framed(body: bytes) -> bytes:
    length, head = len(body), bytearray()
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes((*head, length)) + body


@contextmanager
def serving(handle: Callable[[Request], Response]) -> Iterator[Callable[[], Peer]]:
    """Give what opens connections to a server that answers by `handle`."""
    folder = Path(mkdtemp(prefix="abci-", dir="/tmp"))
    with ExitStack() as opened:
        opened.callback(shutil.rmtree, folder)
        server = Server(folder / "s", handle)
        opened.callback(server.close)

        def peer() -> Peer:
            made = Peer(folder / "s")
            opened.callback(made.close)
            return made

        yield peer


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "ledger") as made:
        yield made


@pytest.fixture
def connect(node: Node) -> Iterator[Callable[[], Peer]]:
    with serving(node.ledger.application.handle) as peer:
        yield peer


def echo(text: str) -> Request:
    return Request(echo=abci_pb2.RequestEcho(message=text))


def test_answers_come_in_order_and_not_before_flush(connect: Callable[[], Peer]) -> None:
    peer = connect()
    peer.send(*(echo(str(n)) for n in range(300)))
    peer.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        peer.socket.recv(1, socket.MSG_PEEK)
    peer.socket.settimeout(WAIT_S)
    peer.send(FLUSH)
    assert [peer.read().echo.message for _ in range(300)] == [str(n) for n in range(300)]
    assert peer.read() == Response(flush=abci_pb2.ResponseFlush())


def test_empty_answers_are_on_the_wire_with_their_branch(connect: Callable[[], Peer]) -> None:
    peer = connect()
    peer.send(FLUSH)
    assert peer.socket.recv(16) == b"\x02\x1a\x00"
    for name in ("list_snapshots", "load_snapshot_chunk", "prepare_proposal"):
        request = Request()
        getattr(request, name).SetInParent()
        assert peer.ask(request).WhichOneof("value") == name


def test_a_whole_block_over_the_socket(node: Node, connect: Callable[[], Peer]) -> None:
    consensus, query = connect(), connect()
    node.deciding.begin(consensus.ask)
    batch = node.opening()
    height = node.deciding.decide([batch], node.clock.advance(1000))
    node.deciding.shown(height, consensus.ask(node.deciding.finalize(height)).finalize_block)
    assert query.ask(INFO).info.last_block_height == 0  # not committed
    assert consensus.ask(COMMIT).WhichOneof("value") == "commit"
    assert query.ask(INFO).info.last_block_height == 1


HOSTILE = {
    "huge length": b"\xff\xff\xff\xff\x7f",
    "a length that never ends": b"\xff" * 64,
    "one byte too long": bytes((0x81, 0x80, 0x80, 0x10)),
    "garbage": framed(b"\xfa\x07garbage"),
    "no message": framed(b""),
    "an unknown branch": framed(b"\xfa\x01\x00"),
    "a branch of ABCI 1": framed(b"\x3a\x00"),
    "a wrong type in a branch": framed(b"\x08\x01"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_ends_its_connection_alone(connect: Callable[[], Peer], name: str) -> None:
    assert MAX_FRAME_BYTES == 0x10 << 21
    good, bad = connect(), connect()
    bad.socket.sendall(HOSTILE[name])
    assert bad.ended()
    assert good.ask(echo("there")).echo.message == "there"
    assert connect().ask(INFO).WhichOneof("value") == "info"


def test_drawn_garbage_never_takes_the_process_down(connect: Callable[[], Peer]) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for _ in range(40):
        peer = connect()
        parts = [framed(draw.randbytes(draw.randrange(40))) if draw.random() < 0.7 else draw.randbytes(9)]
        peer.socket.sendall(b"".join(parts))
        peer.socket.shutdown(socket.SHUT_WR)
        while peer.stream.read(4096):
            pass
        peer.close()
    assert connect().ask(echo("there")).echo.message == "there"


def test_a_broken_connection_is_followed_by_others(connect: Callable[[], Peer]) -> None:
    for cut in (1, 3, 8):
        peer = connect()
        peer.socket.sendall(framed(INFO.SerializeToString())[:cut])
        peer.close()
    many = connect()
    many.socket.shutdown(socket.SHUT_RD)  # answers go nowhere: a broken pipe at the server
    with suppress(OSError):
        many.send(*[echo("x" * 60_000)] * 200)
    many.close()
    assert connect().ask(echo("there")).echo.message == "there"


def test_consensus_never_waits_behind_a_query() -> None:
    held, asked = Event(), Event()

    def handle(request: Request) -> Response:
        if request.WhichOneof("value") == "query":
            asked.set()
            assert held.wait(WAIT_S)
            return Response(query=abci_pb2.ResponseQuery(code=1))
        return Response(echo=abci_pb2.ResponseEcho(message=request.echo.message))

    def answer(request: Request) -> Response:
        return Response(flush=abci_pb2.ResponseFlush()) if request.HasField("flush") else handle(request)

    with serving(answer) as connect:
        query, consensus = connect(), connect()
        query.send(Request(query=abci_pb2.RequestQuery(path="/key")), FLUSH)
        assert asked.wait(WAIT_S)
        assert consensus.ask(echo("block")).echo.message == "block"
        held.set()
        assert query.read().query.code == 1


def test_what_fails_becomes_an_exception_that_says_nothing_of_the_cause(
    node: Node, connect: Callable[[], Peer]
) -> None:
    peer = connect()
    peer.send(COMMIT)  # of nothing: CometBFT would stop
    assert peer.read().exception.error.endswith("(0x7051)")
    assert connect().ask(INFO).info.last_block_height == 0


def test_a_socket_that_is_in_use_is_not_taken(tmp_path: Path) -> None:
    with serving(lambda r: Response()) as connect:
        path = Path(str(connect().socket.getpeername()))
        with pytest.raises(SocketTaken):
            Server(path, lambda r: Response())
    with pytest.raises(SocketTaken):
        Server(tmp_path / ("x" * 120), lambda r: Response())
    left = Path(mkdtemp(prefix="abci-", dir="/tmp")) / "s"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(left))
    Server(left, lambda r: Response()).close()  # nobody answers there: a leftover
    assert not left.exists()
    left.parent.rmdir()
