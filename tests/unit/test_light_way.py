"""What leads from the genesis to a ledger that begins in the middle, over validators that all have gone meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consensus.kvstore_nodes import until
from salus.client.remote_errors import BadUpstream, NodeAway, PrunedThere
from salus.cometbft.proto.types_pb2 import Commit, Header, ValidatorSet
from salus.core.encoding import decode
from salus.evidence.committed import MAX_STEPS, Committed, parse_committed, read_committed, read_steps
from salus.fsck.bridge import Bridge
from salus.ledger.consensus import way
from salus.ledger.consensus.bridges import bridged
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NoBridge
from salus.ledger.consensus.guides import Guides
from salus.ledger.consensus.way import NAME, Guiding, Way
from salus.ledger.embedded.files import LocalFiles
from vectors.committed_chain import Chain, members, signed, stamp, validator_key
from vectors.consortium import trusting
from vectors.fixed import NETWORK

FIRST, LAST = 40, 90  # of the blocks that are here


def gradually(height: int) -> dict[str, int]:
    """Every third height one validator goes and another comes."""
    return {f"v{height // 3 + at}": 10 + at for at in range(4)}


def at_once(height: int) -> dict[str, int]:
    """Every tenth height all go, and others come."""
    return {f"w{height // 10}.{at}": 10 for at in range(2)}


def mixed(height: int) -> dict[str, int]:
    """All go at the first block that is here, too."""
    return gradually(height) if height < FIRST else at_once(height)


TURNING = (gradually, at_once, mixed)
FOUNDERS = members(at_once(1))
TRUSTED = trusting(NETWORK, {validator_key(name): power for name, power in at_once(1).items()})


def step(chain: Chain, height: int) -> Step:
    return Step(*decode(chain.header(height), Committed).steps[0])


class Member:
    """A member's server, or its node: gives what the chain has from `first` on, changed as it is told."""

    def __init__(self, chain: Chain, first: int = 1, newest: int = LAST) -> None:
        self.chain, self.first, self.newest = chain, first, newest
        self.away = self.closed = False
        self.changed: Callable[[bytes], bytes] = lambda raw: raw
        self.asked: list[int] = []

    def _look(self, height: int) -> None:
        self.asked.append(height)
        if self.away or self.closed:
            raise NodeAway
        if height > self.newest:
            raise LookupError(height)
        if height < self.first:
            raise PrunedThere

    def header(self, height: int) -> bytes:
        self._look(height)
        founders = members(self.chain.powers(1))
        return self.changed(bridged(NETWORK, founders, lambda at: step(self.chain, at), 1, height))

    def commit(self, height: int | None = None) -> tuple[Header, Commit]:
        assert height is not None
        self._look(height)
        return self.chain.block(height)[:2]

    def validators(self, height: int) -> ValidatorSet:
        return self.chain.block(height)[2]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def chain() -> Chain:
    return Chain(NETWORK, powers=at_once)


@pytest.fixture
def found(chain: Chain, tmp_path: Path) -> Iterator[Callable[..., Way]]:
    """Return how a way is opened, over servers and nodes; without any nobody is asked."""
    made: list[Way] = []

    def open_(servers: tuple[Member, ...] = (), nodes: tuple[Member, ...] = (), files: LocalFiles | None = None) -> Way:
        def guiding() -> Guiding:
            return Guides(NETWORK, FOUNDERS, servers, nodes)

        asked = guiding if servers or nodes else None
        made.append(Way(NETWORK, FOUNDERS, tmp_path, files or LocalFiles(), asked))
        made[-1].lead(FIRST, parse_committed(NETWORK, chain.header(FIRST)).hash)
        return made[-1]

    yield open_
    for one in made:
        one.close()


@pytest.mark.parametrize("powers", TURNING)
@pytest.mark.parametrize("by", ["server", "node"])
def test_what_is_handed_out_stands_by_the_genesis_alone(
    powers: Callable[[int], dict[str, int]], by: str, tmp_path: Path
) -> None:
    """As a full node's does, of every height, where no founder signs any more when the blocks here begin."""
    chain = Chain(NETWORK, powers=powers)
    founders = members(powers(1))
    trusted = trusting(NETWORK, {validator_key(name): power for name, power in powers(1).items()})
    assert not {one.public for one in founders} & {one.public for one in members(powers(FIRST))}

    def here(height: int) -> Step:
        assert height >= FIRST, "those before are not here"
        return step(chain, height)

    member = Member(chain)
    lists = ((member,), ()) if by == "server" else ((), (member,))
    made = Way(NETWORK, founders, tmp_path, LocalFiles(), lambda: Guides(NETWORK, founders, *lists))
    with pytest.raises(NoBridge):
        bridged(NETWORK, founders, here, FIRST, LAST)
    with closing(made):
        made.lead(FIRST, parse_committed(NETWORK, chain.header(FIRST)).hash)
        until(lambda: bool(made.steps))
        for height in (FIRST, FIRST + 1, *range(FIRST + 2, LAST, 12)):
            raw = bridged(NETWORK, founders, here, FIRST, height, made.steps)
            shown = read_committed(NETWORK, raw, trusted)
            assert (shown.header.height, shown.hash) == (height, parse_committed(NETWORK, chain.header(height)).hash)
            full = bridged(NETWORK, founders, lambda at: step(chain, at), 1, height)
            assert len(read_steps(NETWORK, raw)) <= len(read_steps(NETWORK, full)) + 2
    until(lambda: member.closed)


