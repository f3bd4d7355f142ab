"""The account of disclosures by the command line: terminal, data and page; every line with evidence that verifies."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import copied, data, done, make_claimed, once, salus

from salus.evidence.format import read_evidence
from salus.services.history import read_event


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def released_unconfirmed(home: Path) -> str:
    """A release that the clinic never fetched; a grant that the hospital never read; a request that nobody answered."""
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    grant = ("consent", "grant", "--as", "alma", "--to", "clinic")
    done(*grant, home=home)
    done("access", "request", "--as", "clinic", relation["handle"], home=home)
    done("access", "answer", "--as", "north", home=home)
    done(*grant, "--class", "laboratory", home=home)
    done("access", "request-own", "--as", "alma", home=home)
    return relation["handle"]


def test_what_is_still_open_is_shown_with_how_long_ago(home: Path) -> None:
    handle = released_unconfirmed(home)
    told = data("access", "accounting", "--as", "alma", home=home)
    waiting = [(line["what"], line["waits_for"]) for line in told["lines"] if line["waits_for"]]
    assert waiting == [("released", "acknowledgement"), ("granted", "custodian")]
    assert all(0 <= line["waiting_ms"] < 600_000 for line in told["lines"] if line["waits_for"])
    assert [each["waits_for"] for each in told["unanswered"]] == ["answer"]
    printed = done("access", "accounting", "--as", "alma", home=home)
    table = printed.split("Still open:\n")[1].splitlines()
    said = zip(table, ("since", "not confirmed", "not acknowledged", "answered"), strict=True)
    assert all(words in row for row, words in said)
    of_clinic = data("access", "accounting", "--as", "clinic", "--of", handle, home=home)
    assert of_clinic["unanswered"] == [] and len(of_clinic["lines"]) == len(told["lines"])

    done("access", "answer", "--as", "clinic", home=home)
    done("access", "answer", "--as", "north", home=home)
    done("access", "collect", "--as", "alma", home=home)
    after = data("access", "accounting", "--as", "alma", home=home)
    still = [(line["what"], line["party"]) for line in after["lines"] if line["waits_for"]]
    assert still == [("released", "person")] and after["unanswered"] == []  # confirmed at the next appointment


def test_each_line_is_proved_by_its_file(home: Path, tmp_path: Path) -> None:
    released_unconfirmed(home)
    folder, genesis = tmp_path / "proofs", home / "genesis.cbor"
    arguments = ("access", "accounting", "--as", "alma", "--format", "json", "--evidence", folder)
    result = salus(*arguments, home=home)
    assert result.status == 0 and result.line == f"{len(result.data['lines'])} evidence files written to {folder}."
    assert sorted(path.name for path in folder.iterdir()) == [line["evidence"] for line in result.data["lines"]]
    for line in result.data["lines"]:
        verified = salus("verify", folder / line["evidence"], "--genesis", genesis, "--json")
        (event,) = verified.data["events"]
        assert verified.status == 3 and event["index"] == line["index"]
        assert any(line["leaf"] in words and f"Entry {line['index']} " in words for words in verified.data["proved"])
    assert event["event"] == "ConsentGranted" and event["fields"]["directive"] == line["directive"]
    assert "ConsentGranted (" in salus("verify", folder / line["evidence"], "--genesis", genesis).out
    audit = ("ledger", "audit", home / "ledger/tiles", "--entry", line["index"], "--genesis", genesis, "--json")
    tiles = salus(*audit).data
    assert [one["leaf"] for one in tiles["included"]] == [line["leaf"]]


def test_a_witness_speaks_for_every_line_of_an_account(home: Path, tmp_path: Path) -> None:
    account = ("access", "accounting", "--as", "alma", "--format", "json", "--evidence", tmp_path / "proofs")
    assert salus(*account, home=home).status == 0
    witness = salus("ledger", "witness", tmp_path / "w", "--name", "witness.example/one", "--unattended", "--json").data
    cosign = (
        "ledger",
        "cosign",
        home / "ledger/tiles",
        "--witness",
        tmp_path / "w",
        "--genesis",
        home / "genesis.cbor",
    )
    assert salus(*cosign, "--genesis", home / "genesis.cbor", "--out", tmp_path / "note").status == 0
    files = sorted((tmp_path / "proofs").iterdir())
    assert data("ledger", "attach", tmp_path / "proofs", tmp_path / "note", home=home)["files"] == len(files)
    for file in files:
        verify = ("verify", file, "--genesis", home / "genesis.cbor")
        assert salus(*verify, "--witness", witness["verifier_key"]).status == 0
        assert salus(*verify).status == 3
    page = done("access", "accounting", "--as", "alma", "--format", "html", home=home)
    assert "was cosigned by: <bdi>witness.example/one</bdi>" in page


def test_one_entry_is_proved_by_itself(home: Path, tmp_path: Path) -> None:
    lines, out = data("access", "accounting", "--as", "alma", home=home)["lines"], tmp_path / "entry"
    assert data("ledger", "proof", "--entry", lines[0]["index"], "--out", out, home=home)["entry"] == lines[0]["index"]
    (fact,) = read_evidence(out.read_bytes()).evidence.events
    assert type(read_event(fact.body)).__name__ == "AccountsOpened"
    assert "is no event" in salus("ledger", "proof", "--entry", 0, "--out", out, home=home).line  # a block's own
    assert "is no event" in salus("ledger", "proof", "--entry", 999, "--out", out, home=home).line
    for wrong in ((), ("0002", "--entry", 1)):
        assert salus("ledger", "proof", *wrong, "--out", out, home=home).status == 2


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Who received your health data"), ("zh", "谁获得了您的健康数据")]
)
def test_the_page_is_written_for_its_owner_alone(home: Path, tmp_path: Path, language: str, title: str) -> None:
    released_unconfirmed(home)
    out = tmp_path / "account.html"
    page = ("access", "accounting", "--as", "alma", "--format", "html", "--language", language)
    assert done(*page, "--out", out, home=home) == ""
    assert out.stat().st_mode & 0o077 == 0
    root = ElementTree.fromstring(out.read_text().removeprefix("<!DOCTYPE html>\n"))
    assert root.findtext("head/title") == title and "River Clinic" in "".join(root.itertext())
    assert done(*page, home=home).startswith("<!DOCTYPE html>")


def test_a_hostile_organisation_is_only_a_name(home: Path, tmp_path: Path) -> None:
    name = "<script>alert(1)</script> & Sons\u202e"
    done("org", "add", "--as", "north", f"evil:clinic:{name}", home=home)
    done("consent", "deny", "--as", "alma", "--to", "evil", home=home)
    page = done("access", "accounting", "--as", "alma", "--format", "html", home=home)
    assert "<script" not in page and "\u202e" not in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons\ufffd</bdi>" in page


def test_formats_that_exclude_one_another(home: Path, tmp_path: Path) -> None:
    account = ("access", "accounting", "--as", "alma")
    assert salus(*account, "--json", "--format", "html", home=home).status == 2
    assert "--out takes" in salus(*account, "--out", tmp_path / "x", home=home).line
    as_json, form = data(*account, home=home), salus(*account, "--format", "json", home=home).data
    assert {**as_json, "as_of": 0} == {**form, "as_of": 0}


def test_the_forms_of_laws_on_the_terminal_as_data_and_as_a_page(home: Path, tmp_path: Path) -> None:
    handle = released_unconfirmed(home)
    form = ("access", "accounting", "--as", "north", "--of", handle, "--form")
    part2 = data(*form, "part2", home=home)
    (row,) = part2["parts"][0]["rows"]
    assert (row["recipient_name"], row["purposes"], row["basis"]) == ("River Clinic", ["TREAT"], "directive")
    assert row["data"] == ["demographics", "laboratory", "vital-signs"] and part2["parts"][1]["rows"] == []
    hers = data("access", "accounting", "--as", "alma", "--form", "part2", home=home)
    assert hers["parts"][0]["rows"][0]["data"] is None, "the ledger does not tell kinds"
    assert data(*form, "hipaa", home=home)["parts"][0]["rows"] == [], "she authorised it"
    assert data(*form, "gdpr", "--since", "2999-01-01", home=home)["parts"][0]["rows"] == []
    printed = done(*form, "gdpr", home=home)
    assert "Who received your personal data (GDPR Art. 15)" in printed and "laboratory results" in printed
    printed = done(*form, "pipl", "--language", "zh", home=home)
    assert "《个人信息保护法》" in printed and "检验结果" in printed
    proofs = tmp_path / "proofs"
    proved = salus(*form, "pipl", "--format", "json", "--evidence", proofs, home=home).data
    (name,) = proved["parts"][0]["rows"][0]["evidence"]
    assert salus("verify", proofs / name, "--genesis", home / "genesis.cbor").status == 3
    page = done(*form, "gdpr", "--format", "html", "--language", "zh", home=home)
    assert ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n")).findtext("head/title") == (
        "您的个人数据的接收方"
    )
    done("access", "answer", "--as", "north", home=home)
    looked = data("access", "reads", "--as", "alma", home=home)
    assert "administration" in {read["purpose"] for read in looked["reads"]}, "to look up the kinds is a read"
    wrong = salus("access", "accounting", "--as", "alma", "--since", "2020-01-01", home=home)
    assert wrong.status == 2 and "--since takes a --form" in wrong.line
