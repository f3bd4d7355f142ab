"""A replica that begins with a snapshot of a server which nobody believes, beside a real validator."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from consensus.kvstore_nodes import until
from consensus.light_homes import replica
from consensus.one_validator import Member, one_member
from consensus.test_light_replica import fsck_of, same, send
from salus.client.cometbft.rpc import Rpc
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, UnreadableAnswer
from salus.client.snapshots import Listed
from salus.cometbft.validators import validators
from salus.core.encoding import decode, encode
from salus.core.genesis import validator_keys
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.evidence.header import parse_header, read_block, read_header
from salus.evidence.report import Verdict
from salus.evidence.state import LOG_KEY
from salus.evidence.verify import verify
from salus.ledger.consensus.errors import NoBridge
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import HeaderGone, StorageFailed
from salus.ledger.light import LightLedger
from salus.ledger.light.errors import NoSnapshot
from salus.machine import export
from salus.machine.export import FORMAT, Chunk, Manifest, export_hash
from salus.merkle.log import Frontier
from salus.services.inspect import prove_state
from salus.testing.region import Region

STRANGERS = validators([(SigningKey.from_seed(bytes(32)).public, 1)])


class Held(NamedTuple):
    """A snapshot as its bytes."""

    listed: Listed
    manifest: bytes
    chunks: tuple[bytes, ...]


def held(network: bytes, manifest: bytes, chunks: Sequence[bytes], height: int | None = None) -> Held:
    said = decode(manifest, Manifest)
    name = export_hash(network, manifest)
    return Held(Listed(height or said.height, FORMAT, len(chunks), name), manifest, tuple(chunks))


class Holder:
    """A member's server that gives snapshots, changed by `change`; counts what it is asked."""

    def __init__(self, url: str, *snapshots: Held, change: Callable[[str, int, bytes], bytes] | None = None) -> None:
        self.url, self._held = url, {one.listed.hash: one for one in snapshots}
        self._change = change or (lambda what, number, raw: raw)
        self.asked: list[tuple[str, int]] = []

    def list(self) -> tuple[Listed, ...]:
        self._change("list", 0, b"")
        return tuple(one.listed for one in self._held.values())

    def manifest(self, name: bytes) -> bytes:
        self.asked.append(("manifest", 0))
        return self._change("manifest", 0, self._held[name].manifest)

    def chunk(self, name: bytes, number: int) -> bytes:
        self.asked.append(("chunk", number))
        return self._change("chunk", number, self._held[name].chunks[number])


class World(NamedTuple):
    """A member whose blocks go on after a snapshot of many chunks; and a younger snapshot of its."""

    member: Member
    older: Held
    newer: Held


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with one_member() as one, pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "CHUNK_BYTES", 500)
        one.open()
        one.start()
        send(one, one.ledger, 5)
        older = exported(one)
        send(one, one.ledger, 5)
        newer = exported(one)
        send(one, one.ledger)
        yield World(one, older, newer)


def exported(member: Member) -> Held:
    assert member.ledger is not None
    found = held(member.region.network, *member.ledger.export())
    assert found.listed.chunks > 3
    return found


def begun(world: World, folder: Path, *servers: Holder) -> int:
    """Begin a replica, see that it goes on to what the member has; return the height after which it began."""
    with replica(folder, world.member.region, world.member.url, servers=servers) as ledger:
        until(lambda: same(ledger, world.member))
        gone = ledger.pruned()
        assert gone is not None
        assert ledger.trouble() is None
    assert fsck_of(folder, world.member.region) == []
    assert not (folder / "restoring").exists() and not (folder / "blocks.new").exists()
    return gone.height - 1


def not_begun(world: World, folder: Path, *servers: Holder, region: Region | None = None) -> None:
    """See that no replica begins, and that nothing is left of what was tried."""
    with pytest.raises(NoSnapshot):
        replica(folder, region or world.member.region, world.member.url, servers=servers)
    assert (folder / "blocks").read_bytes() == b""
    assert {path.name for path in folder.iterdir()} <= {"blocks", "genesis", "lock", "trusted"}