def test_steps_that_are_not_needed_are_left_out(chain: Chain) -> None:
    """Whoever the founders still vouch for needs none; from the middle of the way on, the rest of it."""
    everything = tuple(step(chain, height) for height in range(1, FIRST))
    raw = bridged(NETWORK, members(at_once(FIRST)), lambda at: step(chain, at), FIRST, FIRST + 5, everything)
    assert [one.header.height for one in read_steps(NETWORK, raw)] == [FIRST + 5]
    raw = bridged(NETWORK, FOUNDERS, lambda at: step(chain, at), FIRST, FIRST + 12, everything)
    assert [one.header.height for one in read_steps(NETWORK, raw)] == [9, 10, 19, 20, 29, 30, 39, 40, 49, 50, 52]
    assert read_committed(NETWORK, raw, TRUSTED).header.height == FIRST + 12


def test_a_way_of_too_many_steps_is_none() -> None:
    """What a reader refuses for its length is not handed out."""
    each = Chain(NETWORK, powers=lambda height: {f"x{height}": 1})
    founders = members({"x1": 1})
    raw = bridged(NETWORK, founders, lambda at: step(each, at), 1, MAX_STEPS)
    assert len(read_steps(NETWORK, raw)) == MAX_STEPS
    with pytest.raises(NoBridge):
        bridged(NETWORK, founders, lambda at: step(each, at), 1, MAX_STEPS + 1)


def test_it_is_found_once_and_kept(found: Callable[..., Way], chain: Chain, tmp_path: Path) -> None:
    member = Member(chain)
    first = found((member,))
    until(lambda: bool(first.steps))
    until(lambda: (tmp_path / NAME).exists())
    assert member.asked == [FIRST]
    assert [one.header.height for one in read_steps(NETWORK, (tmp_path / NAME).read_bytes())][-1] == FIRST
    again = found((member,))
    assert again.steps == first.steps and member.asked == [FIRST], "the file says it"
    assert found().steps == first.steps


def damage(raw: bytes) -> bytes:
    return raw[:-9] + bytes((raw[-9] ^ 1,)) + raw[-8:]


def test_a_damaged_file_counts_for_nothing_and_is_fetched_again(
    found: Callable[..., Way], chain: Chain, tmp_path: Path
) -> None:
    until(lambda: bool(found((Member(chain),)).steps))
    until(lambda: (tmp_path / NAME).exists())
    good = (tmp_path / NAME).read_bytes()
    other = bridged(NETWORK, FOUNDERS, lambda at: step(chain, at), 1, FIRST + 1)
    for bad in (b"", b"\xff", damage(good), other, chain.header(FIRST)):
        (tmp_path / NAME).write_bytes(bad)
        assert found().steps == ()
        assert (tmp_path / NAME).read_bytes() == bad, "for reading only nothing is changed"
    until(lambda: bool(found((Member(chain),)).steps))
    until(lambda: (tmp_path / NAME).read_bytes() == good)


def forged(chain: Chain) -> bytes:
    """The way with a header in it that another set claims to have decided."""
    other = chain.fork("forged", 15)
    return other.header(9, 10, 19, 20, 29, 30, 39, FIRST)


def strangers(chain: Chain) -> bytes:
    """A way whose first step nobody trusted signed."""
    return Chain(NETWORK, powers=lambda height: {"z": 1}).header(5, FIRST)


@pytest.mark.parametrize(
    "lie",
    [
        lambda chain, raw: b"",
        lambda chain, raw: damage(raw),
        lambda chain, raw: forged(chain),
        lambda chain, raw: strangers(chain),
        lambda chain, raw: chain.header(FIRST),
        lambda chain, raw: bridged(NETWORK, FOUNDERS, lambda at: step(chain, at), 1, FIRST - 1),
        lambda chain, raw: chain.header(9, 19, FIRST),
        lambda chain, raw: raw + bytes(70_000),
    ],
)
def test_a_server_that_lies_is_passed_over(
    found: Callable[..., Way], chain: Chain, lie: Callable[[Chain, bytes], bytes], tmp_path: Path
) -> None:
    liar, honest = Member(chain), Member(chain)
    liar.changed = lambda raw: lie(chain, raw)
    made = found((liar, honest))
    until(lambda: bool(made.steps))
    assert liar.asked == honest.asked == [FIRST]
    until(lambda: (tmp_path / NAME).exists())
    assert read_committed(NETWORK, (tmp_path / NAME).read_bytes(), TRUSTED).header.height == FIRST


