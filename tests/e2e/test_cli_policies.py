"""Policy sets, preferences, attested consents and orders by the command line alone."""

import json
from pathlib import Path

import pytest
from command_line import contents, copied, data, done, make_claimed, once, salus


@pytest.fixture
def claimed(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home of one's own in which alma claimed her account at north, and clinic has one member of staff."""
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def handle_of(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    handle: str = relation["handle"]
    return handle


def document(folder: Path) -> Path:
    path = folder / "document.pdf"
    path.write_bytes(b"canary of a document")
    return path


def test_sets_are_listed_shown_and_named(claimed: Path) -> None:
    listed = data("policy", "list", home=claimed)
    assert listed[0]["name"] == "strict-opt-in"
    assert {view["name"] for view in listed} == {"strict-opt-in", "opt-out", "mandated"}
    shown = data("policy", "show", "opt-out", home=claimed)
    assert shown["rules"][0] == {
        "purpose": "TREAT", "recipient": "hospital", "mode": "opt-out", "ceiling": "N", "objection": False,
        "notice": False,
    }  # fmt: skip
    assert shown["attested"] == ["TREAT"] and shown["emergency"]["window_minutes"] == 240
    handle = handle_of(claimed)
    assert data("policy", "of", handle, home=claimed) == {"set": "0" * 64, "version": 0, "name": "strict-opt-in"}
    named = data("policy", "name", "--as", "north", handle, shown["set"][:10], home=claimed)
    assert (named["set"], named["version"]) == (shown["set"], 1)
    assert done("policy", "of", handle, home=claimed) == "opt-out, version 1\n"
    assert "Nobody" not in done("policy", "show", "strict-opt-in", home=claimed)
    assert salus("policy", "name", "--as", "clinic", handle, "opt-out", home=claimed).status == 1


def test_a_shown_set_is_proposed_again_as_its_next_version(claimed: Path, tmp_path: Path) -> None:
    shown = data("policy", "show", "opt-out", home=claimed)
    path = tmp_path / "set.json"
    path.write_text(json.dumps(shown | {"pending": "N", "rules": shown["rules"][:1]}))
    made = data("policy", "propose", "--as", "north", "--file", path, "--replace", "opt-out", home=claimed)
    for member in ("north", "south", "clinic"):
        data("org", "vote", "--as", member, made["proposal"], home=claimed)
    while data("ledger", "status", home=claimed)["height"] < made["effective_height"]:
        data("staff", "add", "--as", "south", "Nobody", home=claimed)
    again = data("policy", "show", shown["set"], home=claimed)
    assert (again["version"], again["pending"], len(again["rules"])) == (2, "N", 1)
    shipped = data("policy", "propose", "--as", "north", "--shipped", "mandated", "--realm", "", home=claimed)
    assert sorted(shipped) == ["effective_height", "proposal"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rules": [{"purpose": "TREET", "mode": "opt-out", "ceiling": "N"}]}, "`TREET` is none of TREAT, "),
        ({"rules": [{"purpose": "TREAT", "mode": "opt", "ceiling": "N"}]}, "`opt` is none of mandated, "),
        ({"rules": [{"purpose": "TREAT", "mode": "opt-in", "ceiling": "X"}]}, "`X` is none of U, L, "),
        ({"rules": [{"purpose": "TREAT", "mode": "opt-in", "ceiling": "N", "rolle": "x"}]}, "unknown field `rolle`"),
        ({"emergency": {"group": "00", "ceiling": "N", "window_minutes": 1}}, "all 64 hex digits"),
        ({"emergency": None}, "Expected `object`, got `null`"),
        ({"rules": 7}, "Expected `array`, got `int`"),
    ],
)
def test_a_file_that_is_no_policy_set_is_told_in_one_line(
    claimed: Path, tmp_path: Path, change: dict, words: str
) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(data("policy", "show", "mandated", home=claimed) | change))
    result = salus("policy", "propose", "--as", "north", "--file", path, home=claimed)
    assert result.status == 2 and words in result.line


