"""Correction, erasure, hold, restriction and reads by the command line alone, for programs and for people."""

import json
from pathlib import Path

import pytest
from command_line import CANARY, bundle_file, copied, data, done, make_claimed, once, salus


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home in which alma claimed her account, and the clinic received her laboratory results."""
    return copied(once(tmp_path_factory, "shared", make_shared), tmp_path)


def make_shared(folder: Path) -> None:
    make_claimed(folder)
    home = folder / "home"
    data("consent", "grant", "--as", "alma", "--to", "clinic", "--class", "laboratory", home=home)
    data("access", "answer", "--as", "north", home=home)
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    data("access", "request", "--as", "clinic", relation["handle"], home=home)
    data("access", "answer", "--as", "north", home=home)
    data("access", "answer", "--as", "clinic", home=home)


def handle_of(home: Path) -> str:
    return data("access", "relations", "--as", "alma", home=home)[0]["handle"]


def received(home: Path) -> list[dict]:
    return data("access", "received", "--as", "clinic", home=home)


def own(home: Path, folder: Path) -> list[Path]:
    """Collect all of alma's records into a folder."""
    data("access", "request-own", "--as", "alma", home=home)
    data("access", "answer", "--as", "north", home=home)
    salus("access", "collect", "--as", "alma", "--save", folder, home=home)
    return sorted(folder.glob("*.json"))


def test_a_correction_goes_its_way(home: Path, tmp_path: Path) -> None:
    record = received(home)[0]["header"]["record"]
    (file,) = [path for path in own(home, tmp_path / "mine") if path.name.startswith(record)]
    wrong = json.loads(file.read_text())
    wrong["valueQuantity"]["value"] = 9.5
    file.write_text(json.dumps(wrong))
    made = data(
        "petition", "make", "--as", "alma", "amend", "--record", record, "--text", "9.5", "--content", file, home=home
    )
    assert (made["kind"], made["relation"]) == ("amend", handle_of(home))
    (listed,) = data("petition", "list", "--as", "north", home=home)
    assert (listed["petition"], listed["outcome"], listed["text"]) == (made["petition"], None, "9.5")
    answered = data("record", "amend", "--as", "north", made["petition"][:8], home=home)
    assert (answered["outcome"], answered["ground"]) == ("done", "none")
    told = salus("access", "collect", "--as", "alma", "--save", tmp_path / "mine", home=home)
    assert "receipt: amend done" in told.out
    assert (tmp_path / "mine" / f"{made['petition'][:12]}.receipt").read_bytes().hex() == answered["receipt"]
    shown = data("record", "show", "--as", "north", handle_of(home)[:12], record[:12], home=home)
    assert (shown["header"]["version"], json.loads(shown["content"])["valueQuantity"]["value"]) == (2, 9.5)
    assert [one["outcome"] for one in data("petition", "list", "--as", "alma", home=home)] == ["done"]
    (notice,) = data("access", "answer", "--as", "clinic", home=home)
    assert (notice["letter"], notice["outcome"]) == ("notice", "1 records received before: amended")
    assert {one["since"] for one in received(home) if one["header"]["record"] == record} == {"amended"}
    assert salus("fsck", home=home).status == 0


def test_an_erasure_waits_for_its_hold(home: Path) -> None:
    handle, record = handle_of(home)[:12], received(home)[0]["header"]["record"]
    placed = data("record", "hold", "--as", "north", handle, "--reason", f"case {CANARY}", home=home)
    (listed,) = data("record", "holds", "--as", "north", handle, home=home)
    assert (listed["hold"], listed["reason"]) == (placed["hold"], f"case {CANARY}")
    made = data("petition", "make", "--as", "alma", "erase", "--record", record, home=home)["petition"]
    deferred = data("record", "erase", "--as", "north", made, home=home)
    assert (deferred["outcome"], deferred["ground"]) == ("deferred", "legal-hold")
    assert "deferred: legal hold" in done("petition", "list", "--as", "alma", home=home)
    again = data("record", "erase", "--as", "north", made, home=home)
    assert again["receipt"] == "" and again["outcome"] == "deferred"
    lifted = data("record", "lift", "--as", "north", handle, placed["hold"][:8], home=home)
    assert lifted["erased"] == [made]
    assert "No hold stands." in done("record", "holds", "--as", "north", handle, home=home)
    outcomes = [one["outcome"] for one in data("access", "collect", "--as", "alma", home=home)]
    assert outcomes == ["receipt: erase deferred: legal hold", "receipt: erase done"]
    data("access", "answer", "--as", "clinic", home=home)
    assert {one["since"] for one in received(home) if one["header"]["record"] == record} == {"erased"}
    (dead,) = [h for h in data("record", "list", "--as", "north", handle, home=home) if h["record"] == record]
    assert (dead["type"], dead["status"], dead["labels"], dead["start"]) == ("Tombstone", 4, [], None)
    assert salus("fsck", home=home).status == 0


