"""The generator's bundles: the same each time, valid, and with what the demonstration needs."""

from collections import Counter

import orjson
from fhir_samples import Index, numbered

from salus.demo.generator import HOSPITALS, generate, people
from salus.demo.spread import hospital_of, split
from salus.fhir.bundle import Entry, read_bundle

NOW = 1_763_900_000_000
YEAR = 365 * 86_400_000


def taken(seed: int = 3, patients: int = 4) -> dict[str, list[tuple[Entry, ...]]]:
    done: dict[str, list[tuple[Entry, ...]]] = {}
    for hospital, bundles in generate(seed, patients, NOW).items():
        held: dict[tuple[str, str, str], list[str]] = {}
        fresh = numbered()
        done[hospital] = []
        for raw in bundles:
            entries = read_bundle(raw, Index(held), fresh).entries
            done[hospital].append(entries)
            for entry in entries if len(done[hospital]) == 1 else ():
                item = entry.resource["identifier"][0]
                held[entry.type, item["system"], item["value"]] = [entry.id]
    return done


def test_the_same_seed_gives_the_same_octets() -> None:
    assert generate(3, 4, NOW) == generate(3, 4, NOW)
    assert generate(3, 4, NOW) != generate(4, 4, NOW)
    assert people(3, 4) == people(3, 4)


def test_all_that_the_story_needs_is_there() -> None:
    for hospital, bundles in taken().items():
        assert {entry.type for entry in bundles[0]} == {"Organization", "Location", "Practitioner", "PractitionerRole"}
        assert not any(entry.subjects for entry in bundles[0])
        assert len(bundles) - 1 == sum(hospital in person.hospitals for person in people(3, 4))
        for entries in bundles[1:]:
            classes = Counter(entry.description.data_class for entry in entries)
            assert len(entries) >= 10
            assert set(classes) >= {
                "laboratory",
                "vital-signs",
                "condition",
                "encounter",
                "medication",
                "immunization",
                "allergy",
                "document",
            }
            laboratory = [e.description.start_ms or 0 for e in entries if e.description.data_class == "laboratory"]
            assert min(laboratory) < NOW - 5 * YEAR
            assert any(start < NOW - 2 * YEAR for start in laboratory)
            assert any(start > NOW - 2 * YEAR for start in laboratory)
            assert max(laboratory) <= NOW
            assert sum(len(e.octets) > 64 * 1024 for e in entries if e.type == "DocumentReference") >= 2
    first = people(3, 4)[0]
    assert first.sensitive
    assert first.hospitals == HOSPITALS
    assert any("MH" in entry.description.labels for entry in taken()[HOSPITALS[0]][1])


def test_decimals_keep_their_zeros() -> None:
    text = generate(1, 6, NOW)["north"][1]
    values = [part.split(b",")[0] for part in text.split(b'"value": ')[1:]]
    assert any(value.endswith(b"0") and b"." in value for value in values)


def entry(kind: str, number: int, **elements: object) -> dict[str, object]:
    resource = {"resourceType": kind, **elements}
    return {"fullUrl": f"urn:uuid:{number}", "resource": resource, "request": {"method": "POST", "url": kind}}


def provider(hospital: str) -> dict[str, str]:
    names = (f"Organization?identifier=x|{number}" for number in range(100))
    return {"reference": next(name for name in names if hospital_of(name, HOSPITALS) == hospital)}


def link(number: int) -> dict[str, str]:
    return {"reference": f"urn:uuid:{number}"}


def test_a_bundle_is_split_by_provider_and_closed() -> None:
    entries = [
        entry("Patient", 1),
        entry("Encounter", 2, serviceProvider=provider("north"), subject=link(1)),
        entry("Encounter", 3, serviceProvider=provider("south"), subject=link(1)),
        entry("Condition", 4, encounter=link(2), subject=link(1)),
        entry("Procedure", 5, encounter=link(3), subject=link(1), reasonReference=[link(4)]),
        entry("Observation", 6, encounter=link(2), subject=link(1)),
        entry("Medication", 7),
        entry("MedicationRequest", 8, encounter=link(3), subject=link(1), medicationReference=link(7)),
        entry("AllergyIntolerance", 9, patient=link(1)),
        entry("Claim", 10, provider=provider("south"), item=[{"encounter": [link(3)]}], patient=link(1)),
        entry("Provenance", 11, target=[link(n) for n in range(1, 11)]),
    ]
    raw = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    found = {hospital: orjson.loads(part)["entry"] for hospital, part in split(raw, HOSPITALS)}
    numbers = {h: [int(e["fullUrl"].rsplit(":", 1)[1]) for e in part] for h, part in found.items()}
    assert numbers == {"north": [1, 2, 4, 6, 9, 11], "south": [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]}
    for hospital, part in found.items():
        assert part[-1]["resource"]["target"] == [link(n) for n in numbers[hospital][:-1]]


def test_a_bundle_of_one_hospital_stays_whole() -> None:
    entries = [entry("Patient", 1), entry("Encounter", 2, serviceProvider=provider("south"), subject=link(1))]
    raw = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert [(h, orjson.loads(part)["entry"]) for h, part in split(raw, HOSPITALS)] == [("south", entries)]
