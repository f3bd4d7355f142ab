"""What of a Consent is refused, each by the name of its element; what is left behind is told; what has no form."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from properties.consent_cases import ACT, CUSTODIAN, NAMES, NUMBERS, RELATION, draw
from salus.fhir.consent.read import ConsentRefused, Taken, read_consent
from salus.fhir.consent.spans import NoFhirForm
from salus.fhir.consent.stated import BARE, NO_EMERGENCY, OWN, Names, Stated
from salus.fhir.consent.write import write_consent
from salus.fhir.validate import validate
from salus.policy.purposes import ACT_REASON
from salus.policy.types import EVERYTHING

Json = dict[str, Any]
CONF = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
CLINIC, DOCTOR, VISIT = "c1" * 32, "d0" * 32, "e0" * 16
COMMUNITY = replace(NAMES, community=(3, b"\x33" * 32))


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def actor(reference: str, role: str = "IRCP") -> Json:
    code = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", role)
    return {"role": code, "reference": {"reference": reference}}


def purpose(code: str) -> Json:
    return {"system": ACT_REASON, "code": code}


def label(code: str, system: str = CONF) -> Json:
    return {"system": system, "code": code}


SOUND: Json = {
    "resourceType": "Consent",
    "status": "active",
    "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
    "category": [concept("http://loinc.org", "59284-0")],
    "patient": {"reference": f"Patient/{RELATION.hex()}"},
    "dateTime": "2022-06-13",
    "performer": [{"reference": f"Patient/{RELATION.hex()}"}],
    "organization": [{"reference": f"Organization/{CUSTODIAN.hex()}"}],
    "sourceReference": {"reference": "DocumentReference/paper"},
    "policy": [{"uri": "http://example.org/policies/base.txt"}],
    "provision": {
        "type": "permit",
        "purpose": [purpose("TREAT")],
        "actor": [actor(f"Organization/{CLINIC}")],
        "securityLabel": [label("N")],
        "provision": [
            {"type": "permit", "securityLabel": [label("PSY", ACT)], "actor": [actor(f"Practitioner/{DOCTOR}")]}
        ],
    },
}


def taken(consent: Json, names: Names = NAMES) -> Taken:
    return read_consent(json.dumps(consent).encode(), names)


def refusals(consent: Json, names: Names = NAMES) -> list[tuple[str, str]]:
    with pytest.raises(ConsentRefused) as refused:
        taken(consent, names)
    return [(issue.expression, issue.code) for issue in refused.value.issues]


def changed(*path: str | int, to: Any) -> Json:
    found = deepcopy(SOUND)
    node: Any = found
    for step in path[:-1]:
        node = node[step]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return found


def test_the_sound_one_is_taken() -> None:
    found = taken(SOUND)
    assert found.warnings == () and found.permits == ()
    assert write_consent(found.stated, NAMES) == SOUND


P, N0 = "Consent.provision", "Consent.provision.provision[0]"
OUTER, INNER = ("provision",), ("provision", "provision", 0)
REFUSED: dict[str, tuple[Json, str, str]] = {
    "a draft": (changed("status", to="draft"), "Consent.status", "business-rule"),
    "another scope": (
        changed("scope", to=concept("http://terminology.hl7.org/CodeSystem/consentscope", "research")),
        "Consent.scope",
        "not-supported",
    ),
    "an empty list": (changed(*OUTER, "purpose", to=[]), f"{P}.purpose", "structure"),
    "no patient": (changed("patient", to=None), "Consent.patient", "required"),
    "another person": (
        changed("patient", to={"reference": "Patient/" + "77" * 32}),
        "Consent.patient",
        "business-rule",
    ),
    "an unknown patient": (changed("patient", to={"reference": "Patient/7"}), "Consent.patient", "not-found"),
    "another custodian": (
        changed("organization", to=[{"reference": "Organization/" + "77" * 32}]),
        "Consent.organization[0]",
        "business-rule",
    ),
    "no custodian": (changed("organization", to=None), "Consent.organization", "required"),
    "two custodians": (
        changed("organization", to=[{"reference": f"Organization/{CUSTODIAN.hex()}"}] * 2),
        "Consent.organization[1]",
        "not-supported",
    ),
    "nobody who consented": (changed("performer", to=None), "Consent.performer", "required"),
    "a year for a date": (changed("dateTime", to="2022"), "Consent.dateTime", "value"),
    "two policies": (changed("policy", to=[{"uri": "urn:a"}, {"uri": "urn:b"}]), "Consent.policy[1]", "not-supported"),
    "an authority": (
        changed("policy", 0, to={"uri": "urn:a", "authority": "urn:b"}),
        "Consent.policy[0].authority",
        "not-supported",
    ),
    "no policy": (changed("policy", to=None), "Consent.policy", "required"),
    "a rule beside a policy": (
        changed("policyRule", to=concept(ACT, "OPTIN")),
        "Consent.policyRule",
        "not-supported",
    ),
    "a verification": (
        changed("verification", to=[{"verified": True}]),
        "Consent.verification",
        "not-supported",
    ),
    "something contained": (
        changed("contained", to=[{"resourceType": "Basic", "id": "x", "code": {"text": "x"}}]),
        "Consent.contained",
        "not-supported",
    ),
    "a modifier of the whole": (
        changed("modifierExtension", to=[{"url": "urn:x", "valueBoolean": True}]),
        "Consent.modifierExtension",
        "not-supported",
    ),
    "an unknown extension": (
        changed("extension", to=[{"url": "urn:x", "valueBoolean": True}]),
        "Consent.extension[0]",
        "extension",
    ),
    "no provision": (changed("provision", to=None), "Consent.provision", "required"),
    "neither permit nor deny": (changed(*OUTER, "type", to=None), f"{P}.type", "required"),
    "an exception of neither kind": (changed(*INNER, "type", to=None), f"{N0}.type", "required"),
    "two levels of nesting": (
        changed(*INNER, "provision", to=[{"type": "deny"}]),
        f"{N0}.provision[0]",
        "not-supported",
    ),
    "an action": (changed(*OUTER, "action", to=[concept("urn:a", "access")]), f"{P}.action", "not-supported"),
    "an unknown purpose": (changed(*OUTER, "purpose", 0, to=purpose("XTREAT")), f"{P}.purpose[0]", "code-invalid"),
    "a purpose in look-alike letters": (
        changed(*OUTER, "purpose", 0, to=purpose("TRE\u0410T")),
        f"{P}.purpose[0]",
        "code-invalid",
    ),
    "a permit to break the glass": (changed(*OUTER, "purpose", to=[purpose("BTG")]), f"{P}.purpose", "business-rule"),
    "an unknown label": (
        changed(*INNER, "securityLabel", 0, to=label("XYZ", ACT)),
        f"{N0}.securityLabel[0]",
        "code-invalid",
    ),
    "a label in look-alike letters": (
        changed(*INNER, "securityLabel", 0, to=label("\u0420SY", ACT)),
        f"{N0}.securityLabel[0]",
        "code-invalid",
    ),
    "the label of what cannot be judged": (
        changed(*OUTER, "securityLabel", 0, to=label("pending", ACT)),
        f"{P}.securityLabel[0]",
        "code-invalid",
    ),
    "a label of another system": (
        changed(*INNER, "securityLabel", 0, to=label("PSY", "urn:x")),
        f"{N0}.securityLabel[0]",
        "code-invalid",
    ),
    "a label without a system": (
        changed(*INNER, "securityLabel", 0, to={"code": "PSY"}),
        f"{N0}.securityLabel[0]",
        "required",
    ),
    "a code in look-alike letters": (
        changed(*OUTER, "code", to=[concept("http://loinc.org", "718-\u0667")]),
        f"{P}.code[0]",
        "code-invalid",
    ),
    "a code in words only": (changed(*OUTER, "code", to=[{"text": "blood"}]), f"{P}.code[0]", "not-supported"),
    "a code with two meanings": (
        changed(*OUTER, "code", to=[{"coding": [label("a"), label("b")]}]),
        f"{P}.code[0]",
        "not-supported",
    ),
    "a version of a code system": (
        changed(*OUTER, "code", to=[{"coding": [label("a") | {"version": "1"}]}]),
        f"{P}.code[0].coding[0].version",
        "not-supported",
    ),
    "an unknown class": (
        changed(*OUTER, "class", to=[label("Nothing", "http://hl7.org/fhir/resource-types")]),
        f"{P}.class[0]",
        "code-invalid",
    ),
    "another role": (
        changed(*OUTER, "actor", 0, to=actor(f"Organization/{CLINIC}", "PRCP")),
        f"{P}.actor[0]",
        "not-supported",
    ),
    "an unknown recipient": (
        changed(*OUTER, "actor", 0, to=actor("Organization/7")),
        f"{P}.actor[0].reference",
        "not-found",
    ),
    "a recipient of another type": (
        changed(*OUTER, "actor", 0, to=actor("Device/7")),
        f"{P}.actor[0].reference",
        "not-supported",
    ),
    "persons and organisations": (
        changed(*OUTER, "actor", to=[actor(f"Organization/{CLINIC}"), actor(f"Practitioner/{DOCTOR}")]),
        P,
        "not-supported",
    ),
    "nobody": (changed(*OUTER, "actor", to=None), f"{P}.actor", "required"),
    "data that depends on data": (
        changed(*OUTER, "data", to=[{"meaning": "dependents", "reference": {"reference": f"List/{VISIT}"}}]),
        f"{P}.data[0]",
        "not-supported",
    ),
    "data of a plan": (
        changed(*OUTER, "data", to=[{"meaning": "related", "reference": {"reference": f"CarePlan/{VISIT}"}}]),
        f"{P}.data[0].reference",
        "not-supported",
    ),
    "an unknown record": (
        changed(*OUTER, "data", to=[{"meaning": "instance", "reference": {"reference": "Observation/7"}}]),
        f"{P}.data[0].reference",
        "not-found",
    ),
    "an author elsewhere": (
        changed(
            *OUTER,
            "data",
            to=[{"meaning": "authoredby", "reference": {"reference": "https://x.example/Practitioner/7"}}],
        ),
        f"{P}.data[0].reference",
        "value",
    ),
    "data of two kinds": (
        changed(
            *OUTER,
            "data",
            to=[
                {"meaning": "authoredby", "reference": {"reference": "Practitioner/7"}},
                {"meaning": "related", "reference": {"reference": f"Encounter/{VISIT}"}},
            ],
        ),
        P,
        "not-supported",
    ),
    "a period of an exception": (
        changed(*INNER, "period", to={"end": "2030-12-31"}),
        f"{N0}.period",
        "not-supported",
    ),
    "a period that ends first": (
        changed(*OUTER, "period", to={"start": "2030-12-31", "end": "2030-12-30"}),
        f"{P}.period",
        "value",
    ),
    "in force before 1970": (
        changed(*OUTER, "period", to={"start": "1960-01-01"}),
        f"{P}.period",
        "value",
    ),
    "a permit that is never asked for": (
        changed(*INNER, "purpose", to=[purpose("HRESCH")]),
        f"{N0}.purpose",
        "not-supported",
    ),
    "a recipient that is never asked": (
        changed(*INNER, "actor", to=[actor("Organization/" + "c2" * 32)]),
        f"{N0}.actor",
        "not-supported",
    ),
    "break-glass beside another purpose": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG"), purpose("TREAT")]}),
        f"{N0}.purpose",
        "not-supported",
    ),
    "break-glass for one period": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG")], "dataPeriod": {"start": "2022-01-01"}}),
        f"{N0}.dataPeriod",
        "not-supported",
    ),
    "break-glass for one kind": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG")], "securityLabel": [label("PSY", ACT)]}),
        N0,
        "not-supported",
    ),
    "break-glass with a gap below": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG")], "securityLabel": [label("V")]}),
        N0,
        "not-supported",
    ),
    "break-glass by one person": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG")], "actor": [actor(f"Practitioner/{DOCTOR}")]}),
        N0,
        "not-supported",
    ),
    "break-glass by a group nobody knows": (
        changed(*INNER, to={"type": "permit", "purpose": [purpose("BTG")], "actor": [actor("Group/7")]}),
        f"{N0}.actor[0].reference",
        "not-found",
    ),
    "a hash that is none": (
        changed("sourceReference", to=None) | {"sourceAttachment": {"url": "urn:x", "hash": "eA=="}},
        "Consent.sourceAttachment",
        "value",
    ),
    "a paper that is too large": (
        changed("sourceReference", to=None) | {"sourceAttachment": {"data": "eHh4" * 6000}},
        "Consent.sourceAttachment",
        "too-long",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_held_is_refused_by_its_name(name: str) -> None:
    consent, expression, code = REFUSED[name]
    assert refusals(consent) == [(expression, code)]


def test_what_is_no_consent_is_refused() -> None:
    assert refusals({"resourceType": "Patient"}) == [("Resource", "invalid")]
    for raw in (b"", b"[]", b"{", b'"\\ud800"', b"\xff"):
        with pytest.raises(ConsentRefused):
            read_consent(raw, NAMES)
    doubled = json.dumps(SOUND)[:-1] + ', "status": "active"}'
    with pytest.raises(ConsentRefused):
        read_consent(doubled.encode(), NAMES)


def test_a_refusal_repeats_nothing_of_the_consent() -> None:
    secret = "Mustermann"
    bad = changed(*OUTER, "actor", 0, to=actor(f"Organization/{secret}")) | {"status": "draft", secret: 1}
    with pytest.raises(ConsentRefused) as refused:
        taken(bad)
    assert secret not in repr(refused.value.issues) + str(refused.value)


def test_what_decides_nothing_is_told() -> None:
    consent = changed("category", 0, "coding", 0, "display", to="Consent") | {
        "id": "x",
        "meta": {"versionId": "1"},
        "language": "de",
        "text": {"status": "generated", "div": "<div>x</div>"},
    }
    consent["patient"]["display"] = "x"
    found = taken(consent)
    assert [(issue.severity, issue.expression) for issue in found.warnings] == [
        ("warning", "Consent.id"),
        ("warning", "Consent.meta"),
        ("warning", "Consent.language"),
        ("warning", "Consent.text"),
        ("warning", "Consent.patient.display"),
        ("warning", "Consent.category[0].coding[0].display"),
    ]
    assert found.stated == taken(SOUND).stated


def test_a_coarse_period_is_the_same_interval() -> None:
    found = taken(changed(*OUTER, "dataPeriod", to={"start": "2022", "end": "2022-02"}))
    again = write_consent(found.stated, NAMES)
    assert again["provision"]["dataPeriod"] == {"start": "2022-01-01", "end": "2022-02-28"}  # type: ignore[index]
    assert taken(again).stated == found.stated


def test_no_purpose_means_all_and_no_end_none() -> None:
    found = taken(changed(*OUTER, "purpose", to=None)).stated
    assert found.purposes == tuple(n for code, n in NUMBERS.items() if code != "BTG")
    assert (found.start, found.end) == (0, 2**53 - 1)
    denied = changed(*OUTER, to={"type": "deny"})
    assert taken(denied).stated.purposes == tuple(NUMBERS.values()) and taken(denied).stated.grantees == ((0, b""),)


def test_a_deny_of_everything() -> None:
    consent = changed(
        *OUTER,
        to={"type": "deny", "modifierExtension": [{"url": OWN + "total", "valueBoolean": True}]},
    )
    for name in ("dateTime", "sourceReference", "policy"):
        del consent[name]
    consent["policyRule"] = concept(ACT, "OPTOUT")
    found = taken(consent).stated
    assert (found.total, found.purposes, found.sealed) == (True, (), BARE)
    assert write_consent(found, NAMES) == consent
    for more in ({"purpose": [purpose("TREAT")]}, {"actor": [actor(f"Organization/{CLINIC}")]}):
        consent["provision"] |= more
        assert write_consent(taken(consent).stated, NAMES) == consent
    assert refusals(consent | {"dateTime": "2022-06-13"}) == [("Consent.provision", "not-supported")]
    consent["provision"] |= {"type": "permit"}
    consent["policyRule"] = concept(ACT, "OPTIN")
    assert refusals(consent) == [("Consent.provision", "business-rule")]


def test_what_a_deny_permits_by_its_exceptions() -> None:
    research = {"type": "permit", "purpose": [purpose("HRESCH")], "actor": [actor(f"Organization/{CLINIC}")]}
    labs = {"type": "permit", "class": [label("laboratory", OWN + "data-class")]}
    visit = {"type": "permit", "data": [{"meaning": "related", "reference": {"reference": f"Encounter/{VISIT}"}}]}
    secret = {"type": "deny", "securityLabel": [label("HIV", ACT)]}
    consent = changed(*OUTER, to={"type": "deny", "provision": [labs, secret, visit, research]})
    assert refusals(consent) == [("Consent.provision.provision", "required")]  # the laboratory for whom?
    found = taken(consent, COMMUNITY)
    general, special = found.permits
    everything = tuple(n for code, n in NUMBERS.items() if code != "BTG")
    assert (general.effect, general.grantees, general.purposes) == (1, (COMMUNITY.community,), everything)
    assert general.sealed.base.classes == ("laboratory",)
    assert [(effect, p.encounters, p.labels) for effect, p in general.sealed.exceptions] == [
        (1, (bytes.fromhex(VISIT),), ()),
        (2, (), ("HIV",)),
    ]
    assert (special.grantees, special.purposes) == (((1, bytes.fromhex(CLINIC)),), (NUMBERS["HRESCH"],))
    assert special.sealed.base == EVERYTHING and len(special.sealed.exceptions) == 3
    assert taken(changed(*OUTER, to={"type": "deny", "provision": [secret]})).permits == ()


@pytest.mark.parametrize(
    "change",
    [
        {"emergency": (True, 0, True)},
        {"emergency": (False, 3, False)},
        {"emergency": (True, 9, False)},
        {"purposes": (99,)},
        {"uses": 2**31},
        {"end": 2**53 - 2},
        {"grantees": ((0, b""), (1, b"x" * 32))},
    ],
)
def test_what_has_no_form_is_refused(change: Json) -> None:
    sound = Stated(((1, b"c" * 32),), 1, False, (1,), 0, 86_400_000, 0, 0, NO_EMERGENCY, None, BARE)
    assert validate(write_consent(sound, NAMES)) == []
    with pytest.raises(NoFhirForm):
        write_consent(sound._replace(**change), NAMES)


def test_a_revoked_directive_is_inactive() -> None:
    stated, names = draw(7)
    assert write_consent(stated._replace(active=False), names)["status"] == "inactive"


def each_path(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    return [(*path, name) for name, _ in items] + [p for name, child in items for p in each_path(child, (*path, name))]


@pytest.mark.parametrize("element", ["id", "extension", "display", "version"])
def test_nothing_is_dropped_in_silence(element: str) -> None:
    """Wherever FHIR allows it, another element is refused or told of."""
    values: dict[str, Callable[[], Any]] = {
        "id": lambda: "x",
        "extension": lambda: [{"url": "urn:x", "valueString": "x"}],
        "display": lambda: "x",
        "version": lambda: "x",
    }
    tried = 0
    for path in each_path(SOUND):
        consent = deepcopy(SOUND)
        node: Any = consent
        for step in path:
            node = node[step]
        if not isinstance(node, dict) or element in node:
            continue
        node[element] = values[element]()
        if validate(consent):
            continue
        tried += 1
        try:
            assert taken(consent).warnings, path
        except ConsentRefused as refused:
            assert refused.issues, path
    assert tried >= 4