def test_a_node_that_lies_or_has_pruned_is_passed_over(found: Callable[..., Way], chain: Chain) -> None:
    class Liar(Member):
        """Shows, of everything below, headers that others than the validators decided."""

        def commit(self, height: int | None = None) -> tuple[Header, Commit]:
            assert height is not None
            header, commit = super().commit(height)
            if height == 19:
                header = Header.FromString(header.SerializeToString())
                header.time.CopyFrom(stamp(1))
                commit = signed(header, ["w1.0", "w1.1"], keys=dict.fromkeys(("w1.0", "w1.1"), validator_key("z")))
            return header, commit

    liar, pruned, honest = Liar(chain), Member(chain, first=20), Member(chain)
    behind, away = Member(chain, newest=FIRST - 1), Member(chain)
    away.away = True
    made = found((), (liar, pruned, behind, away, honest))
    until(lambda: bool(made.steps))
    assert 19 in liar.asked and pruned.asked and behind.asked == away.asked == [FIRST]
    until(lambda: honest.closed and liar.closed)
    assert len(honest.asked) == len(set(honest.asked)), "no header is asked for twice"
    assert len(honest.asked) < FIRST


def test_a_node_cannot_lead_on_and_on(chain: Chain) -> None:
    """One that shows a change of all validators at every height is asked as often as a way may have steps."""
    endless = Member(Chain(NETWORK, powers=lambda height: {f"x{height}": 1}), newest=400)
    asked = Guides(NETWORK, members({"x1": 1}), (), (endless,))
    assert list(asked.offered(400)) == []
    assert len(set(endless.asked)) < MAX_STEPS * 12


def test_members_are_asked_again_until_one_knows(
    found: Callable[..., Way], chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way, "PAUSES_S", (0.01,))
    monkeypatch.setattr(Member, "close", lambda self: None)
    member = Member(chain)
    member.away = True
    made = found((member,))
    until(lambda: len(member.asked) > 3)
    assert made.steps == ()
    member.away = False
    until(lambda: bool(made.steps))


def test_certificates_that_cannot_be_read_end_nothing(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way, "PAUSES_S", (0.01,))
    tries: list[int] = []

    def guiding() -> Guiding:
        tries.append(1)
        if len(tries) < 3:
            raise BadUpstream
        return Guides(NETWORK, FOUNDERS, (Member(chain),), ())

    with closing(Way(NETWORK, FOUNDERS, tmp_path, LocalFiles(), guiding)) as made:
        made.lead(FIRST, parse_committed(NETWORK, chain.header(FIRST)).hash)
        until(lambda: bool(made.steps))
    assert len(tries) == 3


class FullDisk(LocalFiles):
    """Nothing can be written."""

    def write(self, path: Path, data: bytes) -> None:
        raise OSError


def test_a_disk_that_is_full_keeps_no_proof_from_being_made(
    found: Callable[..., Way], chain: Chain, tmp_path: Path
) -> None:
    made = found((Member(chain),), files=FullDisk())
    until(lambda: bool(made.steps))
    assert not (tmp_path / NAME).exists()


def test_closing_ends_what_is_under_way(found: Callable[..., Way], chain: Chain) -> None:
    member = Member(chain)
    member.away = True
    made = found((member,))
    until(lambda: member.closed)
    made.close()
    assert made._thread is not None and not made._thread.is_alive()
    asked = len(member.asked)
    made.lead(FIRST, bytes(32))
    assert len(member.asked) == asked


def test_fsck_names_what_is_wrong_with_the_file(chain: Chain, tmp_path: Path) -> None:
    first = parse_committed(NETWORK, chain.header(FIRST))

    def findings() -> list[str]:
        check = Bridge(tmp_path, NETWORK, TRUSTED)
        return [f"{one.file}: {one.place}" for one in (*check.check(first), *check.rest())]

    assert findings() == []
    good = bridged(NETWORK, FOUNDERS, lambda at: step(chain, at), 1, FIRST)
    (tmp_path / NAME).write_bytes(good)
    assert findings() == []
    for bad in (b"", damage(good), strangers(chain)):
        (tmp_path / NAME).write_bytes(bad)
        assert findings() == ["bridge: whole file"]
    forked = chain.fork("other", 35)
    (tmp_path / NAME).write_bytes(bridged(NETWORK, FOUNDERS, lambda at: step(forked, at), 1, FIRST))
    assert findings() == ["bridge: its last header"]


def test_fsck_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (found,) = Bridge(tmp_path, NETWORK, TRUSTED).rest()
    assert (found.file, found.what) == (NAME, "cannot be read: Is a directory")
