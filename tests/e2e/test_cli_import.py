"""`salus record import`: folders, packed files, what is refused and what is said of it, without anybody's name."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CANARY, MEMBERS, bundle_file, contents, copied, data, done, found, once, salus
from story_region import bundle, observation, patient, records_of, urn

from salus.cli import bundles
from salus.cli.bundles import MOST_ISSUES, issue_lines
from salus.fhir.outcome import error

NOW = 1_790_000_000_000


def make_empty(folder: Path) -> None:
    found(folder / "home", MEMBERS[0])


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home of one hospital without records."""
    return copied(once(tmp_path_factory, "empty", make_empty), tmp_path)


def take_in(home: Path, *files: Path) -> dict:
    return data("record", "import", "--as", "north", *files, home=home)


def half_valid(wrong: int = 1, family: str = CANARY) -> bytes:
    """A bundle of which `wrong` observations have no status; their value is a canary too."""
    listed = [observation(urn(0), NOW, text=f"{family} of {family}") for _ in range(wrong)]
    for one in listed:
        del one["status"]
    return bundle(patient(family, family), observation(urn(0), NOW), *listed)


def test_a_folder_of_plain_and_packed_bundles(empty: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    bundle_file(folder, "1.json", "A", "N-1")
    (folder / "2.json.bz2").write_bytes(bz2.compress(records_of("B", "N-2", NOW)))
    (folder / "3.json.gz").write_bytes(gzip.compress(records_of("C", "N-3", NOW)))
    (folder / "notes.txt").write_text("no bundle")
    done_ = take_in(empty, folder)
    assert (done_["bundles"], done_["records"], done_["patients"]) == (3, 15, 3)
    again = salus("record", "import", "--as", "north", folder / "1.json", folder, home=empty)
    assert "0 records and 0 shared resources of 4 bundles" in again.out and "4 bundles were known already" in again.out


def test_a_half_valid_bundle_is_refused_issue_by_issue(empty: Path, tmp_path: Path) -> None:
    (tmp_path / f"{CANARY}.json").write_bytes(half_valid(2))
    before = contents(empty)
    result = salus("record", "import", "--as", "north", tmp_path / f"{CANARY}.json", home=empty)
    assert (result.status, result.out) == (2, "")
    *issues, last = result.err.splitlines()
    assert [issue.split(": ")[:2] for issue in issues] == [
        ["error", "Bundle.entry[2].resource.status"], ["error", "Bundle.entry[3].resource.status"],
    ]  # fmt: skip
    assert all(issue.split(": ", 2)[2] for issue in issues)
    assert last == "salus: The bundle is refused as a whole; see its issues. (0x4601) Nothing was stored."
    assert CANARY not in result.err
    assert contents(empty) == before and data("patient", "list", "--as", "north", home=empty) == []


def test_many_issues_are_cut(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_bytes(half_valid(MOST_ISSUES + 5))
    lines = salus("record", "import", "--as", "north", tmp_path / "wrong.json", home=empty).err.splitlines()
    assert len(lines) == MOST_ISSUES + 2 and lines[MOST_ISSUES] == "and 5 more"
    assert len(list(issue_lines([error("invalid", "Patient", "words")] * MOST_ISSUES))) == MOST_ISSUES


def test_what_came_before_a_refused_bundle_is_stored_and_anchored(empty: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    bundle_file(folder, "1.json", "A", "N-1")
    (folder / f"2-{CANARY}.json").write_bytes(half_valid())
    bundle_file(folder, "3.json", "C", "N-3")
    result = salus("record", "import", "--as", "north", folder, home=empty)
    assert result.status == 2
    assert result.err.splitlines()[-1] == (
        "salus: file 2 of 3: The bundle is refused as a whole; see its issues. (0x4601)"
        " The 1 before it stored, nothing of it and after it."
    )
    assert CANARY not in result.err
    assert take_in(empty, folder / "1.json")["anchored_relations"] == 0
    (kept,) = data("patient", "list", "--as", "north", home=empty)
    assert kept["name"] == "Test A"
    assert salus("fsck", home=empty).status == 0


GARBAGE = {
    "empty.json": b"",
    "text.json": CANARY.encode(),
    "half.json": records_of(CANARY, "N-1", NOW)[:-20],
    "list.json": b"[]",
    "patient.json": json.dumps(patient(CANARY, "N-1")).encode(),
    "searchset.json": records_of(CANARY, "N-1", NOW).replace(b'"transaction"', b'"searchset"'),
    "deep.json": b"[" * 100_000,
    "picture.png": bytes(range(256)),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_bundle_is_refused(empty: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GARBAGE[name])
    result = salus("record", "import", "--as", "north", tmp_path / name, home=empty)
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") >= 2 and "salus: The bundle is refused" in result.err
    assert CANARY not in result.err


BROKEN = {
    "cut.json.bz2": bz2.compress(b"x" * 1000)[:-5],
    "none.json.bz2": b"not packed",
    "cut.json.gz": gzip.compress(b"x" * 1000)[:-5],
    "changed.json.gz": gzip.compress(b"x" * 1000)[:12] + b"\xff" * 20,
    "none.json.gz": b"not packed",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_is_one_line(empty: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    result = salus("record", "import", "--as", "north", tmp_path / name, home=empty)
    said = f"salus: the file cannot be read as a whole .{name.rsplit('.', 1)[1]}. Nothing was stored."
    assert (result.status, result.line) == (2, said)


@pytest.mark.parametrize(
    ("name", "pack"), [("a.json", bytes), ("a.json.bz2", bz2.compress), ("a.json.gz", gzip.compress)]
)
def test_no_more_is_unpacked_than_a_bundle_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(bundles, "MAX_BUNDLE", 1000)
    (tmp_path / name).write_bytes(pack(bytes(1_000_000)))
    assert bundles.read_bundle_file(tmp_path / name) == bytes(1001)


def test_a_file_that_cannot_be_read_is_told_by_its_number(empty: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    bundle_file(folder, "1.json", "A", "N-1")
    (folder / f"{CANARY}.json").mkdir()
    result = salus("record", "import", "--as", "north", folder, home=empty)
    assert result.status == 2 and result.line.startswith("salus: file 2 of 2: the file cannot be read")
    assert "The 1 before it stored" in result.line and CANARY not in result.line
    assert len(data("patient", "list", "--as", "north", home=empty)) == 1


def test_a_folder_without_bundles(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    result = salus("record", "import", "--as", "north", tmp_path / "nothing", home=empty)
    assert result.status == 2 and "there are no bundles here: no file ends in .json" in result.line


def test_identifiers_of_two_patients_are_refused_without_a_name(empty: Path, tmp_path: Path) -> None:
    bundle_file(tmp_path, "a.json", "A", "N-1")
    bundle_file(tmp_path, "b.json", "B", "N-2")
    both = patient(CANARY, "N-1")
    both["identifier"] = [{"system": "urn:oid:1.2.3.4", "value": value} for value in ("N-1", "N-2")]
    (tmp_path / "both.json").write_bytes(bundle(both))
    files = [tmp_path / f"{name}.json" for name in ("a", "b", "both")]
    result = salus("record", "import", "--as", "north", *files, home=empty)
    assert result.status == 1 and "file 3 of 3: The identifiers of a patient lead to different" in result.line
    assert CANARY not in result.line and len(data("patient", "list", "--as", "north", home=empty)) == 2


@pytest.mark.data
def test_synthea(empty: Path, sample_data: Path) -> None:
    files = sorted((sample_data / "fhir/synthea").glob("*.bz2"), key=lambda path: path.stat().st_size)[:3]
    shared = sorted((sample_data / "fhir/synthea").glob("0-*Information*"))
    took = take_in(empty, *shared, *(file for file in files if file not in shared))
    assert took["records"] > 100 and took["patients"] >= 1 and took["shared"] > 100
    assert "custodial" in done("patient", "list", "--as", "north", home=empty)
