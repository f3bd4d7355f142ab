"""Round trips of FHIR's Consent, both ways, over random directives and random Consents; a failure prints its seed."""

import json
from base64 import b64encode
from dataclasses import replace
from random import Random
from typing import Any

from properties.consent_cases import ACT, CODES, CUSTODIAN, GLASS, NAMES, RELATION, draw
from salus.fhir.consent.read import ConsentRefused, read_consent
from salus.fhir.consent.stated import OWN
from salus.fhir.consent.write import write_consent
from salus.fhir.validate import validate
from salus.policy.purposes import ACT_REASON

CASES = 2500
COMMUNITY = replace(NAMES, community=(3, b"\x13" * 32))
CONF = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def test_every_directive_comes_back_from_its_consent() -> None:
    seen: dict[str, int] = {}
    for seed in range(CASES):
        stated, names = draw(seed)
        written = write_consent(stated, names)
        raw = json.dumps(written).encode()
        assert validate(written, raw) == [], seed
        taken = read_consent(raw, names)
        assert taken.stated == stated, seed
        assert taken.warnings == (), seed
        for name in (
            *written,
            *written["provision"],
            *(n for p in written["provision"].get("provision", ()) for n in p),
        ):
            seen[name] = seen.get(name, 0) + 1
    assert set(seen) == {
        *("resourceType", "extension", "identifier", "status", "scope", "category", "patient", "dateTime", "performer"),
        *("organization", "sourceAttachment", "sourceReference", "policy", "policyRule", "provision"),
        *("modifierExtension", "type", "period", "actor", "purpose", "securityLabel", "class", "code", "dataPeriod"),
        "data",
    }


def coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(system, code)]}


def reference(kind: str, name: str) -> dict[str, str]:
    return {"reference": f"{kind}/{name}"}


