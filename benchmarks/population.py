"""An invented population with addresses and documents, and how people are asked for: mistyped, swapped, moved.

It is the demonstration's people, their family names without the number that makes each unlike all others: 99 full names
for everybody, so that names tell little, as in a village or a country with few family names.
"""

from random import Random
from typing import Any

from salus.demo.generator import people

PASSPORT = "http://hl7.org/fhir/sid/passport-ZZZ"
_STREETS = ("Ficta", "Sampla", "Testa", "Modela", "Muestra", "Proba", "Vorlage", "Esempio", "Patron", "Ornata")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
Patient = dict[str, Any]


def population(seed: int, count: int) -> list[Patient]:
    """Return Patient resources of `count` people, each with another record number and passport."""
    random = Random(f"population {seed}")
    return [_patient(random, number, person) for number, person in enumerate(people(seed, count))]


def _patient(random: Random, number: int, person: Any) -> Patient:
    town = random.randrange(40)
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": "https://example.org/salus/mrn", "value": f"MRN-{number:07d}"},
            {"system": PASSPORT, "value": f"{''.join(random.choices(_LETTERS, k=3))}{random.randrange(10**6):06d}"},
        ],
        "name": [{"family": person.family.partition("-")[0], "given": [person.given]}],
        "gender": person.gender,
        "birthDate": person.birth_date,
        "address": [_address(random, town)],
        "telecom": [{"system": "phone", "value": f"+99 6{random.randrange(10**8):08d}"}],
    }


def _address(random: Random, town: int) -> Patient:
    street = f"{random.choice(_STREETS)} {random.randrange(1, 90)}"
    return {"line": [street], "city": f"Town {_STREETS[town % 10]} {town // 10}", "postalCode": f"{10000 + town}"}


def asked_for(random: Random, patient: Patient, document: bool) -> Patient:
    """Return how a desk asks for the patient: name, date of birth, sex, address; one or two of them spoilt."""
    asked = {key: patient[key] for key in ("resourceType", "name", "gender", "birthDate", "address")}
    if document:
        asked["identifier"] = [patient["identifier"][1]]
    for spoil in random.sample((_typo, _swap, _move, _birth), k=random.choice((0, 1, 1, 2))):
        asked = spoil(random, asked)
    return _in_capitals(asked) if random.random() < 0.2 else asked


def _typo(random: Random, asked: Patient) -> Patient:
    name = asked["name"][0]
    part = random.choice(("family", "given"))
    spoilt = mistyped(random, name["family"] if part == "family" else name["given"][0])
    return asked | {"name": [name | {part: spoilt if part == "family" else [spoilt]}]}


def mistyped(random: Random, text: str) -> str:
    """Return the text with one letter another, missing, doubled, or two in each other's place."""
    at = random.randrange(1, len(text) - 1)
    return random.choice(
        (
            text[:at] + random.choice(_LETTERS) + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _swap(random: Random, asked: Patient) -> Patient:
    name = asked["name"][0]
    return asked | {"name": [{"family": name["given"][0], "given": [name["family"]]}]}


def _move(random: Random, asked: Patient) -> Patient:
    return asked | {"address": [_address(random, random.randrange(40))]}


def _birth(random: Random, asked: Patient) -> Patient:
    year, month, day = asked["birthDate"].split("-")
    swapped = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-{int(day) % 9 + 10:02d}"
    return asked | {"birthDate": swapped}


def _in_capitals(asked: Patient) -> Patient:
    name = asked["name"][0]
    return asked | {"name": [{"text": f"{name['given'][0].upper()} {name['family'].upper()}"}]}
