"""Merging, unmerging, moving and segments by the command line alone."""

import json
from pathlib import Path

import pytest
from command_line import bundle_file, copied, data, done, make_claimed, once, salus
from story_region import bundle, patient, urn

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home in which alma claimed her account at north; and a second file of hers, which she claimed too."""
    made = copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)
    done("record", "import", "--as", "north", bundle_file(tmp_path, "again.json", "Again", "N-9"), home=made)
    (second,) = (p for p in data("patient", "list", "--as", "north", home=made) if p["name"] == "Test Again")
    code = data("patient", "invite", "--as", "north", second["handle"][:12], home=made)["code"]
    claimed = data("patient", "claim", "--as", "alma", "--at-once", code, home=made)
    done("patient", "confirm", "--as", "north", second["handle"], claimed["short_code"], home=made)
    return made


def handles(home: Path) -> tuple[str, str]:
    one, other = data("access", "relations", "--as", "alma", home=home)
    assert one["custodian"] == other["custodian"]
    return one["handle"], other["handle"]


def test_merge_and_unmerge(home: Path) -> None:
    one, other = handles(home)
    alone = salus("relation", "merge", "--as", "north", one, other, home=home)
    assert alone.status == 1 and "(0x60b0)" in alone.line
    approved = data("relation", "approve-merge", "--as", "alma", other, one, "--days", 3, home=home)
    assert sorted(approved["sides"]) == sorted((one, other))
    listed = data("relation", "merges", "--as", "north", home=home)
    assert (listed["merged"], len(listed["approvals"]), listed["moves"]) == ([], 2, [])
    merged = data("relation", "merge", "--as", "north", one[:12], other[:12], home=home)
    assert merged["sides"] == sorted((one, other))
    (row,) = data("patient", "list", "--as", "north", home=home)
    assert {row["handle"], *row["merged"]} == {one, other} and row["records"] == 10
    assert len(data("record", "list", "--as", "north", one, home=home)) == 10
    account = data("access", "accounting", "--as", "alma", "--at", one, home=home)
    assert account["merged"] == [other] and "merged" in [line["what"] for line in account["lines"]]
    assert "each has an account of its own" in done("access", "accounting", "--as", "alma", "--at", one, home=home)
    page = home.parent / "page.html"
    done("access", "accounting", "--as", "alma", "--at", one, "--format", "html", "--out", page, home=home)
    assert "Merged with" in page.read_text() and other in page.read_text()
    assert one[:12] in done("relation", "merges", "--as", "north", home=home)
    done("relation", "unmerge", "--as", "alma", one, other, home=home)
    again = salus("relation", "unmerge", "--as", "north", one, other, home=home)
    assert again.status == 1 and "(0x03ca)" in again.line
    assert len(data("patient", "list", "--as", "north", home=home)) == 2
    assert len(data("record", "list", "--as", "north", one, home=home)) == 5


def test_a_record_of_another_is_moved(home: Path) -> None:
    one, other = handles(home)
    record = data("record", "list", "--as", "north", one, home=home)[1]["record"]
    done("record", "hold", "--as", "north", one, "--reason", "case", home=home)
    moved = data("relation", "move", "--as", "north", one, record[:8], other, home=home)
    assert (moved["to"], moved["there"], moved["destroyed"]) == (other, record, False)
    assert [m["record"] for m in data("relation", "merges", "--as", "north", home=home)["moves"]] == [record]
    (hold,) = data("record", "holds", "--as", "north", one, home=home)
    done("record", "lift", "--as", "north", one, hold["hold"], home=home)
    assert data("relation", "merges", "--as", "north", home=home)["moves"] == []
    (left,) = (h for h in data("record", "list", "--as", "north", one, home=home) if h["record"] == record)
    assert left["type"] == "Moved"
    shown = data("record", "show", "--as", "north", other, record, home=home)
    assert shown["header"]["type"] == "Observation"
    again = salus("relation", "move", "--as", "north", one, record, other, home=home)
    assert again.status == 1 and "(0x60b4)" in again.line


def test_segments(home: Path, tmp_path: Path) -> None:

    owner = next(p for p in data("patient", "list", "--as", "north", home=home) if p["name"] != "Test Again")["handle"]
    done("staff", "add", "--as", "north", "Doctor Nobody", home=home)
    opened = ("patient", "segment", "open", "--as", "north", owner, "--name", "psychiatry", "--label", "PSY")
    made = data(*opened, "--purpose", "CAREMGT", home=home)
    assert (made["segment_of"], made["locatable"], made["sensitive"]) == (owner, False, True)
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": urn(0)},
        "code": {"coding": [{"system": ICD, "code": "F32.9"}]},
    }
    (tmp_path / "psy.json").write_bytes(bundle(patient("Zzcanaryfamily", "N-1"), condition))
    done("record", "import", "--as", "north", tmp_path / "psy.json", home=home)
    assert made["handle"] not in json.dumps(data("patient", "list", "--as", "north", home=home))
    hidden = salus("record", "list", "--as", "north", made["handle"], home=home)
    assert hidden.status == 1 and "(0x400b)" in hidden.line
    (badge,) = data("staff", "list", "--as", "north", home=home)
    sight = ("--purpose", "CAREMGT", "--staff", badge["commitment"])
    assert made["handle"] in json.dumps(data("patient", "list", "--as", "north", *sight, home=home))
    assert len(data("record", "list", "--as", "north", made["handle"], *sight, home=home)) == 1
    assert data("patient", "segment", "list", "--as", "north", home=home) == []
    (listed,) = data("patient", "segment", "list", "--as", "north", *sight, home=home)
    assert listed == made
    changed = data("patient", "segment", "change", "--as", "north", made["handle"], "--locatable", home=home)
    assert (changed["locatable"], changed["sensitive"]) == (True, False)
    (tmp_path / "chosen.json").write_bytes(bundle(patient("Zzcanaryfamily", "N-1"), condition | {"language": "en"}))
    wrong = salus("record", "import", "--as", "north", tmp_path / "chosen.json", "--segment", owner, home=home)
    assert wrong.status == 1 and "(0x60b2)" in wrong.line
    done("record", "import", "--as", "north", tmp_path / "chosen.json", "--segment", made["handle"], home=home)
    assert len(data("record", "list", "--as", "north", made["handle"], *sight, home=home)) == 2
