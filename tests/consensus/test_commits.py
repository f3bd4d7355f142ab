"""Committed headers are collected, verified, kept, and lead from the founders to any height."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

import msgspec
import pytest

from consensus.kvstore_nodes import until
from salus.cometbft.proto import abci_pb2, types_pb2
from salus.core.genesis import FounderValidator, validator_keys
from salus.evidence.committed import committed, parse_committed, read_steps
from salus.evidence.header import SignedHeader, read_header
from salus.ledger.consensus.commitfile import CommitFile, Step
from salus.ledger.consensus.commits import Commits
from salus.ledger.consensus.errors import DamagedCommits, NoBridge, NoVotes, OtherCommit
from salus.ledger.embedded.files import LocalFiles
from salus.testing.deciding import Deciding
from salus.testing.faults import Crash, FaultyFiles, Mode, Plan
from salus.testing.region import START_MS, Region, key

WAIT_S = 20.0


class Chain:
    """A chain of headers without an application: who decides changes as it is told."""

    def __init__(self, folder: Path, powers: dict[str, int]) -> None:
        region = Region()
        self.keys = {name: key(name) for name in [*powers, *(f"later {n}" for n in range(40))]}
        founders = tuple(FounderValidator(0, self.keys[name].public, power) for name, power in powers.items())
        self.genesis = msgspec.structs.replace(region.genesis, validators=founders)
        self.network, self.folder = region.network, folder
        self.deciding = Deciding(self.network, self.genesis, list(self.keys.values()))
        self.deciding.app_hash = bytes(32)
        self.founders = validator_keys(self.network, self.genesis)
        folder.mkdir(parents=True, exist_ok=True)

    def block(self, **changes: int) -> None:
        """Decide a block that changes powers, 0 removes; they count two heights later."""
        height = self.deciding.decide((), START_MS + 1000 * (self.deciding.height + 1))
        result = abci_pb2.ResponseFinalizeBlock(app_hash=bytes(32))
        for name, power in changes.items():
            public = self.keys[name.replace("_", " ")].public
            result.validator_updates.add(power=power).pub_key.ed25519 = public
        self.deciding.shown(height, result)

    def header(self, height: int) -> SignedHeader:
        """The header as the node's own blocks have it."""
        made = self.deciding.made[height - 1]
        raw = committed(self.network, [(made.header, made.commit, self.deciding.validators(height))])
        signed = parse_committed(self.network, raw)
        return signed._replace(header=msgspec.structs.replace(signed.header, format=3))

    def open(self, *, collecting: bool = True, readonly: bool = False) -> Commits:
        file = CommitFile(LocalFiles().open_append(self.folder / "commits"))
        file.scan(readonly=readonly)
        votes = self.deciding if collecting else None
        return Commits(self.network, file, votes, self.founders, lambda: self.deciding.height, self.header)

    def steps(self, commits: Commits, height: int) -> list[int]:
        """Return the heights of the steps of a committed header, which the founders lead to."""
        raw = commits.wait(height, WAIT_S)
        found = read_header(self.network, raw, self.founders)
        assert (found.hash, found.header.height) == (self.header(height).hash, height)
        return [step.header.height for step in read_steps(self.network, raw)]


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "ledger", {"a": 10, "b": 10, "c": 10, "d": 10})


def test_votes_are_collected_and_outlast_a_restart(chain: Chain) -> None:
    for _ in range(5):
        chain.block()
    commits = chain.open()
    assert chain.steps(commits, 5) == [5]
    chain.block()
    commits.wake()
    assert chain.steps(commits, 6) == [6]
    commits.close()
    chain.block()
    later = chain.open()
    assert [chain.steps(later, height) for height in range(1, 8)] == [[height] for height in range(1, 8)]
    later.close()
    alone = chain.open(collecting=False)
    assert chain.steps(alone, 7) == [7]
    assert alone.committed(0) is alone.committed(8) is None
    with pytest.raises(NoVotes):
        alone.wait(8, 0)
    alone.close()


def test_votes_that_are_late_are_waited_for(chain: Chain) -> None:
    chain.deciding.away[2] = None
    for _ in range(3):
        chain.block()
    commits = chain.open()
    assert chain.steps(commits, 1) == [1]
    with pytest.raises(NoVotes):
        commits.wait(2, 0.1)
    del chain.deciding.away[2]
    assert chain.steps(commits, 3) == [3]
    commits.close()


def test_bridges_over_a_gradual_change_of_all_validators(chain: Chain) -> None:
    names = ["a", "b", "c", "d"]
    for number in range(12):
        for _ in range(random.Random(number).randrange(3)):
            chain.block()
        chain.block(**{f"later_{number}": 10, names[0].replace(" ", "_"): 0})
        names = [*names[1:], f"later {number}"]
    for _ in range(3):
        chain.block()
    commits = chain.open()
    last = chain.deciding.height
    steps = chain.steps(commits, last)
    assert 3 < len(steps) <= 12 and steps == sorted(set(steps)) and steps[-1] == last
    for height in range(1, last + 1):
        assert chain.steps(commits, height)[-1] == height
    commits.close()


