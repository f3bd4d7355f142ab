"""Followers over HTTP: the whole state is theirs, a batch is done when they executed it, a lie ends the following."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx2
import pytest
from ledger_world import WAIT_S, application, fill, follower, node, reach, running, until

from salus.api import waiting
from salus.api.ledger.errors import NotReady
from salus.client.checked import CheckedLedger
from salus.client.remote import RemoteLedger
from salus.client.remote_errors import AnswerLost, NodeAway, UnreadableAnswer
from salus.contracts.governance.messages import Propose, SetValidator, Vote
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode_plain, encode
from salus.core.envelope import WINDOW_MS
from salus.core.errors import Malformed
from salus.core.hashing import object_id
from salus.core.keys import Role, possession
from salus.evidence.header import Block, parse_header, read_block, read_header, sign_header
from salus.evidence.state import LOG_KEY
from salus.evidence.tip import Tip, read_tip, sign_tip
from salus.fsck.ledger import check_ledger
from salus.ledger import errors
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.followed import FollowedLedger
from salus.machine.errors import NotAMember, Replayed
from salus.merkle.smt import verify_absence, verify_membership
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region, key
from unit import pruned_samples


@pytest.fixture
def region() -> Region:
    return Region()


@pytest.fixture
def served(tmp_path: Path, region: Region) -> Iterator[tuple[EmbeddedLedger, str]]:
    with node(tmp_path / "node", region) as made:
        yield made


Served = tuple[EmbeddedLedger, str]


def same(one: EmbeddedLedger, other: FollowedLedger) -> None:
    """Wait for the newest block, and compare all that is read."""
    one.prove([LOG_KEY])
    reach(other, one.height())
    assert other.status()._replace(checkpoint_height=0) == one.status()._replace(checkpoint_height=0)
    assert list(other.events()) == list(one.events())
    assert other.prove([LOG_KEY]) == one.prove([LOG_KEY])
    assert other.export() == one.export()


def test_several_followers_have_the_same_state(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    (handle, *_) = fill(ledger, region)
    with ExitStack() as stack:
        others = [stack.enter_context(follower(tmp_path / f"f{n}", region, url)) for n in range(3)]
        fill(ledger, region, 3)
        for other in others:
            same(ledger, other)
            assert other.trouble() is None
            assert other.view().get(LOG_KEY) == ledger.view().get(LOG_KEY)
            assert list(other.events(0, handle)) == list(ledger.events(0, handle)) != []


def test_a_batch_is_done_once_the_replica_executed_it(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    with follower(tmp_path / "f", region, url) as other:
        envelope, handles = region.open_accounts(1)
        batch = region.batch(envelope, b"garbage")
        result = other.submit(batch).result(WAIT_S)
        assert [one.code for one in result.results] == [0, Malformed.code]
        assert other.view().height >= result.height
        assert list(other.events(0, handles[0])) != []
        assert ledger.submit(batch).result(WAIT_S).code == Replayed.code
        assert other.submit(b"\x00").result(WAIT_S).code == Malformed.code
        stranger = Region("other")
        stranger.network = region.network
        stranger.hospital.id = bytes(32)
        assert other.submit(stranger.batch(b"x")).result(WAIT_S).code == NotAMember.code


def test_a_follower_can_be_followed(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    with (
        follower(tmp_path / "f", region, url) as middle,
        application(middle, region.genesis_file) as app,
        running(app) as second,
        follower(tmp_path / "g", region, second) as last,
    ):
        assert last.submit(region.batch(region.open_accounts(1)[0])).result(WAIT_S).code == 0
        fill(ledger, region)
        same(ledger, last)
        client = RemoteLedger(second, region.network)
        assert CheckedLedger(client, region.genesis_file).value(LOG_KEY) == ledger.view().get(LOG_KEY)
        client.close()
        assert last.checkpoint() == ledger.checkpoint()


def test_a_replica_goes_on_where_it_was(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    fill(ledger, region)
    with follower(tmp_path / "f", region, url) as other:
        same(ledger, other)
    fill(ledger, region)
    with follower(tmp_path / "f", region, url) as other:
        same(ledger, other)
        other.save()
        assert other.status().checkpoint_height == other.height()
    assert damages(tmp_path / "f") == []
    with FollowedLedger.open(tmp_path / "f", region.genesis_file, None, FakeClock()) as reader:
        assert reader.status()._replace(checkpoint_height=0) == ledger.status()._replace(checkpoint_height=0)
        assert reader.as_of() == reader.view().time
        for refused in (lambda: reader.submit(b""), reader.save, reader.publish):
            with pytest.raises(errors.ReadOnly):
                refused()
        with pytest.raises(errors.NoTip):
            reader.tip()
        with pytest.raises(errors.NoNote):
            reader.checkpoint()


def test_what_is_asked_of_a_folder(tmp_path: Path, region: Region, served: Served) -> None:
    _, url = served
    with pytest.raises(errors.NoLedger):
        FollowedLedger.open(tmp_path / "f", region.genesis_file, None)
    with follower(tmp_path / "f", region, url), pytest.raises(errors.LedgerLocked):
        FollowedLedger.open(tmp_path / "f", region.genesis_file, RemoteLedger(url, region.network))
    with pytest.raises(errors.OtherGenesis):
        FollowedLedger.open(tmp_path / "f", Region("other").genesis_file, RemoteLedger(url, region.network))


def test_the_node_away_and_back(tmp_path: Path, region: Region) -> None:
    clock = FakeClock()
    with node(tmp_path / "node", region) as (ledger, url):
        fill(ledger, region)
        ledger.prove([LOG_KEY])
        kept = FollowedLedger.open(tmp_path / "f", region.genesis_file, RemoteLedger(url, region.network), clock)
        assert kept.catch_up(WAIT_S)
        reach(kept, ledger.height())
        until(lambda: kept.as_of() == kept.now())
        note = kept.checkpoint()
    port = int(url.rsplit(":", 1)[1])
    clock.advance(120_000)
    assert kept.now() - kept.as_of() == 120_000  # reads go on, freshness lapses
    assert kept.view().get(LOG_KEY) is not None
    assert kept.checkpoint() == note
    assert kept.trouble() is None
    with pytest.raises(NodeAway):
        kept.submit(region.batch(b"x")).result(WAIT_S)
    with node(tmp_path / "node", region, clock, port) as (ledger, _):
        until(lambda: kept.as_of() == kept.now())
        fill(ledger, region, 1)
        same(ledger, kept)
    kept.close()


def test_a_replica_that_begins_without_its_node(tmp_path: Path, region: Region) -> None:
    with follower(tmp_path / "f", region, "http://127.0.0.1:1") as other:
        assert (other.height(), other.trouble()) == (0, None)
        assert other.as_of() == region.genesis.time
        with pytest.raises(errors.NoNote):
            other.checkpoint()


# A node that lies: what is signed by its key, and what is not.


def lying(change: object) -> type[RemoteLedger]:
    """Return a client of a node whose blocks are changed on the way, as by the node itself."""

    class Lying(RemoteLedger):
        def blocks(self, start: int, most: int = 1_000) -> list[bytes]:
            return [change(raw) for raw in super().blocks(start, most)]  # type: ignore[operator]

    return Lying


def header_with(region: Region, signer=None, **fields: object):
    def change(raw: bytes) -> bytes:
        block = read_block(raw)
        header = parse_header(region.network, block.header).header
        signed_by = signer or region.node
        values = {name: getattr(header, name) for name in header.__struct_fields__} | fields
        values["node"] = signed_by.id(region.network)
        return encode(Block(sign_header(type(header)(**values), signed_by).raw, block.batches))

    return change


def without_batches(raw: bytes) -> bytes:
    return encode(Block(read_block(raw).header, ()))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"app_hash": bytes(32)}, errors.OtherState),
        ({"previous": bytes(32)}, errors.OtherHistory),
        ({"height": 7}, errors.OtherHistory),
        ({"time": START_MS - 1}, errors.TimeWentBack),
        ({"batches": bytes(32)}, errors.OtherBatches),
        ({"signer": key("stranger")}, errors.HeaderOfNobody),
    ],
)
def test_each_lie_in_a_header_ends_the_following(
    tmp_path: Path, region: Region, served: Served, fields: dict, refusal: type
) -> None:
    ledger, url = served
    fill(ledger, region)
    ends(tmp_path / "f", region, url, lying(header_with(region, **fields)), refusal)


def validators(region: Region) -> dict[bytes, tuple[bytes, int]]:
    return {region.node.id(region.network): (region.node.public, 1)}


def ends(
    folder: Path, region: Region, url: str, remote: type[RemoteLedger], refusal: type, clock: FakeClock | None = None
) -> None:
    """See that following ends with a refusal, and that reading goes on."""
    with follower(folder, region, url, clock, remote) as other:
        until(lambda: isinstance(other.trouble(), refusal))
        height = other.height()
        assert other.view().height == height
        with pytest.raises(refusal):
            other.submit(region.batch(b"x"))
        if not other._chain.empty:
            with pytest.raises(refusal):
                other.prove([LOG_KEY])
        kept = folder / "contradiction"
        if height and refusal is not errors.BlocksGone:
            code, ours, theirs = decode_plain(kept.read_bytes())
            assert code == refusal.code
            mine = parse_header(region.network, ours).header
            assert other.header(mine.height) == ours
            if refusal is errors.TwoHeaders:
                assert read_tip(region.network, theirs, validators(region)).tip.height == mine.height
            elif refusal is errors.OtherHistory:
                said = read_header(region.network, theirs, validators(region)).header
                assert said.height == mine.height + 1
                assert said.previous != parse_header(region.network, ours).hash
        else:
            assert not kept.exists()
    assert damages(folder) == []


def test_batches_that_are_not_the_headers_end_it(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    fill(ledger, region)
    ends(tmp_path / "f", region, url, lying(without_batches), errors.OtherBatches)


def tips(make: object) -> type[RemoteLedger]:
    class Lying(RemoteLedger):
        def tip(self, after: int = -1, wait_ms: int = 0, tries: int = 1) -> bytes:
            return make(super().tip(after, min(wait_ms, 50), tries))  # type: ignore[operator]

    return Lying


def test_a_tip_that_names_another_header_ends_it(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    fill(ledger, region)
    ledger.prove([LOG_KEY])
    lie = sign_tip(Tip(region.network, ledger.height(), bytes(32), START_MS), region.node)
    ends(tmp_path / "f", region, url, tips(lambda _: lie), errors.TwoHeaders)


def test_a_tip_that_goes_back_ends_it(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    fill(ledger, region)
    ledger.prove([LOG_KEY])
    first = parse_header(region.network, ledger.header(1)).hash
    back = sign_tip(Tip(region.network, 1, first, START_MS), region.node)
    answers: list[bytes] = []

    def once(raw: bytes) -> bytes:
        answers.append(raw)
        return raw if len(answers) == 1 else back

    ends(tmp_path / "f", region, url, tips(once), errors.TipWentBack)


def test_a_tip_of_another_key_ends_it(tmp_path: Path, region: Region, served: Served) -> None:
    lie = sign_tip(Tip(region.network, 0, region.network, START_MS), key("stranger"))
    ends(tmp_path / "f", region, served[1], tips(lambda _: lie), errors.HeaderOfNobody)


def test_two_histories_end_it_and_what_was_there_stays(tmp_path: Path, region: Region) -> None:
    with node(tmp_path / "a", region) as (ledger, url):
        fill(ledger, region, 2)
        with follower(tmp_path / "f", region, url) as other:
            same(ledger, other)
            before = other.status()
    region.skip_nonces(1_000)
    with node(tmp_path / "b", region) as (ledger, url):  # by the same key
        fill(ledger, region, 5)
        ends(tmp_path / "f", region, url, RemoteLedger, errors.OtherHistory)
    with FollowedLedger.open(tmp_path / "f", region.genesis_file, None, FakeClock()) as reader:
        assert reader.status()._replace(checkpoint_height=0) == before._replace(checkpoint_height=0)


def test_a_node_that_was_put_back_ends_it(tmp_path: Path, region: Region) -> None:
    with node(tmp_path / "a", region) as (ledger, url), follower(tmp_path / "f", region, url) as other:
        fill(ledger, region)
        same(ledger, other)
    with node(tmp_path / "b", region) as (_, url):
        ends(tmp_path / "f", region, url, RemoteLedger, errors.TipWentBack)


def test_what_no_node_of_the_network_says_is_no_lie_but_trouble(tmp_path: Path, region: Region) -> None:
    other_network = Region("other")
    with node(tmp_path / "a", other_network) as (_, url), follower(tmp_path / "f", region, url) as other:
        assert isinstance(other.trouble(), UnreadableAnswer)


def test_a_node_whose_clock_runs_far_ahead_is_not_followed_until_it_is_set(
    tmp_path: Path, region: Region, served: Served
) -> None:
    _, url = served
    clock = FakeClock(START_MS - WINDOW_MS - 1)
    with pytest.raises(errors.ClockBehind):
        FollowedLedger.open(tmp_path / "f", region.genesis_file, RemoteLedger(url, region.network), clock)
    ahead = sign_tip(Tip(region.network, 0, region.network, START_MS + WINDOW_MS + 1), region.node)
    clock = FakeClock()
    with follower(tmp_path / "f", region, url, clock, tips(lambda _: ahead)) as other:
        assert isinstance(other.trouble(), errors.ClockBehind)
        clock.advance(2)
        until(lambda: other.trouble() is None)
        assert other.now() == START_MS + WINDOW_MS + 1 == other.as_of()  # by the node's clock


def test_a_promise_that_no_block_keeps_is_refused(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served

    class Promising(RemoteLedger):
        def submit(self, batch: bytes, going_on: object = None):
            return ledger.submit(region.batch(region.open_accounts(1)[0])).result(WAIT_S)

    with follower(tmp_path / "f", region, url, remote=Promising) as other:
        done = other.submit(region.batch(region.open_accounts(1)[0]))
        fill(ledger, region, 1)
        with pytest.raises(errors.NotInBlock):
            done.result(WAIT_S)


def test_an_answer_that_was_lost_is_found_in_the_blocks(tmp_path: Path, region: Region, served: Served) -> None:
    _, url = served

    class Losing(RemoteLedger):
        def submit(self, batch: bytes, going_on: object = None):
            super().submit(batch)
            raise AnswerLost

    with follower(tmp_path / "f", region, url, remote=Losing) as other:
        result = other.submit(region.batch(region.open_accounts(1)[0])).result(WAIT_S)
        assert [one.code for one in result.results] == [0]


def test_a_note_over_another_log_ends_it(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    fill(ledger, region)
    twin = Region()
    twin.skip_nonces(5_000)
    with EmbeddedLedger.create(tmp_path / "twin", twin.genesis_file, twin.node, FakeClock()) as lie:
        fill(lie, twin)
        note = lie.checkpoint()

    class Lying(RemoteLedger):
        def note(self, tries: int = 3) -> bytes:
            return note

    with follower(tmp_path / "f", region, url, remote=Lying) as other:
        ledger.prove([LOG_KEY])
        reach(other, ledger.height())
        with pytest.raises(errors.NoNote):
            other.checkpoint()
        assert isinstance(other.trouble(), errors.OtherHistory)


# A node that has pruned.


@pytest.fixture
def short(tmp_path: Path) -> tuple[Region, int]:
    """A pruned ledger in tmp_path/node: its region and the height of its first whole block."""
    region = pruned_samples.short_region()
    first = pruned_samples.fill(tmp_path / "node", region)
    pruned_samples.pruned(tmp_path / "node", region, first)
    return region, first


def test_a_replica_begins_with_what_a_pruned_node_exports(tmp_path: Path, short: tuple[Region, int]) -> None:
    (region, first), clock = short, FakeClock(pruned_samples.NOW_MS)
    with node(tmp_path / "node", region, clock) as (ledger, url):
        for _ in range(2):  # begun, and opened again
            with follower(tmp_path / "f", region, url, clock) as other:
                same(ledger, other)
                assert other.pruned() == ledger.pruned() != None  # noqa: E711
                assert [other.header(n) for n in range(1, first)] == [ledger.header(n) for n in range(1, first)]
                assert other.start_file("entries") == ledger.start_file("entries")
                with pytest.raises(errors.PrunedBlock):
                    other.block(first - 1)
                pruned_samples.more(ledger, region, 1)
                same(ledger, other)
    assert damages(tmp_path / "f") == []


def damages(folder: Path) -> list[object]:
    found = check_ledger(folder, lambda *_: None, None)
    return [one for one in found.findings if one.severity.value == "damaged"]


class OtherChunk(RemoteLedger):
    def start_file(self, name: str) -> bytes:
        raw = super().start_file(name)
        return raw[:-1] + bytes((raw[-1] ^ 1,)) if name == "chunk-000000.cbor" else raw


class OtherEntries(RemoteLedger):
    def start_file(self, name: str) -> bytes:
        raw = super().start_file(name)
        return bytes(32) + raw[32:] if name == "entries" else raw


class NoExport(RemoteLedger):
    def start_file(self, name: str) -> bytes:
        raise LookupError(name)


class OtherSigner(RemoteLedger):
    def headers(self, start: int, most: int = 1_000) -> list[bytes]:
        found = super().headers(start, most)
        signed = parse_header(self.network, found[0]).header
        values = {name: getattr(signed, name) for name in signed.__struct_fields__}
        stranger = key("stranger")
        values["node"] = stranger.id(self.network)
        return [sign_header(type(signed)(**values), stranger).raw, *found[1:]]


class MissingHeader(RemoteLedger):
    def headers(self, start: int, most: int = 1_000) -> list[bytes]:
        return super().headers(start + 1, most)


class OtherBlock(RemoteLedger):
    def blocks(self, start: int, most: int = 1_000) -> list[bytes]:
        return super().blocks(start + 1, most)


@pytest.mark.parametrize(
    ("remote", "refusal"),
    [
        (OtherChunk, errors.WrongExport),
        (OtherEntries, errors.WrongExport),
        (NoExport, errors.WrongExport),
        (OtherSigner, errors.HeaderOfNobody),
        (MissingHeader, errors.OtherHistory),
        (OtherBlock, errors.OtherHistory),
    ],
)
def test_each_lie_in_an_export_is_refused_and_leaves_nothing(
    tmp_path: Path, short: tuple[Region, int], remote: type[RemoteLedger], refusal: type
) -> None:
    (region, _), clock = short, FakeClock(pruned_samples.NOW_MS)
    with node(tmp_path / "node", region, clock) as (ledger, url):
        with pytest.raises(refusal):
            FollowedLedger.open(tmp_path / "f", region.genesis_file, remote(url, region.network), clock)
        with follower(tmp_path / "f", region, url, clock) as other:  # an honest one can begin there
            same(ledger, other)


def test_a_replica_that_lacks_pruned_blocks_says_what_to_do(tmp_path: Path) -> None:
    region = pruned_samples.short_region()
    first = pruned_samples.fill(tmp_path / "node", region)

    class Slow(RemoteLedger):
        def tip(self, after: int = -1, wait_ms: int = 0, tries: int = 1) -> bytes:
            return early

    clock = FakeClock(pruned_samples.NOW_MS)
    with node(tmp_path / "node", region, clock) as (ledger, url):
        hash_of = parse_header(region.network, ledger.header(1)).hash
        early = sign_tip(Tip(region.network, 1, hash_of, START_MS), region.node)
        with follower(tmp_path / "f", region, url, clock, Slow) as other:
            assert other.height() == 1
    pruned_samples.pruned(tmp_path / "node", region, first)
    with node(tmp_path / "node", region, clock) as (_, url):
        ends(tmp_path / "f", region, url, RemoteLedger, errors.BlocksGone, clock)


# Proofs, and being ready.


def test_the_newest_state_is_proved_by_the_next_header(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    with follower(tmp_path / "f", region, url) as other:
        proof = other.prove([LOG_KEY])  # before the first block: the node makes the header when it is asked
        assert proof.values == (None,)
        result = other.submit(region.batch(region.open_accounts(1)[0])).result(WAIT_S)
        proof = other.prove([LOG_KEY])
        assert proof.height > result.height
        assert proof == ledger.prove([LOG_KEY])


def test_a_process_that_follows_no_longer_is_not_ready(tmp_path: Path, region: Region, served: Served) -> None:
    lie = sign_tip(Tip(region.network, 0, region.network, START_MS), key("stranger"))
    with (
        follower(tmp_path / "f", region, served[1], remote=tips(lambda _: lie)) as other,
        application(other, region.genesis_file) as app,
        running(app) as url,
    ):
        until(lambda: other.trouble() is not None)
        answer = httpx2.get(f"{url}/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, NotReady.code)
        assert httpx2.get(f"{url}/ledger/status").json()["follows"] is False
        assert httpx2.get(f"{url}/health").status_code == 200
        answer = httpx2.get(f"{url}/ledger/tip")
        assert (answer.status_code, answer.json()["code"]) == (503, errors.NoTip.code)


def test_a_server_that_ends_lets_nobody_wait(tmp_path: Path, region: Region) -> None:
    asked = Event()
    with ThreadPoolExecutor(1) as pool, node(tmp_path / "node", region) as (ledger, url):
        told = ledger.subscribe
        ledger.subscribe = lambda one: asked.set() or told(one)  # type: ignore[method-assign]
        client = RemoteLedger(url, region.network)
        told_of = pool.submit(client.tip, 0, 25_000)
        assert asked.wait(WAIT_S)
    read_tip(region.network, told_of.result(0), validators(region))
    client.close()


def test_where_too_many_wait_a_follower_asks_again_after_a_pause(
    tmp_path: Path, region: Region, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 0)
    ledger, url = served
    asked: list[int] = []

    class Counted(RemoteLedger):
        def tip(self, after: int = -1, wait_ms: int = 0, tries: int = 1) -> bytes:
            asked.append(wait_ms)
            return super().tip(after, wait_ms, tries)

    with follower(tmp_path / "f", region, url, remote=Counted) as other:
        until(lambda: len(asked) > 3)
        fill(ledger, region)
        same(ledger, other)
        assert asked[0] == 0 and all(asked[1:])


def test_a_follower_that_begins_under_load_catches_up(tmp_path: Path, region: Region, served: Served) -> None:
    ledger, url = served
    batches = [region.batch(region.open_accounts(1)[0]) for _ in range(60)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [ledger.submit(batch).result(WAIT_S).code for batch in batches])
        with follower(tmp_path / "f", region, url) as other:
            asked = [other.prove([LOG_KEY]) for _ in range(5)]  # while blocks come
            assert writing.result(WAIT_S) == [0] * len(batches)
            same(ledger, other)
    light = CheckedLedger(ledger, region.genesis_file)
    for proof in asked:
        signed = read_header(region.network, proof.header, validators(region))
        assert verify_membership(signed.header.app_hash, LOG_KEY, proof.values[0] or b"", proof.proofs[0]) or (
            proof.values == (None,) and verify_absence(signed.header.app_hash, LOG_KEY, proof.proofs[0])
        )
    assert light.value(LOG_KEY) == ledger.view().get(LOG_KEY)


def test_a_node_whose_key_was_changed_by_vote_is_followed(tmp_path: Path) -> None:
    region = Region(parameters=((int(Parameter.PROPOSAL_DELAY_BLOCKS), 2),))
    fresh, old = key("node, second"), region.node
    proof = fresh.sign(possession(region.network, region.hospital.id, Role.VALIDATOR, fresh.public))
    change = SetValidator(region.hospital.id, fresh.public, 1, proof)
    with node(tmp_path / "node", region) as (ledger, url), follower(tmp_path / "f", region, url) as other:
        same(ledger, other)
        member = [(region.hospital.id, region.hospital.administration)]
        nonce = region.nonce()
        proposal = object_id("proposal", region.network, region.hospital.id, nonce, 0, 0)
        effective = ledger.height() + 6
        made = region.envelope(member, Propose(region.hospital.id, effective, ((4, encode(change)),)), nonce=nonce)
        votes = [
            region.envelope([(one.id, one.administration)], Vote(one.id, proposal, True)) for one in region.members
        ]
        result = ledger.submit(region.batch(made)).result(WAIT_S)
        assert [one.code for one in result.results] == [0]
        result = ledger.submit(region.batch(*votes)).result(WAIT_S)
        assert [one.code for one in result.results] == [0, 0, 0]
        reach(other, result.height)
    with EmbeddedLedger.open(tmp_path / "node", old, FakeClock()) as ledger:  # nobody follows meanwhile
        while ledger.height() <= effective:
            fill(ledger, region, 1)
    region.node = fresh
    with node(tmp_path / "node", region) as (ledger, url), follower(tmp_path / "f", region, url) as other:
        fill(ledger, region, 1)
        same(ledger, other)
        assert other.trouble() is None
