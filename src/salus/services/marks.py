"""Marks of a relation: may a locator know it, and is it one that no look-up may find.

They are the custodian's, in its vault (`vault.attributes`); the ledger has none.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NotCustodian


class Marks(NamedTuple):
    """What the custodian notes of a relation."""

    locatable: bool
    sensitive: bool


def marks_of(organisation: Organisation, relation: bytes) -> Marks:
    """Return the marks of a relation."""
    noted = organisation.vault.attributes.of(relation)
    return Marks(noted.locatable, noted.sensitive)


def sensitive_of(organisation: Organisation, relations: Iterable[bytes]) -> set[bytes]:
    """Return those of the relations that no look-up may find."""
    noted = organisation.vault.attributes.noted(relations)
    return {relation for relation, attributes in noted.items() if attributes.sensitive}


def mark(organisation: Organisation, relation: bytes, *, locatable: bool | None, sensitive: bool | None) -> Marks:
    """Set marks, and leave as it is what is None; locators learn of it when tokens are next registered.

    Raises UnknownRelation, NotCustodian.
    """
    if lookup.person(organisation.ledger.view(), relation).custodian != organisation.account:
        raise NotCustodian
    noted = organisation.vault.attributes.of(relation)
    after = Marks(
        noted.locatable if locatable is None else locatable, noted.sensitive if sensitive is None else sensitive
    )
    changed = replace(noted, locatable=after.locatable, sensitive=after.sensitive)
    organisation.vault.attributes.put(relation, changed)
    return after