def test_a_replica_begins_with_a_snapshot_and_goes_on(world: World, tmp_path: Path) -> None:
    member, folder = world.member, tmp_path / "ledger"
    region, height = member.region, world.newer.listed.height
    founders = validator_keys(region.network, region.genesis)
    with replica(folder, region, member.url, servers=[Holder("one", world.older, world.newer)]) as ledger:
        assert ledger.height() > height
        until(lambda: same(ledger, member))
        send(member, ledger)
        until(lambda: same(ledger, member))
        with pytest.raises(HeaderGone):
            ledger.header(height)
        rpc = Rpc(member.url)
        for number in range(height + 1, ledger.height() + 1):
            shown = read_header(region.network, ledger.header(number), founders)
            assert shown.hash == rpc.block(number).hash
            assert member.ledger is not None
            assert read_block(ledger.block(number)).batches == read_block(member.ledger.block(number)).batches
        first = parse_header(region.network, ledger.header(height + 1)).header
        assert first.previous == rpc.block(height).hash
        rpc.close()
        evidence, _ = prove_state(ledger, LOG_KEY)
        assert verify(evidence, region.genesis_file).verdict is Verdict.UNWITNESSED
        status = ledger.status()
        founded, ledger._founders = ledger._founders, STRANGERS
        with pytest.raises(NoBridge):  # nothing before the snapshot is there to lead from them
            ledger.header(ledger.height())
        ledger._founders = founded
    with LightLedger.open(folder, region.genesis_file, None, None) as reading:
        assert reading.status()[:4] == status[:4]
    send(member, member.ledger)
    with replica(folder, region, member.url, servers=[]) as ledger:  # it has begun: nobody is asked for a snapshot
        until(lambda: same(ledger, member))
        assert ledger.pruned() == (height + 1, first.time, decode_size(world.newer), height + 1)
    assert fsck_of(folder, region) == []


def decode_size(snapshot: Held) -> int:
    return Frontier.decode(decode(snapshot.manifest, Manifest).frontier).size


def test_the_state_is_made_anew_from_the_snapshot(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    assert begun(world, folder, Holder("one", world.newer)) == world.newer.listed.height
    for path in (folder / "state").iterdir():
        path.unlink()
    with replica(folder, world.member.region, world.member.url) as ledger:
        until(lambda: same(ledger, world.member))
    assert fsck_of(folder, world.member.region) == []


def test_the_newest_snapshot_below_the_verified_height_is_taken(world: World, tmp_path: Path) -> None:
    above = held(world.member.region.network, world.newer.manifest, world.newer.chunks, height=10**6)
    server = Holder("one", above)
    not_begun(world, tmp_path / "above", server)
    assert server.asked == [], "nothing above what was verified is fetched"
    assert begun(world, tmp_path / "both", Holder("one", world.older, world.newer)) == world.newer.listed.height
    assert begun(world, tmp_path / "old", Holder("one", world.older)) == world.older.listed.height


def wrong(what: str, number: int) -> Callable[[str, int, bytes], bytes]:
    return lambda asked, at, raw: raw[:-1] + bytes((raw[-1] ^ 1,)) if (asked, at) == (what, number) else raw


def ends(what: str, number: int, why: Exception) -> Callable[[str, int, bytes], bytes]:
    def change(asked: str, at: int, raw: bytes) -> bytes:
        if (asked, at) == (what, number):
            raise why
        return raw

    return change


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (wrong("manifest", 0), 1),
        (wrong("chunk", 2), 4),
        (ends("chunk", 2, NodeAway()), 4),
        (ends("chunk", 1, LookupError()), 3),
        (ends("manifest", 0, NodeBusy()), 1),
        (ends("manifest", 0, NodeRefused()), 1),
        (ends("list", 0, UnreadableAnswer()), 0),
    ],
)
def test_another_server_goes_on_where_one_lies_or_ends(
    world: World, tmp_path: Path, change: Callable[[str, int, bytes], bytes], asked: int
) -> None:
    first, second = Holder("one", world.newer, change=change), Holder("two", world.newer)
    assert begun(world, tmp_path / "ledger", first, second) == world.newer.listed.height
    assert len(first.asked) == asked
    whole = [("manifest", 0), *(("chunk", at) for at in range(world.newer.listed.chunks))]
    assert second.asked == [one for one in whole if one not in first.asked[:-1]] or not asked
    not_begun(world, tmp_path / "alone", Holder("one", world.newer, change=change))


