"""The invented people."""

from random import Random

from msgspec import Struct

from salus.demo.generator.region import HOSPITALS

_GIVEN = ("Testa", "Samplo", "Fikta", "Demono", "Mocka", "Protox", "Examply", "Trialina", "Drafto", "Speca", "Nullina")
_FAMILY = ("Ficticia", "Beispiel", "Exemple", "Ejemplo", "Esempio", "Voorbeeld", "Przyklad", "Exempel", "Ornek")


class Person(Struct, frozen=True):
    """One person of the demonstration; `number` counts from 0."""

    number: int
    given: str
    family: str
    gender: str
    birth_date: str
    hospitals: tuple[str, ...]  # slugs; every third is seen at both
    sensitive: bool  # has a mental health record
    identifier: str  # medical record number, the same at both hospitals

    @property
    def name(self) -> str:
        """The name as one line."""
        return f"{self.given} {self.family}"


def make_person(random: Random, number: int) -> Person:
    """Return the person with that number; the first is seen at both hospitals and has a sensitive record."""
    both = number % 3 == 0
    return Person(
        number,
        _GIVEN[number % len(_GIVEN)],
        f"{_FAMILY[number % len(_FAMILY)]}-{number + 1:03d}",
        ("female", "male", "other")[random.choices((0, 1, 2), (48, 48, 4))[0]],
        f"{random.randrange(1935, 2005)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}",
        HOSPITALS if both else (HOSPITALS[number % 2],),
        number % 4 == 0,
        f"MRN-{number + 1:06d}",
    )
