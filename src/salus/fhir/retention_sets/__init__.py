"""Retention sets: numbered files that say which rule keeps a record from destruction, by its type, class and age.

A header names the rule, not the set, so that a leaf keeps its meaning whatever a custodian chooses later. A file that
was used is never changed: `DIGESTS` holds what its octets must be, and a change is the next number.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import ClassVar

import msgspec
from msgspec import Struct

from salus.core.errors import Kind, Refusal
from salus.shapes import made

DIGESTS: Mapping[int, str] = {
    1: "e97d36ef9f7468fa7c1c6ca91ae0e746546e264685c614c71578e023103ce8e9",
    2: "404c630c259cb6c4237c999b84b31b7683f77ce6da3730d360d6ff869054c806",
    3: "306edf44162a77168f31feace9c5e5cb4d903af48efb7ce8e306eb43ea844e09",
    4: "4ed11647be894fbf1a86f9762a70445f48772f967200e37ef986163b20441d11",
}


class NoSuchRetentionSet(Refusal):
    """Nothing of the call was done."""

    code: ClassVar[int] = 0x60C5
    kind: ClassVar[Kind] = Kind.NOT_FOUND
    text: ClassVar[str] = "This version of Salus has no retention set of this number."


class RetentionSetDamaged(Refusal):
    """Nothing is taken in under rules that are not the ones that were reviewed."""

    code: ClassVar[int] = 0x60C6
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    text: ClassVar[str] = "The file of a retention set is not the one that was published."


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """Records to which a rule applies: of one of the types or classes; of everything where neither is named."""

    types: tuple[str, ...]
    classes: tuple[str, ...]
    minors: bool | None  # of minors alone, of adults alone, or of both
    rule: int  # services.retention.RULES
    source: str  # where the law says so


class RetentionSet(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says. The first row that applies decides; the last applies to everything."""

    number: int
    title: str
    notice: str
    majority_years: int
    rows: tuple[Row, ...]

    @property
    def asks_age(self) -> bool:
        """True if some row is for minors or adults alone."""
        return any(row.minors is not None for row in self.rows)

    def rule_for(self, kind: str, data_class: str, *, minor: bool) -> int | None:
        """Return the number of the rule for a resource type and data class; None where no row applies."""
        for row in self.rows:
            named = row.types or row.classes
            if named and kind not in row.types and data_class not in row.classes:
                continue
            if row.minors in (None, minor):
                return row.rule
        return None


@cache
def load(number: int) -> RetentionSet:
    """Return the retention set of this number; raise NoSuchRetentionSet, RetentionSetDamaged."""
    if number not in DIGESTS:
        raise NoSuchRetentionSet
    return read(number, files(__package__).joinpath(f"{number}.json").read_bytes())


def read(number: int, raw: bytes) -> RetentionSet:
    """Return what the octets of a set say; raise RetentionSetDamaged unless they are the published ones."""
    if sha256(raw).hexdigest() != DIGESTS[number]:
        raise RetentionSetDamaged
    try:
        found = msgspec.json.decode(raw, type=made(RetentionSet))
    except msgspec.ValidationError:
        raise RetentionSetDamaged from None
    if found.number != number:
        raise RetentionSetDamaged
    return found
