"""Keys under which a person is found before anybody is compared, and combinations of which locator tokens are made.

A typing error may spoil some keys of a person, rarely all. A combination must agree to the letter, since a token of
it tells no nearness.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from jellyfish import metaphone

from salus.linkage.demographics import Demographics, PersonName

MAX_COMBINATIONS = 16  # of one person


class Kind(IntEnum):
    """What a combination is of; the first tells most."""

    DOCUMENT = 1
    NAME_AND_BIRTH = 2
    PHONE_AND_BIRTH = 3


class Combination(NamedTuple):
    """A combination as octets, the same at everybody. Its repr shows its kind alone."""

    kind: Kind
    octets: bytes

    def __repr__(self) -> str:
        return f"Combination({self.kind.name})"


def search_keys(person: Demographics) -> tuple[str, ...]:
    """Return the keys under which a person is kept, and looked for: any one in common makes a candidate."""
    return tuple(dict.fromkeys(_keys(person)))


def _keys(person: Demographics) -> Iterator[str]:
    for system, number in person.identifiers:
        yield f"i {system} {number}"
    for number in person.phones:
        yield f"p {number}"
    born = person.birth_date
    if born:
        yield f"d {born[:4]} {' '.join(sorted((born[5:7], born[8:])))}"  # day and month in any order
    for name in person.names:
        for pair in _pairs(name):
            yield f"n {' '.join(sorted(metaphone(part) for part in pair))}"
        if born:
            for part in (name.family, name.given):
                yield f"y {born[:4]} {metaphone(part)}"


def combinations(person: Demographics) -> tuple[Combination, ...]:
    """Return the person's combinations, those that tell most first."""
    return tuple(dict.fromkeys(_combinations(person)))[:MAX_COMBINATIONS]


def _combinations(person: Demographics) -> Iterator[Combination]:
    for system, number in person.identifiers:
        yield Combination(Kind.DOCUMENT, f"document\x00{system}\x00{number}".encode())
    if person.birth_date:
        for name in person.names:
            for pair in _pairs(name):
                octets = "\x00".join(("name", *sorted(pair), person.birth_date)).encode()
                yield Combination(Kind.NAME_AND_BIRTH, octets)
        for number in person.phones:
            yield Combination(Kind.PHONE_AND_BIRTH, f"phone\x00{number}\x00{person.birth_date}".encode())


def _pairs(name: PersonName) -> Iterator[tuple[str, str]]:
    """Yield the family's name with the given names together, and with each alone, in no order."""
    for given in dict.fromkeys((name.given, *name.givens)):
        if name.family and given:
            yield name.family, given