def test_who_lied_is_not_asked_for_another_snapshot(world: World, tmp_path: Path) -> None:
    both = Holder("one", world.newer, world.older, change=wrong("chunk", 0))
    assert begun(world, tmp_path / "ledger", both, Holder("two", world.older)) == world.older.listed.height
    assert both.asked == [("manifest", 0), ("chunk", 0)]
    away = Holder("one", world.newer, world.older, change=ends("chunk", 3, NodeAway()))
    assert begun(world, tmp_path / "again", away, Holder("two", world.older)) == world.older.listed.height
    assert away.asked.count(("manifest", 0)) == 2, "who ended in the middle did not lie"


def test_a_snapshot_of_another_chain(world: World, tmp_path: Path) -> None:
    said = decode(world.newer.manifest, Manifest)
    other = Region(name="another").network
    chunks = tuple(T("chunk", other, one) for one in world.newer.chunks)
    manifest = encode(Manifest(said.format, other, said.height, said.time, said.app_hash, said.frontier, chunks))
    ours, theirs = world.member.region.network, other
    for network in (ours, theirs):
        not_begun(world, tmp_path / network.hex()[:8], Holder("one", held(network, manifest, world.newer.chunks)))


def test_another_state_of_this_chain(world: World, tmp_path: Path) -> None:
    """What was the state once, under the height of a later one, and under its app hash too."""
    network = world.member.region.network
    older, newer = decode(world.older.manifest, Manifest), decode(world.newer.manifest, Manifest)
    for app_hash in (older.app_hash, newer.app_hash):
        said = (newer.height, newer.time, app_hash, older.frontier, older.chunks)
        manifest = encode(Manifest(FORMAT, network, *said))
        server = Holder("one", held(network, manifest, world.older.chunks))
        not_begun(world, tmp_path / app_hash.hex()[:8], server)
        assert (len(server.asked) == 1) == (app_hash == older.app_hash)


def test_chunks_that_are_the_manifests_and_not_the_state(world: World, tmp_path: Path) -> None:
    """A whole snapshot that names the verified app hash, and is another state: its servers are asked no more."""
    network, said = world.member.region.network, decode(world.newer.manifest, Manifest)
    chunk = decode(world.newer.chunks[0], Chunk)
    (kind, key, value), *rest = chunk.rows
    turned = encode(Chunk(0, ((kind, key, value + b"\x00"), *rest)))
    chunks = (turned, *world.newer.chunks[1:])
    names = tuple(T("chunk", network, one) for one in chunks)
    manifest = encode(Manifest(said.format, network, said.height, said.time, said.app_hash, said.frontier, names))
    forged = held(network, manifest, chunks)
    not_begun(world, tmp_path / "alone", Holder("one", forged))
    liar = Holder("one", forged, world.older)
    folder = tmp_path / "ledger"
    assert begun(world, folder, liar, Holder("two", world.newer), Holder("three", world.newer)) == said.height
    assert liar.asked == [], "what more servers offer is tried first"
    liar = Holder("one", forged, world.older)
    not_begun(world, tmp_path / "older", liar)
    assert liar.asked.count(("manifest", 0)) == 1


class Failing(LocalFiles):
    """A disk that fails when a file gets this name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def move(self, old: Path, new: Path) -> None:
        if new.name == self.name:
            raise OSError
        super().move(old, new)

    def write(self, path: Path, data: bytes) -> None:
        if path.name == self.name:
            raise OSError
        super().write(path, data)


@pytest.mark.parametrize("name", ["blocks", "chunk-000001.cbor", "manifest.cbor"])
def test_a_disk_that_fails_leaves_a_replica_that_begins_anew(world: World, tmp_path: Path, name: str) -> None:
    folder, server = tmp_path / "ledger", Holder("one", world.newer)
    with pytest.raises(StorageFailed):
        replica(folder, world.member.region, world.member.url, servers=[server], files=Failing(name))
    assert (folder / "blocks").read_bytes() == b""
    assert begun(world, folder, Holder("one", world.newer)) == world.newer.listed.height


def test_a_replica_without_a_snapshot_begins_with_the_genesis(world: World, tmp_path: Path) -> None:
    (tmp_path / "ledger/restoring").mkdir(parents=True)
    (tmp_path / "ledger/restoring/chunk-000000.cbor").write_bytes(b"left")
    with replica(tmp_path / "ledger", world.member.region, world.member.url) as ledger:
        until(lambda: same(ledger, world.member))
        assert ledger.pruned() is None
    assert not (tmp_path / "ledger/restoring").exists()