def recipient(target: dict[str, str]) -> dict[str, Any]:
    return {"role": concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"), "reference": target}


def purposes(r: Random, effect: str) -> list[dict[str, str]]:
    pool = CODES[:-1] if effect == "permit" else CODES
    return [coding(ACT_REASON, code) for code in pool if r.random() < 0.4][: len(pool) - 1]


def data(r: Random) -> dict[str, Any]:
    """What a provision of the profile may say of data, one kind of each list."""
    kind = r.choice(("instance", "related", "authoredby"))
    target = {"instance": "Observation", "related": "Encounter", "authoredby": "Practitioner"}[kind]
    named = [{"meaning": kind, "reference": reference(target, r.randbytes(16).hex())} for _ in range(r.randint(1, 2))]
    elements = {
        "securityLabel": [
            coding(*pair) for pair in r.sample([(CONF, "N"), (CONF, "R"), (ACT, "PSY"), (ACT, "HIV")], 2)
        ],
        "class": [coding("http://hl7.org/fhir/resource-types", code) for code in ("Condition", "Goal")],
        "code": [concept("http://loinc.org", f"{n}-1") for n in range(2)],
        "dataPeriod": r.choice(
            ({"start": "2022-01-01"}, {"end": "2022-12-31"}, {"start": "2022-01-01T10:00:00Z", "end": "2023-02-28"})
        ),
        "data": named,
    }
    return {name: value for name, value in elements.items() if r.random() < 0.3}


def nested(r: Random, outer: str, allowed: list[dict[str, str]]) -> dict[str, Any]:
    effect = r.choice(("permit", "deny"))
    found = {"type": effect, **data(r)}
    chosen = [one for one in (allowed or purposes(r, "permit")) if r.random() < 0.5 and one["code"] != "BTG"]
    if chosen and r.random() < 0.5:
        found["purpose"] = chosen
    elif r.random() < 0.5:
        found["actor"] = [recipient(reference("Practitioner", r.randbytes(32).hex()))]
    elif r.random() < 0.3 and (outer, effect) != ("permit", "permit"):
        found["actor"] = [recipient(reference(kind, r.randbytes(32).hex())) for kind in ("Organization", "Group")]
    return found


def break_glass(r: Random, base: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "permit", "purpose": [coding(ACT_REASON, "BTG")]}
    if base["type"] == "permit" and base.get("securityLabel") == [coding(CONF, "N")]:
        found["securityLabel"] = [coding(CONF, "R")]
    if r.random() < 0.5:
        found["actor"] = [recipient({"reference": GLASS[0]})]
    return found


def draw_consent(seed: int) -> dict[str, Any]:
    """A Consent of the profile, lists in the order in which they are written."""
    r = Random(seed)
    effect = r.choice(("permit", "deny"))
    provision: dict[str, Any] = {"type": effect, **data(r)}
    if r.random() < 0.2:
        provision["securityLabel"] = [coding(CONF, "N")]
    if wanted := purposes(r, effect):
        provision["purpose"] = wanted
    provision["actor"] = [recipient(reference(r.choice(("Organization", "Group")), r.randbytes(32).hex()))]
    if effect == "deny" and r.random() < 0.5:
        del provision["actor"]
    if r.random() < 0.4:
        provision["period"] = r.choice(({"end": "2030-12-31"}, {"start": "2022-01-01", "end": "2031-01-01T12:00:00Z"}))
    inner = [nested(r, effect, wanted) for _ in range(r.choice((0, 1, 1, 2)))]
    inner.sort(key=lambda one: "purpose" in one or "Practitioner" not in str(one.get("actor", "Practitioner")))
    if r.random() < 0.3:
        inner.append(break_glass(r, provision))
    if inner:
        provision["provision"] = inner
    consent: dict[str, Any] = {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0")],
        "patient": reference("Patient", RELATION.hex()),
        "dateTime": r.choice(("2022-06-13", "2022-06-13T10:20:30Z")),
        "performer": [r.choice((reference("Patient", RELATION.hex()), reference("RelatedPerson", "mother")))],
        "organization": [reference("Organization", CUSTODIAN.hex())],
        "policy": [{"uri": "http://example.org/policies/base.txt"}],
        "provision": provision,
    }
    source = r.choice(
        (
            {"sourceReference": reference("DocumentReference", "paper")},
            {"sourceAttachment": {"contentType": "text/plain", "data": b64encode(b"Ich stimme zu.").decode()}},
            {
                "sourceAttachment": {
                    "contentType": "application/pdf",
                    "url": "https://papers.example/1",
                    "title": "Form",
                }
            },
        )
    )
    if r.random() < 0.3:
        consent["identifier"] = [{"system": "urn:oid:1.2.3", "value": "C-7"}]
    if r.random() < 0.3:
        consent["extension"] = [{"url": OWN + "presenter", "valueString": "Desk 4"}]
    return consent | source


def test_every_consent_comes_back_from_its_directive() -> None:
    for seed in range(CASES):
        consent = draw_consent(seed)
        raw = json.dumps(consent).encode()
        assert validate(consent, raw) == [], seed
        taken = read_consent(raw, COMMUNITY)
        assert taken.warnings == (), seed
        assert write_consent(taken.stated, COMMUNITY) == consent, seed


def mangled(r: Random, node: Any) -> Any:
    """Change, drop, double or move one thing somewhere in a resource."""
    if isinstance(node, dict) and node and r.random() < 0.8:
        name = r.choice(list(node))
        other = r.choice(list(node))
        way = r.random()
        if way < 0.1:
            return {key: value for key, value in node.items() if key != name}
        if way < 0.2:
            return node | {name: node[other]}
        return node | {name: mangled(r, node[name])}
    if isinstance(node, list) and node and r.random() < 0.8:
        at = r.randrange(len(node))
        return r.choice(
            ([*node, node[at]], node[:at] + node[at + 1 :], [*node[:at], mangled(r, node[at]), *node[at + 1 :]])
        )
    return r.choice(
        ("", "x", "2022-02-30", "N", "Patient/7", "\u0420SY", 0, -1, 2**70, 1.5, True, None, [], {}, [{}], [[]])
    )


def test_no_consent_whatever_breaks_the_reader() -> None:
    taken = 0
    for seed in range(CASES):
        r = Random(seed)
        consent: Any = draw_consent(seed)
        for _ in range(r.randint(1, 3)):
            consent = mangled(r, consent)
        raw = json.dumps(consent).encode()
        try:
            stated = read_consent(raw, COMMUNITY).stated
        except ConsentRefused as refused:
            assert refused.issues, seed
            continue
        taken += 1
        again = write_consent(stated, COMMUNITY)
        assert read_consent(json.dumps(again).encode(), COMMUNITY).stated == stated, seed
    assert taken > CASES // 50
