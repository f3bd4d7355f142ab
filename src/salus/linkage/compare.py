"""Compare what was asked with what is known: field by field, a weight each, and what they come to together."""

from itertools import product
from typing import NamedTuple

from jellyfish import damerau_levenshtein_distance, jaro_winkler_similarity

from salus.linkage.demographics import Address, Demographics, PersonName
from salus.linkage.weights import CHANCES, Field, Level

CERTAIN, PROBABLE, POSSIBLE = 0.99, 0.90, 0.50  # least score of each grade
FEWEST = 10_000  # persons that anybody is looked for among: who comes to a small clinic is of a whole region
UNRIVALLED_BITS = 10.0  # by which the best must lead where it is not certain
_SIMILAR = 0.88  # of Jaro and Winkler, for each part of a name
_ORDER = tuple(Level)
_MIN_NUMBER = 6  # a shorter number that differs in one place is another number


class Agreement(NamedTuple):
    """How one field agrees."""

    field: Field
    level: Level
    weight: float


class Comparison(NamedTuple):
    """What a comparison came to."""

    fields: tuple[Agreement, ...]
    weight: float  # bits
    score: float  # 0 to 1: the probability of one person, among as many as there are

    @property
    def grade(self) -> str:
        """The code of https://hl7.org/fhir/R4/valueset-match-grade.html"""
        if self.score >= CERTAIN:
            return "certain"
        if self.score >= PROBABLE:
            return "probable"
        return "possible" if self.score >= POSSIBLE else "certainly-not"


def compare(asked: Demographics, known: Demographics, population: int) -> Comparison:
    """Compare two descriptions; `population` is among how many persons the one was looked for."""
    fields = tuple(
        Agreement(field, level, CHANCES[field][level].weight)
        for field, level in (
            (Field.IDENTIFIER, _identifiers(asked, known)),
            (Field.NAME, _names(asked, known)),
            (Field.BIRTH_DATE, _birth_dates(asked.birth_date, known.birth_date)),
            (Field.GENDER, _equal(asked.gender, known.gender)),
            (Field.ADDRESS, _addresses(asked, known)),
            (Field.PHONE, _phones(asked, known)),
        )
        if level is not None
    )
    weight = sum(agreement.weight for agreement in fields)
    # One in `population` is looked for: so many bits are needed before anybody is meant at all.
    odds = 2.0 ** min(weight, 200.0) / max(population, FEWEST)
    return Comparison(fields, weight, odds / (1.0 + odds))


def _equal(one: str, other: str) -> Level | None:
    if not one or not other:
        return None
    return Level.SAME if one == other else Level.DIFFERENT


def _identifiers(asked: Demographics, known: Demographics) -> Level | None:
    """The best of the numbers of one system; a number of another system says nothing."""
    pairs = [(a, b) for (s, a), (t, b) in product(asked.identifiers, known.identifiers) if s == t]
    return _best([_numbers(a, b) for a, b in pairs])


def _numbers(one: str, other: str) -> Level:
    if one == other:
        return Level.SAME
    close = min(len(one), len(other)) >= _MIN_NUMBER and damerau_levenshtein_distance(one, other) == 1
    return Level.SIMILAR if close else Level.DIFFERENT


def _names(asked: Demographics, known: Demographics) -> Level | None:
    return _best([_name(a, b) for a, b in product(asked.names, known.names)])


def _name(a: PersonName, b: PersonName) -> Level:
    straight = (_alike(a.family, b.family), max(_alike(a.given, b.given), _any_given(a, b)))
    crossed = (_alike(a.family, b.given), _alike(a.given, b.family))
    if min(straight) == 1.0:
        same = a.native == b.native or a.native.isascii() or b.native.isascii() or a.given != b.given
        return Level.SAME if same else Level.SIMILAR  # the same sound in other characters
    if min(crossed) == 1.0 or (a.family + a.given) == (b.family + b.given):
        return Level.SWAPPED
    if min(straight) >= _SIMILAR or min(crossed) >= _SIMILAR:
        return Level.SIMILAR
    return Level.PARTLY if max(*straight, *crossed) == 1.0 else Level.DIFFERENT


def _any_given(a: PersonName, b: PersonName) -> float:
    """The first given name alone is as good as all of them: second names are often left out."""
    return _alike(a.givens[0], b.givens[0]) if a.givens and b.givens else 0.0


def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return 1.0 if one == other else min(jaro_winkler_similarity(one, other), 0.999)


def _birth_dates(one: str, other: str) -> Level | None:
    if not one or not other:
        return None
    if one == other:
        return Level.SAME
    if one[:4] == other[:4] and one[5:7] == other[8:] and one[8:] == other[5:7]:
        return Level.SWAPPED
    return Level.SIMILAR if damerau_levenshtein_distance(one, other) == 1 else Level.DIFFERENT


def _addresses(asked: Demographics, known: Demographics) -> Level | None:
    return _best([_address(a, b) for a, b in product(asked.addresses, known.addresses)])


def _address(a: Address, b: Address) -> Level:
    place = bool(a.postcode and a.postcode == b.postcode) or bool(a.city and a.city == b.city)
    if place and a.line and _alike(a.line, b.line) >= _SIMILAR:
        return Level.SAME
    return Level.PARTLY if place else Level.DIFFERENT


def _phones(asked: Demographics, known: Demographics) -> Level | None:
    return _best([Level.SAME if a == b else Level.DIFFERENT for a, b in product(asked.phones, known.phones)])


def _best(levels: list[Level]) -> Level | None:
    return min(levels, key=_ORDER.index) if levels else None
