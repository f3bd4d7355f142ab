"""fsck of a consortium's ledger: sound as it is; each changed byte of blocks or votes is found, and its place named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from consensus.consensus_world import Node
from consensus.kvstore_nodes import until
from salus.core.encoding import decode, encode
from salus.evidence.decided import Decided
from salus.evidence.header import Block, read_block
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Finding, Severity
from salus.ledger.consensus.commitfile import body as commit_body
from salus.ledger.consensus.commitfile import record as commit_record
from salus.ledger.embedded.blockfile import record
from salus.ledger.errors import DamagedFile
from salus.testing.region import Region

REGION = Region()
BLOCKS = 5


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fsck-consensus") / "l"
    with Node(folder, REGION).begin() as node:
        for turn in range(BLOCKS):
            node.block(*([node.opening(2)] if turn % 2 else []))
        until(lambda: node.ledger._commits.height == BLOCKS)
    return folder


@pytest.fixture
def ledger(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "l"))


def found(folder: Path, severity: Severity = Severity.DAMAGED) -> list[tuple[str, str, str]]:
    findings: list[Finding] = check_ledger(folder, lambda *_: None, REGION.genesis_file).findings
    return [(one.file, one.place, one.what) for one in findings if one.severity is severity]


def bodies(folder: Path, file: str = "blocks") -> list[bytes]:
    raw, at, parts = (folder / file).read_bytes(), 0, []
    while at < len(raw):
        end = at + 8 + int.from_bytes(raw[at : at + 4], "big") % (1 << 31)
        parts.append(raw[at:end])
        at = end
    return parts


def test_a_sound_ledger_has_no_finding(ledger: Path) -> None:
    checked = check_ledger(ledger, lambda *_: None, REGION.genesis_file)
    assert checked.findings == []
    assert (checked.figures["blocks"], checked.figures["batches"], checked.figures["events"]) == (BLOCKS, 2, 4)


@pytest.mark.parametrize("file", ["blocks", "commits"])
def test_each_changed_byte_is_found(ledger: Path, file: str) -> None:
    whole = (ledger / file).read_bytes()
    for at in range(0, len(whole), 37):
        (ledger / file).write_bytes(whole[:at] + bytes((whole[at] ^ 1 << at % 8,)) + whole[at + 1 :])
        assert [one for one in found(ledger) if one[0] == file], at
    (ledger / file).write_bytes(whole)
    assert found(ledger) == []


@pytest.mark.parametrize("file", ["blocks", "commits"])
def test_a_torn_end_is_a_note_and_a_changed_length_is_not(ledger: Path, file: str) -> None:
    parts = bodies(ledger, file)
    whole = b"".join(parts)
    for cut in (1, 8, len(parts[-1]) - 1):
        (ledger / file).write_bytes(whole[: -len(parts[-1])] + parts[-1][:cut])
        assert (file, "a torn end, which opening the ledger cuts off") in [
            (one[0], one[2]) for one in found(ledger, Severity.NOTE)
        ]
    longer = (int.from_bytes(parts[2][:4], "big") + len(whole)).to_bytes(4, "big")
    (ledger / file).write_bytes(b"".join(parts[:2]) + longer + parts[2][4:] + b"".join(parts[3:]))
    assert [one for one in found(ledger) if one[0] == file and one[2].startswith("a changed length")]


def test_opening_finds_a_changed_length_before_decided_blocks(ledger: Path) -> None:
    """A decided block begins otherwise than a signed one, and is found all the same."""
    shutil.rmtree(ledger / "state")
    parts = bodies(ledger)
    whole = b"".join(parts)
    for number in range(BLOCKS - 1):
        before = len(b"".join(parts[:number]))
        longer = (int.from_bytes(parts[number][:4], "big") + len(whole)).to_bytes(4, "big")
        (ledger / "blocks").write_bytes(whole[:before] + longer + whole[before + 4 :])
        with pytest.raises(DamagedFile):
            Node(ledger, REGION)
        assert len((ledger / "blocks").read_bytes()) == len(whole)  # nothing was cut off


def rewrite(folder: Path, height: int, change: Callable[[Decided], Decided], batches: int | None = None) -> None:
    """Write a block of the file anew, with sound sums, as whoever has the disk can."""
    made = []
    for number, raw in enumerate(bodies(folder), 1):
        block = read_block(raw[8:])
        if number == height:
            header = encode(change(decode(block.header, Decided)))
            block = Block(header, block.batches if batches is None else block.batches[:batches])
        made.append(record(encode(block)))
    (folder / "blocks").write_bytes(b"".join(made))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"time": 1_700_000_001_001}, "the header is not that of the block"),
        ({"proposer": bytes(20)}, "the header is not that of the block"),
        ({"hash": bytes(32)}, "the header does not follow the one before"),
        ({"app_hash": bytes(32)}, "the header's app hash is not that of the state before"),
        ({"previous": bytes(32)}, "the header does not follow the one before"),
        ({"batches": bytes(32)}, "the batches are not those of the header"),
        ({"height": 9}, "the header does not follow the one before"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_block_that_was_written_anew_is_found(ledger: Path, changes: dict[str, object], what: str) -> None:
    shutil.rmtree(ledger / "state")
    rewrite(ledger, 2, lambda header: msgspec.structs.replace(header, **changes))
    assert what in [one[2] for one in found(ledger)]


def test_batches_that_were_taken_out_are_found(ledger: Path) -> None:
    shutil.rmtree(ledger / "state")
    rewrite(ledger, 2, lambda header: header, batches=0)
    assert "the batches are not those of the header" in [one[2] for one in found(ledger)]


def test_votes_that_were_exchanged_are_found(ledger: Path) -> None:
    kept = [commit_body(raw) for raw in bodies(ledger, "commits")]
    for change, what in (
        (lambda k: msgspec.structs.replace(k, commit=kept[3].commit), "not what the validators signed"),
        (lambda k: msgspec.structs.replace(k, header=kept[3].header, commit=kept[3].commit), "not that of the block"),
    ):
        changed = [commit_record(change(one) if one.height == 3 else one) for one in kept]
        (ledger / "commits").write_bytes(b"".join(changed))
        (place,) = [place for file, place, said in found(ledger) if what in said and file == "commits"]
        assert place.startswith("votes for block 3,")


def test_votes_by_others_than_the_states_validators_are_found(sound: Path, ledger: Path, tmp_path: Path) -> None:
    other = Region("region of others")
    with Node(tmp_path / "other", other).begin() as node:
        node.block()
        until(lambda: node.ledger._commits.height == 1)
    (ledger / "commits").write_bytes((tmp_path / "other/commits").read_bytes())
    assert [one for one in found(ledger) if one[0] == "commits" and "not what the validators signed" in one[2]]


def test_votes_that_are_missing_are_a_note_and_a_missing_file_is_not(ledger: Path) -> None:
    parts = bodies(ledger, "commits")
    (ledger / "commits").write_bytes(b"".join(parts[:-2]))
    assert found(ledger) == []
    assert [one[:2] for one in found(ledger, Severity.NOTE)] == [("commits", "blocks 4 to 5")]
    (ledger / "commits").unlink()
    assert found(ledger) == [
        ("commits", "whole file", "missing: nothing shows that the validators decided these blocks")
    ]


def test_votes_for_blocks_that_were_taken_away_are_found(ledger: Path) -> None:
    (ledger / "blocks").write_bytes(b"".join(bodies(ledger)[:-1]))
    assert ("commits", "for a block that is not in the block file") in [(one[0], one[2]) for one in found(ledger)]
