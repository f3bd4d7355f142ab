"""The demonstration: what each step says, its report, what it leaves behind, and that nothing personal leaks."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CANARY, alone, bundle_file, contents, data, done, once, play_demo, salus

from salus.demo import tamper
from salus.demo.generator import people
from salus.demo.stage import in_columns, shortened
from salus.demo.steps import STEPS
from salus.demo.steps.take_in import PATIENTS, SEED

NAMES = [
    *("take_in", "claim", "grant", "verify", "revoke", "break_glass", "tourist", "session", "mandates", "amend"),
    *("recovery", "family", "life"),
    "account",
]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with home, report.json and output of the demonstration; no test here changes it."""
    return once(tmp_path_factory, "played", play_demo)


@pytest.fixture
def home(played: Path) -> Iterator[Path]:
    """The home, for one test process at a time: opening it locks it."""
    with alone(played):
        yield played / "home"


@pytest.fixture(scope="module")
def report(played: Path) -> dict:
    return json.loads((played / "report.json").read_text())


def step(report: dict, name: str) -> dict:
    (found,) = (step for step in report["steps"] if step["name"] == name)
    return found


def test_the_report_has_every_step(played: Path, report: dict) -> None:
    assert [step["name"] for step in report["steps"]] == NAMES == list(STEPS)
    assert all(step["ok"] is True and step["title"] and step["took_s"] >= 0 for step in report["steps"])
    assert report["ok"] is True and report["home"] == str(played / "home")


def test_the_figures_of_the_steps(report: dict) -> None:
    taken, claimed, granted = (step(report, name) for name in ("take_in", "claim", "grant"))
    assert taken["records"] > 1000 and taken["custodial_accounts"] == 16 and taken["bundles"] == 18
    assert claimed["relations"] == 2 and claimed["records"] > 100
    assert 0 < granted["records_received"] == granted["records_expected"] < claimed["records"]
    assert step(report, "verify")["steps"] == 11
    assert step(report, "revoke")["refusals"] == 1
    glass, session, mandates = (step(report, name) for name in ("break_glass", "session", "mandates"))
    assert 0 < glass["records_received"] < claimed["records"]
    assert (glass["refusals"], glass["alerts"], glass["reviews_closed"]) == (1, 1, 1)
    tourist = step(report, "tourist")
    assert tourist["records_received"] == glass["records_received"] and tourist["look_ups_shown"] == 1
    assert (session["pages"], session["uses"]) == (40, 1) and session["records_shown"] > session["pages"]
    assert 0 < mandates["records_reported"] < mandates["records_by_policy"] and mandates["refusals"] == 1
    amended = step(report, "amend")
    assert (amended["receipts"], amended["versions_of_the_corrected"]) == (3, 2)
    assert amended["notices"] >= 2  # one for each release that held the corrected or the erased record
    recovered = step(report, "recovery")
    assert (recovered["accounts_recovered"], recovered["vetoes_of_the_thief"], recovered["grants_of_the_thief"]) == (
        2,
        2,
        0,
    )
    life = step(report, "life")
    assert (life["refusals"], life["relations_moved"], life["records_left"]) == (1, 1, 0)
    assert life["records_moved"] > 10
    account = step(report, "account")
    assert (account["damages_made"], account["damages_found"]) == (4, 4)


def test_the_account_is_a_table_of_who_when_why_and_under_what(played: Path) -> None:
    lines = (played / "output").read_text().splitlines()
    (head,) = (line for line in lines if "on which ground" in line)
    starts = [head.index(column) for column in ("when", "what", "who", "why", "on which")]
    rows = lines[lines.index(head) + 1 : lines.index(head) + 8]
    cells = [[row[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)] for row in rows]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row[0]) for row in cells)
    assert [row[1] for row in cells] == [
        "released", "granted", "in-force", "released", "acknowledged", "revoked", "refused",
    ]  # fmt: skip
    directive = cells[1][4]
    assert re.fullmatch(r"[0-9a-f]{12}, version 1", directive)
    assert cells[3][2:] == ["Riverbank Clinic", "TREAT", directive]
    assert cells[6][2:] == ["Riverbank Clinic", "TREAT", "The permit is revoked."]


def test_each_changed_byte_is_named(played: Path) -> None:
    output = (played / "output").read_text()
    for words, finder, place in (
        ("A stored block", "Health Regulator", "ledger/blocks, block "),
        ("A live value of the state", "Health Regulator", "ledger/state/data.mdb, table values"),
        ("A vault's index", "Northside Hospital", "organisations/north/vault/index.db, page "),
        ("A blob", "Northside Hospital", "organisations/north/vault/blobs/"),
    ):
        assert re.search(rf"{words}, \S+ at byte [\d,]+\n +{finder}: {place}", output), words
    assert "NOT FOUND" not in output and output.count("Hospital: sound (") == 2


def test_lines_are_short_and_carry_no_long_ids(played: Path) -> None:
    output = (played / "output").read_text()
    assert not re.search(r"[0-9a-f]{13,}", output)
    assert max(map(len, output.splitlines())) <= 160


def test_the_commands_it_ends_with_work(played: Path, home: Path) -> None:
    listed = re.findall(r"^  (?:\S*/)?(?:salus|pytest|__main__\.py) (.*)$", (played / "output").read_text(), re.M)
    assert len(listed) == len(set(listed)) == 18
    before = contents(home)
    for command in listed:
        result = salus(*shlex.split(command))
        assert result.status == (3 if command.startswith("verify") else 0) and result.err == "", (command, result)
    after = contents(home)  # a look at patients is entered in their access logs, and changes nothing else
    assert {name for name in after.keys() | before.keys() if after.get(name) != before.get(name)} == {
        "organisations/north/vault/index.db"
    }


