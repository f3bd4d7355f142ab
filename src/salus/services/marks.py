"""Marks of a relation: may a locator know it, and is it one that no look-up may find.

A relation without marks is locatable and not sensitive. They are the custodian's, in its vault; the ledger has none.
"""

from salus.core.encoding import decode, encode
from salus.core.types import Message
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.errors import NotCustodian
from salus.vault.errors import NoSuchRecord
from salus.vault.shared import SharedResource

KIND = "RelationMarks"  # no FHIR type has this name


class Marks(Message, frozen=True):
    """What the custodian notes of a relation."""

    locatable: bool
    sensitive: bool


UNMARKED = Marks(locatable=True, sensitive=False)


def marks_of(organisation: Organisation, relation: bytes) -> Marks:
    """Return the marks of a relation."""
    try:
        raw = organisation.vault.shared.get(own_shared(organisation), KIND, relation.hex())[1]
    except NoSuchRecord:
        return UNMARKED
    return decode(raw, Marks)


def mark(organisation: Organisation, relation: bytes, *, locatable: bool | None, sensitive: bool | None) -> Marks:
    """Set marks, and leave as it is what is None; locators learn of it when tokens are next registered.

    Raises UnknownRelation, NotCustodian.
    """
    if lookup.person(organisation.ledger.view(), relation).custodian != organisation.account:
        raise NotCustodian
    before = marks_of(organisation, relation)
    after = Marks(
        before.locatable if locatable is None else locatable, before.sensitive if sensitive is None else sensitive
    )
    organisation.vault.shared.put([SharedResource(KIND, relation.hex(), encode(after), "application/cbor")])
    return after
