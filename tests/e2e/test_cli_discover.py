"""Finding somebody, by the command line alone."""

import json
from pathlib import Path

import pytest
from command_line import MEMBERS, copied, data, done, make_claimed, once, salus

HER = {"resourceType": "Patient", "name": [{"text": "Test Zzcanaryfamily"}], "birthDate": "1970-01-01"}


def make_locator(folder: Path) -> None:
    """A home with a locator, in which the hospital's one patient is under a set that allows break-glass."""
    make_claimed(folder, *MEMBERS, "index:locator:Emergency Index")
    home = folder / "home"
    listed = data("policy", "list", home=home)
    named = next(view["set"] for view in listed if view["name"] == "opt-out")
    (patient,) = data("patient", "list", "--as", "north", home=home)
    done("policy", "name", "--as", "north", patient["handle"], named, home=home)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "locator", make_locator), tmp_path)


@pytest.fixture
def her(tmp_path: Path) -> Path:
    (tmp_path / "her.json").write_text(json.dumps(HER))
    return tmp_path / "her.json"


@pytest.fixture
def handle(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    return str(relation["handle"])


def test_a_custodian_is_asked_and_answers_with_a_ticket(home: Path, her: Path, handle: str) -> None:
    asked = data("discover", "match", "--as", "clinic", "north", "--patient", her, home=home)
    (answered,) = data("access", "answer", "--as", "north", home=home)
    assert (answered["letter"], answered["id"], answered["outcome"]) == (
        "look-up",
        asked["lookup"],
        "answered: found, 1 listed",
    )
    assert "ticket: found, matched" in done("access", "answer", "--as", "clinic", home=home)
    (ticket,) = data("discover", "tickets", "--as", "clinic", home=home)
    assert (ticket["relation"], ticket["bundle"]["total"]) == (handle, 1)
    assert f"{handle}  matched  certain 1.00" in done("discover", "tickets", "--as", "clinic", home=home)
    (rate,) = data("discover", "rates", "--as", "south", home=home)
    assert (rate["name"], rate["hour"], rate["day"]) == ("River Clinic", 1, 1)
    lines = data("access", "accounting", "--as", "alma", home=home)["lines"]
    (line,) = [line for line in lines if line["what"] == "located"]
    assert (line["name"], line["purpose"]) == ("River Clinic", "TREAT")


def test_a_locator_is_asked_after_a_key_and_tokens_were_given(home: Path, her: Path, handle: str) -> None:
    refused = salus("discover", "locate", "--as", "clinic", "--patient", her, home=home)
    assert refused.status == 1 and "0x60d7" in refused.line
    assert "went to 2 members" in done("discover", "key", "--as", "north", home=home)
    assert "key of epoch 1 is kept" in done("access", "answer", "--as", "clinic", home=home)
    assert "the key went to 2 members" in done("discover", "key", "--as", "north", "--again", home=home)
    given = data("discover", "register", "--as", "north", home=home)
    assert (given["relations"], given["epoch"]) == (1, 1)
    assert f"{given['tokens']} tokens of 1 relations" in done("access", "answer", "--as", "index", home=home)
    done("discover", "locate", "--as", "clinic", "--patient", her, home=home)
    assert "answered: found" in done("access", "answer", "--as", "index", home=home)
    done("access", "answer", "--as", "clinic", home=home)
    (ticket,) = data("discover", "tickets", "--as", "clinic", home=home)
    assert (ticket["relation"], ticket["how"]) == (handle, "name-and-birth")

    assert "not locatable, sensitive" in done(
        "discover", "mark", "--as", "north", handle[:12], "--not-locatable", "--sensitive", home=home
    )
    done("discover", "register", "--as", "north", home=home)
    done("access", "answer", "--as", "index", home=home)
    done("discover", "locate", "--as", "clinic", "--patient", her, home=home)
    assert "answered: nothing told" in done("access", "answer", "--as", "index", home=home)
    assert "nobody was found" in done("access", "answer", "--as", "clinic", home=home)


def test_a_share_code_is_shown_and_read(home: Path, handle: str) -> None:
    code = data("wallet", "share-code", "--as", "alma", home=home)
    assert code["link"].startswith("salus:share?code=")
    for group in ("access", "discover"):
        shared = data(group, "from-code", "--as", "clinic", code["link"], home=home)
        assert (shared["relation"], shared["name"], shared["directive"]) == (handle, "North Hospital", None)
    assert f"access request --as clinic {handle}" in done(
        "access", "from-code", "--as", "clinic", code["code"], home=home
    )
    assert "valid until" in done("discover", "share-code", "--as", "alma", "--minutes", "5", home=home)
    wrong = salus("access", "from-code", "--as", "clinic", "ABCD-EFGH", home=home)
    assert wrong.status != 0 and "typing error" in wrong.line


def test_what_is_no_patient_is_refused_in_one_line(home: Path, tmp_path: Path) -> None:
    for text, words in (("{}", "0x60d1"), ("[", "0x60d1"), ('{"resourceType":"Patient"}', "0x60d0")):
        (tmp_path / "wrong.json").write_text(text)
        refused = salus("discover", "match", "--as", "clinic", "north", "--patient", tmp_path / "wrong.json", home=home)
        assert refused.status == 2 and words in refused.line


def test_patients_of_before_are_entered_into_the_index(home: Path) -> None:
    assert done("discover", "index", "--as", "north", home=home) == "1 Patient resources were entered.\n"
