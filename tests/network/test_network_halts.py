"""A node whose CometBFT answers and whose blocks do not go on: judged by what is printed and by the others' heights."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from msgspec import structs

from salus.bootstrap.consensus import ConsensusFile, Peer
from salus.bootstrap.network import halting
from salus.bootstrap.network.halting import MOST_STOPS, STILL_S, Halting
from salus.bootstrap.network.halts import (
    FILE,
    WHY,
    ApplicationStopped,
    ConsensusEnded,
    Halt,
    HomeDamaged,
    NeverRecovered,
    RulesMissing,
    StandsStill,
    StateDiffers,
    keep_halt,
    read_halt,
)
from salus.bootstrap.network.printed import MOST_BYTES, Printed
from salus.bootstrap.network.process import Watched
from salus.bootstrap.network.status import NetworkStatus, NodeStatus
from salus.bootstrap.resetting import remove_shared
from salus.cli.network_status import state
from salus.client.cometbft.rpc import NodeStatus as Answered
from salus.client.remote_errors import NodeAway
from salus.machine.errors import UnknownRules

OTHER = "wrong Block.Header.AppHash.  Expected 00, got AB"
FAILURE = {"_msg": "CONSENSUS FAILURE!!!", "err": f"+2/3 committed an invalid block: {OTHER}", "level": "error"}
WAL = FAILURE | {"err": "failed to write to consensus WAL; check disk space and restart"}
BUG = {"level": "error", "text": "a request failed: CometBFT stops", "request": "finalize_block", "kind": "KeyError"}
STOPPED = {"level": "error", "text": "a request was refused: CometBFT stops", "code": 0x700A}
ROTTEN = STOPPED | {"code": 0x7062}
LACKED = UnknownRules(9, 2, "Salus 2.0")
PEERS = tuple(Peer(f"p{n}", f"{n:040x}", f"127.0.0.1:{n}", f"http://127.0.0.1:{n}") for n in range(1, 4))


class Process:
    """Stands for a process that is watched: how often it was told to end."""

    def __init__(self) -> None:
        self.ends, self.ending = 0, False

    def end(self) -> None:
        self.ends += 1


class Other:
    """Stands for the RPC of another member's node."""

    heights: ClassVar[dict[str, int]] = {}

    def __init__(self, url: str, *_: object) -> None:
        self._url = url

    def status(self, tries: int) -> Answered:
        if self._url not in self.heights:
            raise NodeAway
        return answered(self.heights[self._url])

    def close(self) -> None:
        return


def answered(height: int, *, catching_up: bool = False) -> Answered:
    return Answered("salus", "00", "0.39.4", "one", height, 0, b"", 1, catching_up, b"", None, 1)


class Judged:
    """One member: its logs, its clock, its two processes."""

    def __init__(self, home: Path, peers: tuple[Peer, ...] = PEERS) -> None:
        self.home, self.at = home, 1000.0
        self.cometbft, self.application = Process(), Process()
        (home / "logs").mkdir(exist_ok=True)
        said = ConsensusFile("north", peers=peers)
        self.halting = Halting(home, said, home / "logs", lambda: self.at)

    def prints(self, who: str, *lines: dict[str, Any] | str) -> Halt | None:
        """Let one of the two print, then look; return what is known."""
        with (self.home / f"logs/{who}.log").open("a") as log:
            log.writelines(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)
        self.halting.look(cast(Watched, self.cometbft), cast(Watched, self.application))
        return self.halting.halt

    def hears(self, height: int, *, catching_up: bool = False) -> Halt | None:
        self.halting.heard(answered(height, catching_up=catching_up), cast(Watched, self.cometbft))
        return self.halting.halt

    @property
    def ends(self) -> tuple[int, int]:
        return self.cometbft.ends, self.application.ends


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.setattr(halting, "Rpc", Other)
    monkeypatch.setattr(Other, "heights", {})
    made = Judged(tmp_path)
    yield made
    made.halting.close()


def test_a_log_is_read_line_by_line_from_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert Printed(log).fresh() == []
    log.write_bytes(b"old\n")
    printed = Printed(log)
    assert printed.fresh() == []
    with log.open("ab") as file:
        file.write(b"one\ntwo\nthr")
        file.flush()
        assert printed.fresh() == ["one", "two"] and printed.fresh() == []
        file.write(b"ee\n\xff\n")
    assert printed.fresh() == ["three", "\ufffd"]
    log.write_bytes(b"new\n")
    assert printed.fresh() == ["new"], "a file that was laid aside"
    with log.open("ab") as file:
        file.write(b"x" * (MOST_BYTES + 5) + b"\nlast\n")
    assert printed.fresh() == [] and printed.fresh() == ["xxxxx", "last"], "no line is so long"


