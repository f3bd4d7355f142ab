"""Rule sets: numbered files that say which codes, types and words make a resource sensitive.

A record's header names the number of the set that labelled it. A file that was used is never changed: `DIGESTS` holds
what its octets must be, a change is the next number, and `salus record relabel` takes what is kept to it. Set 1 was
the table in the code of the first version; records may still name it, and none is labelled under it any more.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import ClassVar

import msgspec
from msgspec import Struct

from salus.core.errors import Kind, Refusal
from salus.shapes import made

DIGESTS: Mapping[int, str] = {2: "5c52a3a155ab020ea848912e7de9b121a063063e88ec99bec05a7c0dcf9a39a7"}
NEWEST = max(DIGESTS)
_CODES = 1 << 14  # whose labels are remembered
NONE: frozenset[str] = frozenset()  # the one object that says that a code brings nothing


class NoSuchRuleSet(Refusal):
    """Nothing of the call was done."""

    code: ClassVar[int] = 0x4602
    kind: ClassVar[Kind] = Kind.NOT_FOUND
    text: ClassVar[str] = "This version of Salus has no rule set of this number."


class RuleSetDamaged(Refusal):
    """Nothing is labelled under rules that are not the ones that were reviewed."""

    code: ClassVar[int] = 0x4603
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    text: ClassVar[str] = "The file of a rule set is not the one that was published."


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Codes that bring the same labels; a code of several groups brings the labels of all."""

    about: str
    labels: tuple[str, ...]
    source: str
    codes: dict[str, str]  # short name of a system -> codes; of a hierarchy: beginnings of codes, and ranges of them


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """Elements that tell in words, and those whose presence says in codes what the words tell."""

    where: tuple[str, ...]
    unless: tuple[str, ...]


class RuleFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says; each table is explained in docs/reference/labels.md."""

    number: int
    title: str
    notice: str
    systems: dict[str, tuple[str, ...]]
    hierarchies: tuple[str, ...]
    implied: dict[str, tuple[str, ...]]  # every label of v3-ActCode that the set knows, and what it brings along
    coarse: tuple[str, ...]
    neutral_tags: tuple[tuple[str, str], ...]
    types: dict[str, tuple[str, ...]]
    principal: dict[str, tuple[str, ...]]
    words: dict[str, Words]
    parts: dict[str, tuple[str, ...]]
    no_parts: tuple[str, ...]
    groups: tuple[Group, ...]


class RuleSet:
    """A rule set ready to be asked. Immutable."""

    def __init__(self, file: RuleFile) -> None:
        self.number = file.number
        self.title = file.title
        self.labels = frozenset(file.implied)
        self.coarse = frozenset(file.coarse)
        self.neutral_tags = frozenset(file.neutral_tags)
        self.types = {kind: self._with_implied(file, labels) for kind, labels in file.types.items()}
        self.principal = file.principal
        self.words = file.words
        self.implied = {label: self._with_implied(file, (label,)) for label in file.implied}
        self._parts = {kind: frozenset(told) for kind, told in file.parts.items()}
        self._no_parts = frozenset(file.no_parts)
        self.systems = {url: name for name, urls in file.systems.items() for url in urls}
        self._exact = _exact(file)
        self._ranged = {name: _ranged(file, name) for name in file.hierarchies}
        self.labels_of = lru_cache(maxsize=_CODES)(
            self._labels_of
        )  # a source writes the same few codes again and again

    @staticmethod
    def _with_implied(file: RuleFile, labels: tuple[str, ...]) -> frozenset[str]:
        return frozenset(labels).union(*(file.implied[label] for label in labels))

    def _labels_of(self, system: str, code: str) -> frozenset[str] | None:
        """Return the labels that a code of a known system brings, `NONE` or others; None: it cannot be judged."""
        name = self.systems[system]
        ranged = self._ranged.get(name)
        if ranged is not None:
            return ranged(code)
        found = self._exact.get((name, code))
        if found is None:
            return NONE if code.isascii() else None
        return found

    def tells(self, kind: str) -> bool:
        """Return whether a resource of this type takes labels of what it refers to."""
        return kind in self._parts

    def is_part(self, kind: str, reference: str) -> bool:
        """Return whether a resource of type `kind` takes the labels of what a literal reference names."""
        told, part = self._parts[kind], reference.partition("/")[0]
        return part in told or ("*" in told and part not in self._no_parts)


def _exact(file: RuleFile) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for group in file.groups:
        labels = RuleSet._with_implied(file, group.labels)
        for name, codes in group.codes.items():
            if name not in file.hierarchies:
                for code in codes.split():
                    found[name, code] = found.get((name, code), NONE) | labels
    return found


def _ranged(file: RuleFile, name: str) -> Callable[[str], frozenset[str] | None]:
    """Return what finds the labels of a code by its beginning, dots and case aside."""
    rows: list[tuple[str, str, frozenset[str]]] = []
    for group in file.groups:
        labels = RuleSet._with_implied(file, group.labels)
        for item in group.codes.get(name, "").split():
            first, _, last = _plain(item).partition("-")
            rows.append((first, last or first, labels))

    def find(code: str) -> frozenset[str] | None:
        if not code.isascii():
            return None
        plain = _plain(code)
        return NONE.union(*(labels for first, last, labels in rows if first <= plain[: len(first)] <= last)) or NONE

    return find


def _plain(code: str) -> str:
    return code.strip().upper().replace(".", "")


@cache
def load(number: int) -> RuleSet:
    """Return the rule set of this number; raise NoSuchRuleSet, RuleSetDamaged."""
    if number not in DIGESTS:
        raise NoSuchRuleSet
    return RuleSet(read(number, files(__package__).joinpath(f"{number}.json").read_bytes()))


def newest() -> RuleSet:
    """Return the rule set under which what comes in is labelled."""
    return load(NEWEST)


def read(number: int, raw: bytes) -> RuleFile:
    """Return what the octets of rule set `number` say; raise RuleSetDamaged unless they are the published ones."""
    if sha256(raw).hexdigest() != DIGESTS[number]:
        raise RuleSetDamaged
    try:
        file = msgspec.json.decode(raw, type=made(RuleFile))
    except msgspec.ValidationError:
        raise RuleSetDamaged from None
    if file.number != number:
        raise RuleSetDamaged
    return file
