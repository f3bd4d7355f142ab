"""A record's whole way by the command line alone; and what each command prints for programs."""

from pathlib import Path

import pytest
from command_line import CANARY, bundle_file, contents, copied, data, done, found, make_claimed, once, salus


@pytest.fixture
def claimed(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home of one's own in which alma claimed her account at north, and clinic has one member of staff."""
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def handle_of(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    assert sorted(relation) == ["custodian", "handle", "life", "name"] and relation["name"] == "North Hospital"
    return relation["handle"]


def grant_and_answer(home: Path, *options: str) -> dict:
    granted = data("consent", "grant", "--as", "alma", "--to", "clinic", *options, home=home)
    (answered,) = data("access", "answer", "--as", "north", home=home)
    assert answered["letter"] == "grant" and answered["id"] == granted["directive"]
    assert answered["outcome"] == "acknowledged"
    return granted


def test_the_whole_way_of_a_record(tmp_path: Path) -> None:
    home = found(tmp_path / "home")
    badge = data("staff", "add", "--as", "clinic", "Doctor Nobody", "--role", "nurse", "--days", 5, home=home)
    (listed,) = data("staff", "list", "--as", "clinic", home=home)
    assert listed == {"commitment": badge["commitment"], "name": "Doctor Nobody", "role": "nurse", "end": badge["end"]}

    assert data("record", "import", "--as", "north", bundle_file(tmp_path), home=home) == {
        "bundles": 1, "records": 5, "shared": 0, "patients": 1, "already_known_bundles": 0, "anchored_relations": 1,
    }  # fmt: skip
    (patient,) = data("patient", "list", "--as", "north", home=home)
    assert patient["name"] == f"Test {CANARY}" and patient["birth_date"] == "1970-01-01"
    assert (patient["state"], patient["records"]) == ("custodial", 5)
    handle = patient["handle"]

    invited = data("patient", "invite", "--as", "north", handle[:6], "--days", 2, home=home)
    assert sorted(invited) == ["code", "end", "handle", "link"]
    claim = data("patient", "claim", "--as", "alma", "--at-once", invited["code"], home=home)
    assert claim["handle"] == handle
    assert data("patient", "list", "--as", "north", home=home)[0]["state"] == "claiming"
    assert list(data("patient", "confirm", "--as", "north", handle[:8], claim["short_code"], home=home)) == ["height"]
    assert data("patient", "list", "--as", "north", home=home)[0]["state"] == "claimed"
    for command in (("patient", "list", "--as", "north"), ("access", "relations", "--as", "alma")):
        assert "claimed by invitation" in done(*command, home=home)  # in whose hands it was, nobody else knows

    assert sorted(data("access", "request-own", "--as", "alma", home=home)) == ["custodian", "request"]
    (released,) = data("access", "answer", "--as", "north", home=home)
    assert (released["outcome"], released["records"]) == ("released 5 records", 5)
    result = salus("access", "collect", "--as", "alma", "--save", tmp_path / "mine", "--json", home=home)
    (view,) = result.data
    assert view["outcome"] == "all 5 records, 5 versions; the list is complete"
    assert result.line.startswith("1 evidence files and 5 records written to ")
    assert len(list((tmp_path / "mine").glob("*.json"))) == 5
    assert data("access", "collect", "--as", "alma", home=home) == []

    granted = grant_and_answer(home, "--class", "laboratory", "--since", "2024-10-01", "--days", "30")
    asked = data("access", "request", "--as", "clinic", handle, home=home)
    (released,) = data("access", "answer", "--as", "north", home=home)
    assert (released["letter"], released["id"], released["records"]) == ("request", asked["request"], 2)
    received = salus("access", "answer", "--as", "clinic", "--save", tmp_path / "got", home=home)
    assert received.status == 0 and "received and verified 2 records; some were left out" in received.out
    kept = data("access", "received", "--as", "clinic", home=home)
    assert {one["header"]["data_class"] for one in kept} == {"laboratory"} and len(kept) == 2

    (evidence,) = (tmp_path / "got").glob("*.evidence")
    verified = salus("verify", evidence, "--genesis", home / "genesis.cbor", "--json")
    assert verified.status == 3 and verified.data["verdict"] == "unwitnessed"

    revoked = data("consent", "revoke", "--as", "alma", granted["directive"][:12], home=home)
    assert revoked["directive"] == granted["directive"]
    data("access", "request", "--as", "clinic", handle, home=home)
    (refused,) = data("access", "answer", "--as", "north", home=home)
    assert refused["outcome"] == "refused: permit revoked"

    told = data("access", "accounting", "--as", "alma", home=home)
    assert told["relation"] == handle
    assert [line["what"] for line in told["lines"]] == [
        "opened", "invited", "claim-made", "claimed", "released",
        "granted", "in-force", "released", "acknowledged", "revoked", "refused",
    ]  # fmt: skip
    other = data("access", "accounting", "--as", "clinic", "--of", handle, home=home)
    for account in (told, other):
        del account["as_of"]
        assert [line.pop("waiting_ms") is None for line in account["lines"]].count(False) == 1
    assert other == told
    assert salus("fsck", home=home).status == 0


def test_the_account_for_people_says_who_when_why_and_under_which_directive(claimed: Path) -> None:
    granted = grant_and_answer(claimed)
    done("access", "request", "--as", "clinic", handle_of(claimed), home=claimed)
    done("access", "answer", "--as", "north", home=claimed)
    printed = done("access", "accounting", "--as", "alma", home=claimed)
    happened, still_open = printed.split("Still open:")
    (line,) = (line for line in happened.splitlines() if " released " in line)
    assert "The recipient has not confirmed receipt" in still_open
    assert "River Clinic" in line and "TREAT" in line and f"{granted['directive'][:12]}, version 1" in line
    assert CANARY not in printed


def test_records_are_listed_and_shown_as_they_came(claimed: Path) -> None:
    handle = handle_of(claimed)
    headers = data("record", "list", "--as", "north", handle, home=claimed)
    assert [header["type"] for header in headers].count("Observation") == 4
    (wanted,) = (header for header in headers if header["type"] == "Patient")
    shown = data("record", "show", "--as", "north", handle, wanted["record"][:10], home=claimed)
    assert shown["header"] == wanted and CANARY in shown["content"]
    assert done("record", "show", "--as", "north", handle, wanted["record"], home=claimed).strip() == shown["content"]
    assert wanted["record"][:12] in done("record", "list", "--as", "north", handle, home=claimed)


def test_directives_are_listed_and_shown(claimed: Path) -> None:
    granted = grant_and_answer(claimed, "--class", "laboratory", "--class", "vital-signs", "--uses", "3")
    (listed,) = data("consent", "list", "--as", "alma", home=claimed)
    assert listed["id"] == granted["directive"] and listed["uses"] == 3
    view = data("consent", "show", "--as", "alma", granted["directive"], home=claimed)
    assert view["public"] == listed and view["uses"] == 0
    assert view["sealed"]["base"]["classes"] == ["laboratory", "vital-signs"]
    table = done("consent", "list", "--as", "alma", home=claimed)
    assert "River Clinic" in table and "active" in table and "permit" in table
    words = done("consent", "show", "--as", "alma", granted["directive"], home=claimed)
    assert "laboratory, vital-signs" in words and "0 of 3" in words


def test_a_deny_works_at_once(claimed: Path) -> None:
    grant_and_answer(claimed)
    made = data("consent", "deny", "--as", "alma", home=claimed)
    assert sorted(made) == ["directive", "height"]
    done("access", "request", "--as", "clinic", handle_of(claimed), home=claimed)
    (refused,) = data("access", "answer", "--as", "north", home=claimed)
    assert refused["outcome"].startswith("refused: ")
    assert "deny all" in done("consent", "list", "--as", "alma", home=claimed)


def test_a_claim_is_rejected_when_the_short_code_is_wrong(tmp_path: Path) -> None:
    home = found(tmp_path / "home")
    done("record", "import", "--as", "north", bundle_file(tmp_path), home=home)
    handle = data("patient", "list", "--as", "north", home=home)[0]["handle"]
    code = data("patient", "invite", "--as", "north", handle, home=home)["code"]
    short_code = data("patient", "claim", "--as", "eve", "--at-once", code, home=home)["short_code"]
    wrong = "0" * len(short_code) if set(short_code) != {"0"} else "1" * len(short_code)
    assert salus("patient", "confirm", "--as", "north", handle, wrong, home=home).status == 1
    assert salus("patient", "complete", "--as", "north", handle, home=home).status == 4  # the delay is not over
    assert list(data("patient", "reject", "--as", "north", handle, home=home)) == ["height"]
    assert data("patient", "list", "--as", "north", home=home)[0]["state"] == "custodial"


def test_staff_whose_attestation_ended_asks_for_nothing(claimed: Path) -> None:
    (badge,) = data("staff", "list", "--as", "clinic", home=claimed)
    assert list(data("staff", "end", "--as", "clinic", badge["commitment"][:12], home=claimed)) == ["height"]
    assert data("staff", "list", "--as", "clinic", home=claimed) == []
    assert "nobody is attested" in salus("access", "request", "--as", "clinic", "00" * 32, home=claimed).line


def test_a_member_is_added_by_vote(claimed: Path) -> None:
    added = data("org", "add", "--as", "north", "lab:laboratory:City Laboratory", home=claimed)
    assert sorted(added) == ["account", "effective_height", "proposal"]
    for member in ("south", "clinic"):
        assert list(data("org", "vote", "--as", member, added["proposal"], home=claimed)) == ["height"]
    members = data("org", "list", home=claimed)
    assert [member["name"] for member in members] == ["North Hospital", "River Clinic", "South Hospital"]
    assert sorted(members[0]) == [
        "account", "emergency", "name", "realm", "roles", "state", "successor", "suspended_custodian",
        "suspended_recipient",
    ]  # fmt: skip
    assert "hospital" in done("org", "list", home=claimed)


LOOKS = (
    ("org", "list"),
    ("staff", "list", "--as", "clinic"),
    ("consent", "list", "--as", "alma"),
    ("access", "relations", "--as", "alma"),
    ("access", "accounting", "--as", "alma"),
    ("access", "received", "--as", "clinic"),
    ("access", "answer", "--as", "clinic"),
    ("access", "collect", "--as", "alma"),
    ("ledger", "status"),
    ("ledger", "show", "1"),
    ("ledger", "checkpoint"),
    ("fsck",),
)


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_looking_changes_no_file(claimed: Path, command: tuple[str, ...]) -> None:
    done(*LOOKS[0], home=claimed)
    before = contents(claimed)
    done(*command, home=claimed)
    assert contents(claimed) == before


def test_a_look_at_patients_changes_their_access_logs_and_nothing_else(claimed: Path) -> None:
    done(*LOOKS[0], home=claimed)
    before = contents(claimed)
    done("patient", "list", "--as", "north", home=claimed)
    after = contents(claimed)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {"organisations/north/vault/index.db"}