def test_what_members_could_not_vote_for_is_refused(claimed: Path, tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    rule = {"purpose": "BTG", "mode": "permitted", "ceiling": "N"}
    path.write_text(json.dumps(data("policy", "show", "mandated", home=claimed) | {"rules": [rule]}))
    result = salus("policy", "propose", "--as", "north", "--file", path, home=claimed)
    assert result.status == 2 and "0x011b" in result.line
    both = salus("policy", "propose", "--as", "north", "--file", path, "--shipped", "opt-out", home=claimed)
    assert both.status == salus("policy", "propose", "--as", "north", home=claimed).status == 2
    assert salus("policy", "show", "nothing-like-it", home=claimed).status == 2


def test_she_opts_in_and_out_and_takes_it_back(claimed: Path) -> None:
    nothing = {"policy": "strict-opt-in", "preference": {}}
    assert data("consent", "preference", "--as", "alma", home=claimed) == nothing
    said = data("consent", "preference", "--as", "alma", "--in", "TREAT", "--out", "all", home=claimed)
    assert said["preference"] == {"all": "out", "TREAT": "in"}
    data("policy", "name", "--as", "north", handle_of(claimed), "opt-out", home=claimed)
    kept = data("consent", "preference", "--as", "alma", home=claimed)
    assert kept == {"policy": "opt-out", "preference": {"all": "out", "TREAT": "in"}}
    left = data("consent", "preference", "--as", "alma", "--unset", "all", home=claimed)
    assert left["preference"] == {"TREAT": "in"}
    assert "She has said nothing." in done("consent", "preference", "--as", "alma", "--unset", "TREAT", home=claimed)
    wrong = salus("consent", "preference", "--as", "alma", "--in", "TREET", home=claimed)
    assert wrong.status in (1, 2) and "purpose" in wrong.line


def test_what_is_attested_is_never_shown_as_hers(claimed: Path, tmp_path: Path) -> None:
    handle, paper = handle_of(claimed), document(tmp_path)
    data("staff", "add", "--as", "south", "Desk Nobody", home=claimed)
    options = ("--to", "clinic", "--document", paper, "--class", "laboratory")
    made = data("consent", "attest", "--as", "south", handle, *options, home=claimed)
    (answered,) = data("access", "answer", "--as", "north", home=claimed)
    assert answered["id"] == made["directive"]
    listed, shown = (
        done("consent", *words, "--as", "alma", home=claimed) for words in (("list",), ("show", made["directive"][:8]))
    )
    assert "attested" in listed and "by her" not in listed
    assert "attested by South Hospital (on-paper), not signed by her" in shown
    assert data("consent", "show", "--as", "alma", made["directive"][:8], home=claimed)["attestation"]["method"] == 1
    own = salus("consent", "attest", "--as", "clinic", handle, *options, home=claimed)
    assert own.status == 1 and "cannot attest" in own.line
    assert not [path for path, raw in contents(claimed).items() if b"canary of a document" in raw]


def test_an_order_is_recorded_listed_and_withdrawn(claimed: Path, tmp_path: Path) -> None:
    handle, writ = handle_of(claimed), document(tmp_path)
    options = (handle, "--to", "clinic", "--for", "PUBHLTH", "--document", writ, "--up-to", "R", "--days", 2)
    made = data("order", "record", "--as", "north", *options, home=claimed)
    assert sorted(made) == ["end", "height", "order", "salt", "start"]
    (listed,) = data("order", "list", "--as", "alma", home=claimed)
    assert listed["order"] == made["order"] and listed["terms"]["withdrawn"] is False
    assert "stands" in done("order", "list", "--as", "clinic", "--of", handle, home=claimed)
    assert salus("order", "record", "--as", "clinic", *options, home=claimed).status == 1
    assert salus("order", "withdraw", "--as", "clinic", handle, made["order"][:8], home=claimed).status == 1
    ended = data("order", "withdraw", "--as", "north", handle, made["order"][:8], home=claimed)
    assert ended["order"] == made["order"]
    assert "withdrawn" in done("order", "list", "--as", "alma", home=claimed)
    assert salus("order", "withdraw", "--as", "north", handle, "ffffffff", home=claimed).status == 2
    lines = data("access", "accounting", "--as", "alma", home=claimed)["lines"]
    assert [line["what"] for line in lines][-2:] == ["ordered", "order-ended"]
    assert not [path for path, raw in contents(claimed).items() if b"canary of a document" in raw]


def test_a_deny_says_what_an_emergency_may_do_to_it(claimed: Path) -> None:
    for given, words in (
        ((), "as the policy set says"),
        (("--emergency", "refuse"), "it holds as well"),
        (("--emergency", "R"), "may be lifted up to R"),
    ):
        options = ("--to", "clinic", "--class", "laboratory", "--deny", *given)
        made = data("consent", "grant", "--as", "alma", *options, home=claimed)
        assert words in done("consent", "show", "--as", "alma", made["directive"][:12], home=claimed)
    wrong = salus("consent", "grant", "--as", "alma", "--to", "clinic", "--emergency", "never", home=claimed)
    assert wrong.status == 2 and "say one of policy, refuse, U" in wrong.line


def test_a_set_of_a_law_is_shown_before_it_is_voted_and_proposed_by_its_name(claimed: Path) -> None:
    shown = data("policy", "show", "hipaa", home=claimed)
    assert (shown["set"], shown["version"], shown["edition"]) == (None, 0, 2)
    rules = {(rule["purpose"], rule["recipient"]): rule for rule in shown["law"]}
    report = rules["PUBHLTH", "regulator"]
    assert report["rule"] == 8
    assert report["sources"][0] == {
        "place": {"en": "45 CFR 164.512(a)", "zh": "45 CFR 164.512(a)"},
        "url": "https://www.ecfr.gov/current/title-45/section-164.512",
    }
    assert shown["not_expressed"][0]["source"]["place"]["en"] == "45 CFR 164.508(c)"
    printed = done("policy", "show", "hipaa", home=claimed)
    assert "not voted in this network" in printed and "45 CFR 164.506(c)(2)" in printed
    assert "A starting point for the review of your counsel, and no legal advice." in printed
    assert "《个人信息保护法》第二十三条" in done("policy", "show", "pipl", "--language", "zh", home=claimed)

    voted(claimed, "--set", "hipaa")
    first = data("policy", "show", "hipaa", home=claimed)
    assert first["version"] == 1 and first["rules"] == shown["rules"]
    voted(claimed, "--set", "hipaa", "--replace", "hipaa")
    second = data("policy", "show", "hipaa", home=claimed)
    assert (second["set"], second["version"]) == (first["set"], 2), "a later version takes its place"
    handle = handle_of(claimed)
    data("policy", "name", "--as", "north", handle, "hipaa", home=claimed)
    data("access", "request", "--as", "clinic", handle, home=claimed)
    said = f"by policy hipaa ({first['set'][:12]}), version 2, rule 2: 45 CFR 164.506(c)(2), 45 CFR 164.508(a)(2)"
    (released,) = data("access", "answer", "--as", "north", home=claimed)
    assert released["outcome"].endswith(said)
    (got,) = data("access", "answer", "--as", "clinic", home=claimed)
    assert f"records, {said}; " in got["outcome"]


def test_a_rule_that_asks_for_notice_has_her_told(claimed: Path) -> None:
    handle = handle_of(claimed)
    voted(claimed, "--set", "gdpr")
    data("policy", "name", "--as", "north", handle, "gdpr", home=claimed)
    data("access", "request", "--as", "clinic", handle, home=claimed)
    done("access", "answer", "--as", "north", home=claimed)
    (told,) = data("access", "collect", "--as", "alma", home=claimed)
    assert told["letter"] == "notice"
    assert told["outcome"].startswith("River Clinic received data for TREAT by policy gdpr (")
    assert "GDPR Art. 9(2)(h)" in told["outcome"] and done("access", "collect", "--as", "alma", home=claimed)
    line = data("access", "accounting", "--as", "alma", home=claimed)["lines"][-1]
    assert line["law"]["notice"] is True and line["law"]["rule"] == 2
    page = done("access", "accounting", "--as", "alma", "--format", "html", "--language", "zh", home=claimed)
    assert "此规则要求逐次告知本人" in page and "《通用数据保护条例》第 9(2)(h) 条" in page


def voted(home: Path, *options: object) -> None:
    """Propose a set for any realm, vote, and let it take effect."""
    made = data("policy", "propose", "--as", "north", "--realm", "", *options, home=home)
    for member in ("north", "south", "clinic"):
        data("org", "vote", "--as", member, made["proposal"], home=home)
    while data("ledger", "status", home=home)["height"] < made["effective_height"]:
        data("staff", "add", "--as", "south", "Nobody", home=home)