def test_a_refusal_and_a_restriction(home: Path) -> None:
    record = received(home)[0]["header"]["record"]
    made = data("petition", "make", "--as", "alma", "amend", "--record", record, "--text", "not mine", home=home)[
        "petition"
    ]
    refused = data(
        "record", "refuse", "--as", "north", made, "--ground", "accurate", "--words", "Measured twice.", home=home
    )
    assert (refused["outcome"], refused["ground"]) == ("refused", "accurate")
    kept = data("petition", "make", "--as", "alma", "restrict", home=home)["petition"]
    assert data("record", "restrict", "--as", "north", kept[:10], home=home)["outcome"] == "done"
    refused_read = salus("record", "list", "--as", "north", handle_of(home)[:12], home=home)
    assert (refused_read.status, refused_read.out) == (1, "")
    assert refused_read.line == "salus: The relation is restricted: it is kept and not used. (0x6052)"
    data("access", "request", "--as", "clinic", handle_of(home), home=home)
    answers = data("access", "answer", "--as", "north", home=home)
    assert [one["outcome"] for one in answers] == ["refused: relation restricted"]
    off = data("record", "restrict", "--as", "north", handle_of(home)[:12], "--off", home=home)
    assert off["restricted"] is False
    assert data("record", "list", "--as", "north", handle_of(home)[:12], home=home)


def test_a_custodians_own_correction(home: Path, tmp_path: Path) -> None:
    record = received(home)[0]["header"]["record"]
    (file,) = [path for path in own(home, tmp_path / "mine") if path.name.startswith(record)]
    corrected = data(
        "record", "correct", "--as", "north", handle_of(home)[:12], record[:12], "--content", file, home=home
    )
    assert (corrected["record"], corrected["version"]) == (record, 2)
    file.write_text('{"resourceType": "Observation"}')
    refused = salus(
        "record", "correct", "--as", "north", handle_of(home)[:12], record[:12], "--content", file, home=home
    )
    assert refused.status == 2 and "error: " in refused.err.splitlines()[0]


def test_the_first_call_asks_and_the_next_shows_who_looked(home: Path) -> None:
    data("record", "list", "--as", "north", handle_of(home)[:12], home=home)
    assert sorted(data("access", "reads", "--as", "alma", home=home)) == ["custodian", "request"]
    data("access", "answer", "--as", "north", home=home)
    told = data("access", "reads", "--as", "alma", home=home)
    assert told["relation"] == handle_of(home)
    assert [(one["what"], one["purpose"]) for one in told["reads"]][-2:] == [(3, "purpose 1"), (1, "TREAT")]
    assert told["not_proved"].startswith("that every look was logged")
    data("access", "reads", "--as", "alma", home=home)
    data("access", "answer", "--as", "north", home=home)
    words = done("access", "reads", "--as", "alma", home=home)
    assert "the gateway" in words and "Not proved: that every look was logged" in words


def test_due_runs_and_says_what_it_did(home: Path) -> None:
    assert data("record", "due", "--as", "north", home=home) == {"done": [], "anchored": 0}
    assert done("record", "due", "--as", "north", home=home) == "0 relations anchored by the rule of windows.\n"


def test_a_custodian_notes_what_a_patient_without_a_wallet_asks(home: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "more", family="Other", value="N-2")
    data("record", "import", "--as", "north", file, home=home)
    (other,) = [p for p in data("patient", "list", "--as", "north", home=home) if p["state"] == "custodial"]
    made = data("petition", "make", "--as", "north", "--of", other["handle"][:12], "erase", home=home)
    assert data("record", "erase", "--as", "north", made["petition"], home=home)["outcome"] == "done"
    headers = data("record", "list", "--as", "north", other["handle"][:12], home=home)
    assert {header["type"] for header in headers} == {"Tombstone"}
    claimed = salus("petition", "make", "--as", "north", "--of", handle_of(home)[:12], "erase", home=home)
    assert (claimed.status, claimed.out) == (1, "") and "(0x0305)" in claimed.line


ERRORS = (
    (("petition", "make", "--as", "alma", "amend", "--record", "12"), 2, "give all 32 hex digits of the record's id"),
    (("petition", "make", "--as", "nobody", "erase"), 2, "no wallet has this name here"),
    (("petition", "make", "--as", "alma", "destroy"), 2, "'destroy' is not one of"),
    (("record", "erase", "--as", "north", "abcdef"), 2, "no id here begins like this (`salus petition list`"),
    (("record", "lift", "--as", "north", "HANDLE", "abcdef"), 2, "no id here begins like this (`salus record holds`"),
    (("record", "restrict", "--as", "north", "HANDLE", "--off"), 1, "The relation is restricted, or not, as the"),
    (("record", "refuse", "--as", "north", "abcdef", "--ground", "boredom"), 2, "'boredom' is not one of"),
    (("record", "hold", "--as", "clinic", "HANDLE", "--reason", "x"), 2, "no id here begins like this"),
)


@pytest.mark.parametrize(("line", "status", "words"), ERRORS, ids=lambda p: " ".join(p) if isinstance(p, tuple) else "")
def test_errors_are_one_line(home: Path, line: tuple[str, ...], status: int, words: str) -> None:
    handle = handle_of(home)[:12]
    result = salus(*(handle if part == "HANDLE" else part for part in line), home=home)
    assert (result.status, result.out) == (status, "")
    assert words in result.line


def test_a_text_that_is_too_long_is_refused_before_it_leaves(home: Path) -> None:
    result = salus("petition", "make", "--as", "alma", "erase", "--text", "x" * 5000, home=home)
    assert result.status == 2 and "too long" in result.line
    assert data("petition", "list", "--as", "alma", home=home) == []
