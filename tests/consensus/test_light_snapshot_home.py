"""Snapshots over HTTP: what a member's server gives, and homes made by command that begin with them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.ledger_world import application, running
from consensus.kvstore_nodes import until
from consensus.light_homes import Relay
from consensus.one_validator import Member, one_member
from consensus.test_light_replica import same, send
from consensus.test_network_follow import follow, genesis, second, trusted, vouched
from salus.bootstrap import open_region
from salus.bootstrap.consensus import read_consensus
from salus.client.http import Server
from salus.client.remote_errors import NodeAway, NodeRefused, UnreadableAnswer
from salus.client.snapshots import MOST_LISTED, Listed, Snapshot, SnapshotServer, read_list, write_list
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.fsck.home import fsck_home
from salus.ledger.consensus.syncing import Keeping
from salus.ledger.light import LightLedger
from salus.ledger.light.errors import NoSnapshot
from salus.machine.export import FORMAT, Manifest, export_hash

__all__ = ["second"]
SECRET = "a passphrase for tests"


@pytest.fixture(scope="module")
def member() -> Iterator[Member]:
    """A member that has taken a snapshot of height 4, or of 8 and so on, and has made a block after it."""
    with one_member() as one:
        ledger = one.open(Keeping(every=4, snapshots=2))  # the block after the newest may be still to come
        one.start()
        send(one, ledger, 3)
        while not any(found.height < ledger.height() for found in one.ledger.snapshots.list()):  # type: ignore[union-attr]
            send(one, ledger)
        yield one


@pytest.fixture(scope="module")
def url(member: Member) -> Iterator[str]:
    """Its Salus server."""
    assert member.ledger is not None
    with application(member.ledger, member.region.genesis_file, member.ledger.snapshots) as app, running(app) as url:
        yield url


def test_a_server_gives_what_its_node_took(member: Member, url: str) -> None:
    server, network = SnapshotServer(url), member.region.network
    listed = server.list()[-1]
    manifest = server.manifest(listed.hash)
    said = decode(manifest, Manifest)
    assert (listed.height, listed.format, listed.chunks) == (said.height, FORMAT, len(said.chunks))
    assert listed.height % 4 == 0 and export_hash(network, manifest) == listed.hash
    assert [T("chunk", network, server.chunk(listed.hash, at)) for at in range(listed.chunks)] == list(said.chunks)
    for name, number in ((bytes(32), 0), (listed.hash, listed.chunks), (listed.hash, 2**40)):
        with pytest.raises(LookupError):
            server.chunk(name, number)
    with pytest.raises(LookupError):
        server.manifest(bytes(32))
    server.close()
    asking = Server(url)
    answer = asking.get(f"/ledger/snapshots/{listed.hash.hex()}/0")
    assert "immutable" in answer.fields["cache-control"]
    assert "immutable" not in asking.get("/ledger/snapshots").fields.get("cache-control", "")
    assert asking.ask("/ledger/snapshots", b"", "application/cbor").status == 405
    asking.close()


def test_a_chunk_that_rotted_is_not_given(tmp_path: Path) -> None:
    with one_member() as one:
        ledger = one.open(Keeping(every=2, snapshots=1))
        one.start()
        send(one, ledger)
        until(lambda: bool(one.ledger.snapshots.list()))  # type: ignore[union-attr]
        with application(ledger, one.region.genesis_file, ledger.snapshots) as app, running(app) as url:
            server = SnapshotServer(url)
            (listed,) = server.list()
            path = one.folder / "ledger/snapshots" / str(listed.height) / "chunk-000000.cbor"
            path.write_bytes(path.read_bytes()[:-1])
            with pytest.raises(LookupError):
                server.chunk(listed.hash, 0)
            assert server.list() == ()
            server.close()


def test_lists_that_are_none() -> None:
    one = Snapshot(4, 1, 2, bytes(32), b"manifest")
    assert read_list(write_list([one])) == (Listed(4, 1, 2, bytes(32)),)
    for raw in (b"", b"\x80", write_list([one])[:-1], write_list([one._replace(hash=bytes(31))])):
        with pytest.raises(Malformed):
            read_list(raw)
    with pytest.raises(Malformed):
        read_list(write_list([one._replace(height=at) for at in range(MOST_LISTED + 1)]))


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Give the URL of a server that answers everything with these bytes, and hangs up."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\x81\x80", NodeAway),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xff", UnreadableAnswer),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", NodeRefused),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", LookupError),
        (b"", NodeAway),
    ],
)
def test_a_server_that_ends_in_the_middle_or_answers_something_else(answer: bytes, refusal: type[Exception]) -> None:
    with answering(answer) as url:
        server = SnapshotServer(url)
        with pytest.raises(refusal):
            server.list()
        server.close()


def test_a_home_begins_with_a_snapshot(member: Member, second: Relay, url: str, tmp_path: Path) -> None:
    home, file, rpcs = tmp_path / "home", genesis(tmp_path, member.region), ("--rpc", member.url, "--rpc", second.url)
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\x81\x80") as bad:
        asked = (*rpcs, "--server", bad, "--server", url, *vouched(trusted(member)))
        made = follow(home, file, *asked, "--json")
        assert (made.status, made.err, made.data["begins"]) == (0, "", "snapshot")
        said = read_consensus(home)
        assert said is not None and said.begin == "snapshot"
        with open_region(home, SECRET) as region:
            ledger = region.ledger
            assert isinstance(ledger, LightLedger)
            until(lambda: same(ledger, member))
            gone = ledger.pruned()
            assert gone is not None and (gone.height - 1) % 4 == 0
            until(lambda: (home / "ledger/bridge").exists())
            send(member, ledger)
        found = [one for one in fsck_home(home, None).findings if one.severity.name != "NOTE"]
        assert found == []
        whole = follow(tmp_path / "whole", file, *asked, "--every-block")
        assert whole.status == 0 and "begin with the genesis" in whole.out
        said = read_consensus(tmp_path / "whole")
        assert said is not None and said.begin == "genesis"


def test_a_home_whose_servers_give_no_snapshot_is_not_opened(
    member: Member, second: Relay, url: str, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", genesis(tmp_path, member.region)
    asked = ("--rpc", member.url, "--rpc", second.url, "--server", url, *vouched(trusted(member)))
    assert follow(home, file, *asked).status == 0
    said = (home / "consensus.json").read_text()
    (home / "consensus.json").write_text(said.replace(url, "http://127.0.0.1:9"))
    with pytest.raises(NoSnapshot):
        open_region(home, SECRET)
    assert (home / "ledger/blocks").read_bytes() == b"" and not (home / "ledger/restoring").exists()
    (home / "consensus.json").write_text(said)
    with open_region(home, SECRET) as region:
        assert region.ledger.pruned() is not None
