"""What is known of a person, in normal form: from a FHIR Patient, whole or in parts.

https://hl7.org/fhir/R4/patient.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from salus.linkage.normalise import date, document, joined, native, phone, words

MAX_ITEMS = 8  # names, identifiers, addresses, numbers of one person that are looked at
GENDERS = ("female", "male")


class PersonName(NamedTuple):
    """One name: joined letters of each part, the given names one by one, and both in their own script."""

    family: str
    given: str
    givens: tuple[str, ...]
    native: str  # family, then given


class Address(NamedTuple):
    """One address; the line is its letters and digits in one row."""

    line: str
    city: str
    postcode: str


class Demographics(NamedTuple):
    """A person, as far as known. Its repr shows nothing."""

    names: tuple[PersonName, ...] = ()
    birth_date: str = ""
    gender: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()  # (system, number)
    addresses: tuple[Address, ...] = ()
    phones: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Demographics()"

    @property
    def empty(self) -> bool:
        """True if nothing is known by which to look for anybody."""
        return not (self.identifiers or self.phones or (self.names and self.birth_date))


def of_patient(patient: Mapping[str, Any], most: int = MAX_ITEMS) -> Demographics:
    """Return what a Patient resource says, `most` items of each kind; what is not of its form counts as missing."""
    gender = patient.get("gender")
    return Demographics(
        tuple(dict.fromkeys(_names(patient)))[:most],
        date(_text(patient.get("birthDate"))),
        gender if gender in GENDERS else "",
        tuple(dict.fromkeys(_identifiers(patient)))[:most],
        tuple(dict.fromkeys(_addresses(patient)))[:most],
        tuple(dict.fromkeys(_phones(patient)))[:most],
    )


def _names(patient: Mapping[str, Any]) -> Iterator[PersonName]:
    for name in _items(patient.get("name")):
        family = _text(name.get("family"))
        listed = name.get("given")
        given = " ".join(_text(part) for part in listed[:MAX_ITEMS]) if isinstance(listed, list) else ""
        if not (family and given):
            given, family = _parted(_text(name.get("text")) or f"{given} {family}")
        if joined(family) or joined(given):
            yield PersonName(joined(family), joined(given), words(given), native(family) + native(given))


def _parted(text: str) -> tuple[str, str]:
    """Return (given, family) of a name in one text: the last word counts as the family's; comparing tries both."""
    given, _, family = text.strip().rpartition(" ")
    return given, family


def _identifiers(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in _items(patient.get("identifier")):
        system, number = _text(item.get("system")), document(_text(item.get("value")))
        if system and number:
            yield system, number


def _addresses(patient: Mapping[str, Any]) -> Iterator[Address]:
    for item in _items(patient.get("address")):
        listed = item.get("line")
        line = " ".join(_text(part) for part in listed[:MAX_ITEMS]) if isinstance(listed, list) else ""
        found = Address(document(line), joined(_text(item.get("city"))), document(_text(item.get("postalCode"))))
        if any(found):
            yield found


def _phones(patient: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(patient.get("telecom")):
        number = phone(_text(item.get("value"))) if item.get("system") in ("phone", "sms") else ""
        if number:
            yield number


def _items(listed: object) -> list[Mapping[str, Any]]:
    return [item for item in listed if isinstance(item, Mapping)][:MAX_ITEMS] if isinstance(listed, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