def test_a_state_that_differs_is_given_up_at_once(judged: Judged) -> None:
    judged.hears(7)
    found = judged.prints("cometbft", {"_msg": "else"}, FAILURE)
    assert found is not None and found.given_up and (found.code, found.height) == (StateDiffers.code, 7)
    assert OTHER in found.cause and "ledger reset" in str(found) and str(found).count("0x6344") == 1
    assert read_halt(judged.home) == found == judged.hears(8), "what is given up stays so"
    assert judged.prints("cometbft", WAL) == found
    judged.halting.close()
    assert read_halt(judged.home) == found
    assert Judged(judged.home).halting.halt is None and not (judged.home / FILE).exists(), "brought up anew"


@pytest.mark.parametrize(
    "line",
    [
        FAILURE | {"_msg": "Error in validation", "err": OTHER.replace("AppHash", "LastResultsHash")},
        f"panic: precommit step; +2/3 prevoted for an invalid block: {OTHER}",
        "panic: state.AppHash does not match AppHash after replay. Got 00, expected AB.",
    ],
)
def test_the_other_places_in_which_a_state_that_differs_shows(judged: Judged, line: dict[str, Any] | str) -> None:
    found = judged.prints("cometbft", line)
    assert found is not None and found.code == StateDiffers.code


@pytest.mark.parametrize(
    "line",
    [
        {"_msg": "prevote step: consensus deems this block invalid; prevoting nil", "err": OTHER, "level": "error"},
        {"_msg": "Error in validation", "err": "invalid commit -- wrong signature", "level": "error"},
        "panic: close of closed channel",
        "",
        "[",
        "7",
    ],
)
def test_what_a_single_peer_can_bring_about_is_no_halt(judged: Judged, line: dict[str, Any] | str) -> None:
    assert judged.prints("cometbft", line) is None and judged.ends == (0, 0)


def test_a_consensus_that_ended_otherwise_is_begun_anew_until_blocks_go_on(judged: Judged) -> None:
    judged.hears(7)
    for number in range(1, 6):
        found = judged.prints("cometbft", WAL)
        assert found is not None and not found.given_up and found.code == ConsensusEnded.code
        assert judged.ends == (number, 0) and judged.hears(7) == found == read_halt(judged.home)
    assert judged.hears(8) is None and read_halt(judged.home) is None


def test_a_ledger_that_stops_is_begun_anew_twice_and_then_given_up(judged: Judged) -> None:
    judged.hears(7)
    found = judged.prints("salus", BUG)
    assert found is not None and found.code == ApplicationStopped.code and "KeyError" in found.cause
    assert judged.hears(8) is None, "it went on"
    for number, line in enumerate((BUG, STOPPED, STOPPED), 1):
        found = judged.prints("salus", line)
        assert found is not None and found.given_up is (number == MOST_STOPS)
    assert found is not None and found.code == NeverRecovered.code and judged.ends == (0, 3)


def test_what_the_ledger_said_is_not_covered_by_what_follows_from_it(judged: Judged) -> None:
    judged.prints("salus", BUG)
    found = judged.prints("cometbft", WAL)
    assert found is not None and found.code == ApplicationStopped.code and judged.ends == (1, 1)


def test_lines_of_one_stop_count_once(judged: Judged) -> None:
    judged.prints("salus", BUG)
    judged.application.ending = True
    found = judged.prints("salus", STOPPED, STOPPED, STOPPED)
    assert found is not None and not found.given_up and judged.ends == (0, 1)


@pytest.mark.parametrize(
    "line",
    [
        ROTTEN,
        "salus: A file of the ledger is damaged: blocks, byte 5044: wrong checksum (0x7007). Run salus fsck.",
        "salus: The state on this node's disk is not the one that it computed: it must not go on. (0x7062)",
    ],
)
def test_a_home_that_is_damaged_is_given_up(judged: Judged, line: dict[str, Any] | str) -> None:
    found = judged.prints("salus", line)
    assert found is not None and found.given_up and found.code == HomeDamaged.code and judged.ends == (0, 0)