def test_bridges_over_a_change_of_all_at_once(chain: Chain) -> None:
    chain.block()
    chain.block(a=0, b=0, c=0, d=0, later_1=5, later_2=5)
    for _ in range(5):
        chain.block()
    commits = chain.open()
    assert chain.steps(commits, 3) == [3]
    assert chain.steps(commits, 7) == [3, 4, 7]  # the third names the validators of the fourth
    assert chain.steps(commits, 4) == [3, 4]
    commits.close()


def test_what_no_bridge_reaches_is_refused(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ["a", "b", "c", "d"]
    for number in range(36):
        now = f"later_{number}"
        chain.block(**{now: 10}, **{name.replace(" ", "_"): 0 for name in before})
        before = [now]
    chain.block()
    chain.block()
    commits = chain.open()
    assert chain.steps(commits, 20)[-1] == 20
    assert len(chain.steps(commits, 38)) == 37
    with monkeypatch.context() as smaller:
        smaller.setattr("salus.ledger.consensus.commits.MAX_HEADER_BYTES", 20_000)
        with pytest.raises(NoBridge):
            commits.committed(38)
    younger = CommitFile(LocalFiles().open_append(tmp_path / "younger"))  # the older ones are gone, as after state sync
    younger.append([(height, commits._file.get(height)) for height in range(30, 39)])
    commits.close()
    alone = Commits(chain.network, younger, None, chain.founders, lambda: 38, chain.header)
    with pytest.raises(NoBridge):
        alone.committed(38)
    alone.close()


def test_another_header_than_was_decided_ends_the_collecting(chain: Chain) -> None:
    chain.block()
    chain.block()
    true = chain.header

    def lie(height: int) -> SignedHeader:
        signed = true(height)
        return signed._replace(hash=bytes(32)) if height == 2 else signed

    chain.header = lie  # type: ignore[method-assign]
    commits = chain.open()
    until(lambda: commits.trouble is OtherCommit)
    assert commits.height == 1
    commits.close()


def test_votes_of_too_few_are_not_kept(chain: Chain) -> None:
    chain.block()
    commit = chain.deciding.made[0].commit
    for one in commit.signatures[:2]:
        one.Clear()
        one.block_id_flag = types_pb2.BLOCK_ID_FLAG_ABSENT
        one.timestamp.seconds = -62_135_596_800
    commits = chain.open()
    with pytest.raises(NoVotes):
        commits.wait(1, 0.3)
    assert commits.height == 0 and commits.trouble is None
    commits.close()


# the file


def steps_of(count: int, every: int = 3) -> list[tuple[int, Step]]:
    return [(n + 5, Step(b"header %d" % n, b"commit %d" % n, b"set %d" % (n // every))) for n in range(count)]


def written(folder: Path, steps: Sequence[tuple[int, Step]]) -> Path:
    folder.mkdir()
    file = CommitFile(LocalFiles().open_append(folder / "commits"))
    file.scan()
    for at in range(0, len(steps), 4):
        file.append(steps[at : at + 4])
    file.close()
    return folder / "commits"


def opened(path: Path) -> CommitFile:
    file = CommitFile(LocalFiles().open_append(path))
    try:
        file.scan()
    except BaseException:
        file.close()
        raise
    return file


def test_the_file_gives_back_what_it_was_given(tmp_path: Path) -> None:
    steps = steps_of(10)
    file = opened(written(tmp_path / "f", steps))
    assert (file.first, file.height) == (5, 14)
    assert [(height, file.get(height)) for height in range(5, 15)] == steps
    for height in (0, 4, 15):
        with pytest.raises(LookupError):
            file.get(height)
    file.close()
    assert (tmp_path / "f/commits").read_bytes().count(b"set 0") == 1  # once for three heights


def test_a_torn_end_is_cut_off_and_every_other_change_is_found(tmp_path: Path) -> None:
    steps = steps_of(7)
    path = written(tmp_path / "f", steps)
    whole = path.read_bytes()
    file = opened(path)
    last = file._starts[-1]
    file.close()
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        file = opened(path)
        assert file.height == 10 and path.stat().st_size == last
        file.append(steps[-1:])
        file.close()
        assert path.read_bytes() == whole
    for at in range(len(whole)):
        for bit in (0, 7):
            path.write_bytes(whole[:at] + bytes((whole[at] ^ 1 << bit,)) + whole[at + 1 :])
            with pytest.raises(DamagedCommits):
                file = opened(path)
                try:
                    for height in range(5, 12):
                        file.get(height)
                finally:
                    file.close()


def test_a_power_cut_leaves_whole_records(tmp_path: Path) -> None:
    steps = steps_of(9)
    modes: tuple[Mode, ...] = ("before", "torn", "after")
    for run in range(24):
        folder = Path(mkdtemp(dir=tmp_path))
        plan = Plan(run % 4 + 1, modes[run % 3], seed=run)
        try:
            file = CommitFile(FaultyFiles(plan).open_append(folder / "commits"))
            file.scan()
            for at in range(0, 9, 3):
                file.append(steps[at : at + 3])
        except Crash:
            pass
        finally:
            file.close()
        after = opened(folder / "commits")
        kept = 0 if not after.height else after.height - 4
        print(f"seed {run}: {kept} kept")
        assert [after.get(height) for height in range(5, 5 + kept)] == [step for _, step in steps[:kept]]
        after.append(steps[kept:])
        assert after.height == 13
        after.close()
        shutil.rmtree(folder)
