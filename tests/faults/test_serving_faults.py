"""A served home that is killed, that gets no disk, whose clock jumps. Real processes; a failure names its seed."""

import random
import resource
from pathlib import Path

import httpx2
import pytest
from serving_load import Load, clocked, executed, found_home, fresh, signed, stands

from e2e.command_line import once, salus
from e2e.serving_process import served
from salus.ledger.embedded.clock import SystemClock
from salus.ledger.errors import ClockBehind, StorageFailed, StorageFull
from salus.machine.errors import Expired

HOUR_MS = 3_600_000
both = pytest.mark.parametrize("executor", ["inside", "apart"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home that was founded just now, by the clock of this machine."""
    return once(tmp_path_factory, "for-serving", found_home)


def runs(request: pytest.FixtureRequest, share: int) -> range:
    return range(max(1, request.config.getoption("--fault-runs") // share))


@both
def test_killed_under_load_nothing_acknowledged_is_lost(
    made: Path, tmp_path: Path, request: pytest.FixtureRequest, executor: str
) -> None:
    for seed in runs(request, 200):
        chance, home, load = random.Random(seed), fresh(made, tmp_path / f"{seed}"), Load()
        envelopes = signed(home, 120)
        with served(home, "--executor", executor) as server:
            at = chance.randrange(1, 80)
            with load.posting(server.url, envelopes, at):
                server.process.kill()
                server.process.wait(30)
        before = dict(load.acknowledged)
        assert at <= len(before) < len(envelopes), f"seed {seed}"
        stands(home, load)
        assert salus("fsck", home=home).status == 0, f"seed {seed}"
        again = Load()
        with served(
            home, "--executor", executor
        ) as server:  # whoever had no answer asks again: nothing is executed twice
            again.post_all(server.url, envelopes)
        assert not again.refused and len(again.acknowledged) == len(envelopes), f"seed {seed}"
        assert {one: again.acknowledged[one] for one in before} == before, f"seed {seed}"  # where each stands
        stands(home, again)
        assert executed(home) == len(envelopes), f"seed {seed}"


@both
def test_a_disk_that_takes_no_more_loses_nothing_and_is_gone_on_with(
    made: Path, tmp_path: Path, request: pytest.FixtureRequest, executor: str
) -> None:
    for seed in runs(request, 200):
        chance, home, load = random.Random(seed), fresh(made, tmp_path / f"{seed}"), Load()
        envelopes = signed(home, 60)
        with served(home, "--executor", executor) as server:
            load.post_all(server.url, envelopes[:20])
            full = (home / "ledger/blocks").stat().st_size + chance.randrange(6_000)
            resource.prlimit(server.executor, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
            load.post_all(server.url, envelopes[20:40])
            assert load.refused, f"seed {seed}"
            codes = {(503, StorageFailed.code), (503, StorageFull.code)}
            assert set(load.refused.values()) <= codes, f"seed {seed}"
            assert httpx2.get(f"{server.url}/ready").status_code == 200  # it is read as before
            resource.prlimit(server.executor, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            turned_away = list(load.refused)
            load.refused.clear()
            load.post_all(server.url, envelopes[40:] + turned_away)
            assert not load.refused, f"seed {seed}"
            assert server.end()[0] == 0
        stands(home, load)
        assert executed(home) == len(envelopes) == len(load.acknowledged), f"seed {seed}"
        assert salus("fsck", home=home).status == 0, f"seed {seed}"


@both
def test_fsck_while_envelopes_are_posted(made: Path, tmp_path: Path, executor: str) -> None:
    home, load = fresh(made, tmp_path / "home"), Load()
    envelopes = signed(home, 150)
    with served(home, "--executor", executor) as server:
        with load.posting(server.url, envelopes, 10):
            result = salus("fsck", home=home)
        assert result.status == 0, result
        assert not load.refused and len(load.acknowledged) == len(envelopes)
        assert server.end()[0] == 0
    stands(home, load)
    assert salus("fsck", home=home).status == 0


def test_a_clock_that_jumps(made: Path, tmp_path: Path) -> None:
    home, offset, load = fresh(made, tmp_path / "home"), tmp_path / "offset", Load()
    put(offset, 0)
    first, second, third = (signed(home, 3) for _ in range(3))
    later = signed(home, 3, Ahead(2 * HOUR_MS))
    with clocked(home, offset) as server:
        load.post_all(server.url, first)
        put(offset, -HOUR_MS)  # back: block time stands still and goes on
        load.post_all(server.url, second)
        assert not load.refused
        times = [load.acknowledged[one].time for one in (*first, *second)]
        assert max(times[:3]) <= min(times[3:])
        put(offset, 2 * HOUR_MS)  # ahead: what was signed by the true clock has expired
        load.post_all(server.url, third)
        assert load.refused == dict.fromkeys(third, (410, Expired.code))
        load.post_all(server.url, later)
        assert len(load.refused) == len(third) and all(load.acknowledged[one].code == 0 for one in later)
        put(offset, 0)
        assert httpx2.get(f"{server.url}/health").status_code == 200
        assert server.end()[0] == 0
    # Its blocks are ahead of the clock now: it says so, and begins once the clock is past them.
    result = salus("serve", "--listen", "127.0.0.1:0", home=home)
    assert (result.status, result.out) == (4, "") and f"0x{ClockBehind.code:04x}" in result.line
    put(offset, 2 * HOUR_MS)
    with clocked(home, offset) as server:
        again = Load()
        again.post_all(server.url, later)
        assert {one: again.acknowledged[one] for one in later} == {one: load.acknowledged[one] for one in later}
    assert salus("fsck", home=home).status == 0


def put(file: Path, offset_ms: int) -> None:
    """Let the clock be off by so much, from one look to the next."""
    file.with_suffix(".new").write_text(str(offset_ms))
    file.with_suffix(".new").replace(file)


class Ahead:
    """The system's time and some milliseconds."""

    def __init__(self, ahead_ms: int) -> None:
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        return SystemClock().now_ms() + self._ahead_ms