@pytest.mark.parametrize(
    "line",
    [
        {"level": "critical", "text": f"CometBFT stops: {LACKED}", "code": UnknownRules.code},
        f"salus: {LACKED}",
    ],
    ids=["at a block", "at opening"],
)
def test_rules_that_the_program_lacks_are_waited_for_and_named(judged: Judged, line: dict[str, Any] | str) -> None:
    judged.hears(8)
    found = judged.prints("salus", line)
    assert found is not None and found.given_up and (found.code, found.height) == (RulesMissing.code, 8)
    assert "version 2, from block 9 on" in found.cause and "Install Salus 2.0" in found.cause
    assert str(found).startswith(RulesMissing.text) and str(found).endswith(f"[{found.cause}]")
    assert found.cause.count("(0x") == 1 and judged.ends == (0, 0)
    assert judged.prints("salus", BUG, STOPPED) == found == judged.prints("cometbft", WAL, FAILURE)
    judged.halting.close()
    assert read_halt(judged.home) == found, "until the node is brought up anew"
    assert Judged(judged.home).halting.halt is None and read_halt(judged.home) is None


@pytest.mark.parametrize(
    "line",
    [
        "salus: The last block lies far ahead of this machine's clock: set the clock. (0x7006)",
        {"level": "error", "text": "a block was not stored; tried again", "code": 0x7008},
        {"level": "error", "text": "collecting votes stopped", "code": 0x705B},
        {"level": "error", "text": "a proposal was rejected", "code": 0x000D},
        "salus: Another process has this ledger open. (0x7001)",
        "somebody said (0x7007)",
    ],
)
def test_what_mends_by_itself_or_by_others_is_no_halt(judged: Judged, line: dict[str, Any] | str) -> None:
    assert judged.prints("salus", line) is None and judged.ends == (0, 0)


def still(judged: Judged, height: int) -> Halt | None:
    """Let the height stand still long enough, and every other be asked."""
    judged.hears(height)
    judged.at += STILL_S + 1
    for _ in PEERS:
        judged.hears(height)
    return judged.halting.halt


def test_a_height_that_stands_still_alone_is_begun_anew_once(judged: Judged) -> None:
    Other.heights = {PEERS[0].rpc: 9, PEERS[2].rpc: 12}
    found = still(judged, 7)
    assert found is not None and found.code == StandsStill.code and judged.ends == (1, 0)
    assert still(judged, 7) == found and judged.ends == (1, 0), "said, and not begun anew at that height again"
    assert judged.hears(8) is None


@pytest.mark.parametrize("heights", [(), (9,), (9, 8, 8), (7, 7, 7)], ids=str)
def test_too_few_that_go_on_say_nothing(judged: Judged, heights: tuple[int, ...]) -> None:
    Other.heights = {peer.rpc: height for peer, height in zip(PEERS, heights, strict=False)}
    assert still(judged, 7) is None and judged.ends == (0, 0)


def test_who_catches_up_or_has_no_peers_is_not_compared(judged: Judged, tmp_path: Path) -> None:
    Other.heights = {peer.rpc: 99 for peer in PEERS}
    judged.hears(7, catching_up=True)
    judged.at += STILL_S + 1
    assert all(judged.hears(7, catching_up=True) is None for _ in PEERS)
    assert still(Judged(tmp_path, ()), 7) is None


def test_the_file_says_why_and_nothing_that_is_not_of_its_form(tmp_path: Path) -> None:
    assert read_halt(tmp_path) is None
    halt = Halt(StateDiffers.code, 7, "why")
    keep_halt(tmp_path, halt)
    assert read_halt(tmp_path) == halt and str(halt).endswith("(0x6344) [why]")
    for raw in (b"", b"{}", b'{"code": 1, "height": 2}', b"\xff"):
        (tmp_path / FILE).write_bytes(raw)
        assert read_halt(tmp_path) is None
    keep_halt(tmp_path, None)
    keep_halt(tmp_path, None)
    assert not (tmp_path / FILE).exists()
    assert len({one.code for one in WHY.values()}) == len(WHY)


def test_what_is_reset_halts_no_more(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    keep_halt(tmp_path, Halt(HomeDamaged.code, 7))
    remove_shared(tmp_path)
    assert read_halt(tmp_path) is None


def test_status_calls_it_halted() -> None:
    up = NodeStatus("north", "/h", True, True, True, "http://n", False, 9, "ab" * 32, 1500, 3, 1, "0.39.4", "0.1.0")
    assert (state(up), state(structs.replace(up, halted="why"))) == ("up", "halted")
    assert NetworkStatus(None, 9, True, 4, (up,)).nodes[0].halted is None
