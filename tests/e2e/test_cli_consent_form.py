"""FHIR Consent on the command line: put in force, shown again, refused by an OperationOutcome; and labelling anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import CANARY, copied, data, done, make_claimed, once, salus

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
MEANS = ("--means", "Patient/7=me", "--means", "Organization/1=north", "--means", "Organization/2=clinic")


@pytest.fixture
def claimed(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home of one's own in which alma claimed her account at north, and clinic has one member of staff."""
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def consent(**provision: Any) -> dict[str, Any]:
    actor = {"role": {"coding": [coding(ROLE, "IRCP")]}, "reference": {"reference": "Organization/2"}}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")]},
        "category": [{"coding": [coding("http://loinc.org", "59284-0")]}],
        "patient": {"reference": "Patient/7"},
        "dateTime": "2026-09-01",
        "performer": [{"reference": "Patient/7"}],
        "organization": [{"reference": "Organization/1"}],
        "sourceAttachment": {"contentType": "text/plain", "data": "SWNoIHN0aW1tZSB6dS4="},
        "policy": [{"uri": "http://example.org/policies/base.txt"}],
        "provision": {"type": "permit", "actor": [actor], "purpose": [coding(ACT, "TREAT")]} | provision,
    }


def take_in(home: Path, resource: dict[str, Any], *options: str) -> Any:
    file = home.parent / "consent.json"
    file.write_text(json.dumps(resource))
    return data("consent", "import", "--as", "alma", file, *MEANS, *options, home=home)


def received(home: Path) -> str:
    (relation,) = data("access", "relations", "--as", "alma", home=home)
    done("access", "request", "--as", "clinic", relation["handle"], home=home)
    return str(data("access", "answer", "--as", "north", home=home)[-1]["outcome"])


def test_a_consent_is_put_in_force_and_shown_as_it_came(claimed: Path) -> None:
    given = consent(**{"class": [coding("urn:salus:consent:data-class", "vital-signs")]}, period={"end": "2030-12-31"})
    made = take_in(claimed, given)
    assert made["outcome"]["issue"][0]["severity"] == "information"
    (directive,) = made["directives"]
    assert directive["end"] == 1_924_992_000_000
    (answered,) = data("access", "answer", "--as", "north", home=claimed)
    assert answered["outcome"] == "acknowledged"
    assert received(claimed) == "released 1 records"
    shown = data("consent", "show", "--as", "alma", directive["directive"], home=claimed)
    assert shown["sealed"]["text"] == "Ich stimme zu." and shown["sealed"]["base"]["classes"] == ["vital-signs"]
    exported = json.loads(done("consent", "export", "--as", "alma", directive["directive"], home=claimed))
    assert exported.pop("id") == directive["directive"] and exported == given
    done("consent", "revoke", "--as", "alma", directive["directive"], home=claimed)
    exported = json.loads(done("consent", "export", "--as", "alma", directive["directive"], home=claimed))
    assert exported["status"] == "inactive"


def test_what_was_granted_here_is_shown_as_a_consent_and_can_be_put_in_force_again(claimed: Path) -> None:
    granted = data("consent", "grant", "--as", "alma", "--to", "clinic", "--class", "laboratory", home=claimed)
    exported = done("consent", "export", "--as", "alma", granted["directive"], home=claimed)
    (claimed.parent / "again.json").write_text(exported)
    again = data("consent", "import", "--as", "alma", claimed.parent / "again.json", home=claimed)
    listed = {one["id"]: one for one in data("consent", "list", "--as", "alma", home=claimed)}
    one, other = listed[granted["directive"]], listed[again["directives"][0]["directive"]]
    same = {"grantee", "effect", "purposes", "start", "end", "uses", "redisclosure", "emergency"}
    assert {name: one[name] for name in same} == {name: other[name] for name in same}
    total = data("consent", "deny", "--as", "alma", home=claimed)
    denied = json.loads(done("consent", "export", "--as", "alma", total["directive"], home=claimed))
    assert denied["provision"]["type"] == "deny" and "dateTime" not in denied


def test_a_deny_with_exceptions_permits_them(claimed: Path) -> None:
    laboratory = {"type": "permit", "class": [coding("urn:salus:consent:data-class", "laboratory")]}
    made = take_in(claimed, consent(type="deny", provision=[laboratory]))
    assert len(made["directives"]) == 2
    data("access", "answer", "--as", "north", home=claimed)
    assert received(claimed) == "released 3 records"


def test_a_consent_that_cannot_be_held_is_refused_by_the_name_of_the_element(claimed: Path) -> None:
    file = claimed.parent / "consent.json"
    nested = {"type": "deny", "provision": [{"type": "permit"}]}
    file.write_text(json.dumps(consent(action=[{"text": CANARY}], provision=[nested])))
    result = salus("consent", "import", "--as", "alma", file, *MEANS, "--json", home=claimed)
    assert result.status == 2 and result.data["resourceType"] == "OperationOutcome"
    assert [(one["expression"], one["code"]) for one in result.data["issue"]] == [
        (["Consent.provision.provision[0].provision[0]"], "not-supported"),
        (["Consent.provision.action"], "not-supported"),
    ]
    assert result.line == "salus: The Consent is refused as a whole; see its issues. (0x4604) Nothing was put in force."
    told = salus("consent", "import", "--as", "alma", file, *MEANS, home=claimed)
    assert told.status == 2 and told.out == "" and "error: Consent.provision.action: A directive" in told.err
    assert CANARY not in result.out + result.err + told.err
    assert data("consent", "list", "--as", "alma", home=claimed) == []
    unknown = salus("consent", "import", "--as", "alma", file, "--means", "Patient/7", home=claimed)
    assert unknown.status == 2 and "REFERENCE=WHAT" in unknown.line
    file.write_bytes(b" " * 300_000)
    assert "too large" in salus("consent", "import", "--as", "alma", file, home=claimed).line


def test_whom_a_consent_means_is_said_where_it_does_not_say_it(claimed: Path) -> None:
    open_ = consent()
    del open_["provision"]["actor"]
    file = claimed.parent / "consent.json"
    file.write_text(json.dumps(open_))
    result = salus("consent", "import", "--as", "alma", file, *MEANS, home=claimed)
    assert result.status == 2 and "Consent.provision.actor" in result.err
    (directive,) = take_in(claimed, open_, "--to", "clinic")["directives"]
    exported = json.loads(done("consent", "export", "--as", "alma", directive["directive"], home=claimed))
    assert exported.pop("id") and exported == open_


def test_records_are_labelled_anew(claimed: Path) -> None:
    done("record", "due", "--as", "north", home=claimed)
    data("record", "relabel", "--as", "north", home=claimed)  # anchors what waits: looks that were logged
    done_ = data("record", "relabel", "--as", "north", home=claimed)
    expected = {"rule_set": 2, "relations": 1, "changed_relations": 0, "records": 0, "anchored_relations": 0}
    assert done_ == expected
    assert "1 relations looked at" in done("record", "relabel", "--as", "north", "--rule-set", 2, home=claimed)
    assert salus("record", "relabel", "--as", "north", "--rule-set", 1, home=claimed).status == 2