def test_the_home_is_left_sound_and_closed_and_no_copy_is_left(played: Path, home: Path) -> None:
    assert done("fsck", home=home).endswith("SOUND\n")
    assert sorted(path.name for path in played.iterdir()) == ["home", "made", "output", "report.json"]
    assert (home / "passphrase").stat().st_mode & 0o077 == 0


def test_no_patient_is_named_where_none_may_be(played: Path, home: Path) -> None:
    canaries = [word for person in people(SEED, PATIENTS) for word in (person.family, person.identifier)]
    assert any(canaries[0] in row["name"] for row in data("patient", "list", "--as", "north", home=home))
    places = contents(home)
    del places["release.evidence"]  # delivered to the entitled
    places["output"] = (played / "output").read_bytes()
    places["report"] = (played / "report.json").read_bytes()
    for name, raw in places.items():
        assert not [word for word in canaries if word.encode() in raw], name


def test_a_relative_home_and_data_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert "there are no bundles" in salus("demo", "--once", "--data", "data", home=Path("here")).line
    assert "there are no bundles" in salus("demo", "--once", "--data", "nosuch", home=Path("here")).line
    assert os.listdir(tmp_path) == ["data"]
    for name, raw in (("a.json", b"text"), ("a.json", b"[]"), ("a.json.bz2", b"text"), ("a.json", b'{"entry":[1]}')):
        (tmp_path / "data" / name).write_bytes(raw)
        result = salus("demo", "--once", "--data", "data", "--json", "report.json", home=Path("here"))
        assert result.status == 1 and "A file of the data is not a FHIR bundle" in result.out
        assert [(s["name"], s["ok"]) for s in json.loads(Path("report.json").read_text())["steps"]] == [
            ("take_in", False)
        ]
        (tmp_path / "data" / name).unlink()
    assert os.listdir("here") == ["passphrase"]  # the next run takes it up
    assert "does not exist" in salus("demo", "--once", "--json", "nosuch/report", home=Path("here")).line


def test_one_patient_of_one_hospital_is_enough(tmp_path: Path) -> None:
    bundle_file(tmp_path / "data")
    result = salus("demo", "--once", "--data", tmp_path / "data", "--json", tmp_path / "r.json", home=tmp_path / "home")
    assert result.status == 0 and CANARY not in result.out
    steps = {one["name"]: one for one in json.loads((tmp_path / "r.json").read_text())["steps"]}
    assert steps["claim"]["relations"] == 1
    assert steps["grant"]["records_received"] == steps["grant"]["records_expected"] == 2


def test_data_without_a_patient_for_the_story_stops_it(tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "data")
    file.write_bytes(file.read_bytes().replace(b'"laboratory"', b'"social-history"'))
    result = salus("demo", "--once", "--data", tmp_path / "data", "--json", tmp_path / "r.json", home=tmp_path / "home")
    assert result.status == 1 and "No patient of the data has a laboratory result" in result.out
    assert "The story stopped." in result.out and CANARY not in result.out
    steps = json.loads((tmp_path / "r.json").read_text())["steps"]
    assert [(one["name"], one["ok"]) for one in steps] == [("take_in", True), ("claim", False)]
    assert salus("fsck", home=tmp_path / "home").status == 0


def test_an_attended_run_keeps_no_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("a passphrase of the tests\n")
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(tmp_path / "secret"))
    monkeypatch.chdir(tmp_path)
    for module in ("salus.demo.story", "salus.cli.demo"):
        monkeypatch.setattr(f"{module}.STEPS", {"take_in": STEPS["take_in"]})  # enough of it
    result = salus("demo", "--once", home=Path("here"))
    assert result.status == 0 and "unattended" not in result.out
    assert "passphrase" not in os.listdir("here")
    assert sorted(os.listdir(tmp_path)) == ["here", "secret"]
    assert salus("org", "list", home=Path("here")).status == 0


@pytest.mark.data
def test_synthea(sample_data: Path, tmp_path: Path) -> None:
    folder = sample_data / "fhir/synthea"
    chosen = [path for path in folder.iterdir() if path.name.startswith(("0-", "83c9c542", "252abfcc", "88e4bac8"))]
    (tmp_path / "data").mkdir()
    for path in chosen:
        (tmp_path / "data" / path.name).symlink_to(path)
    arguments = ("demo", "--once", "--data", tmp_path / "data", "--json", tmp_path / "report.json")
    result = salus(*arguments, home=tmp_path / "home")
    assert result.status == 0, result
    report = json.loads((tmp_path / "report.json").read_text())
    assert step(report, "grant")["records_received"] > 0 and step(report, "take_in")["records"] > 500


def test_a_flipped_byte_is_put_back(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    with tamper.flipped(file, 1):
        assert file.read_bytes() == b"acc"
    assert file.read_bytes() == b"abc"


def test_long_ids_are_cut_and_columns_are_even() -> None:
    assert shortened(f"blobs/09/{'0a' * 32}, key {'ab' * 12}") == f"blobs/09/{'0a' * 6}…, key {'ab' * 6}…"
    assert shortened("block 12, bytes 1234567890123 to deadbeef") == "block 12, bytes 1234567890123 to deadbeef"
    assert in_columns([("a", "bb", ""), ("aaa", "b", "c")]) == ["a    bb", "aaa  b   c"]
