"""Share code: a patient's device makes it; a recipient's gateway reads where her relation is, and that it is hers."""

from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.core.keys import Role
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.discovery_errors import ShareCodeNotHers, ShareCodeOver
from salus.wallet.menu import MINUTE_MS
from salus.wallet.share import make, read

MINUTES = 15


class Code(NamedTuple):
    """A code to show. Its repr shows nothing."""

    printed: str
    link: str
    ends: int

    def __repr__(self) -> str:
        return "Code()"


class Shared(NamedTuple):
    """Where to ask: the relation, its custodian, and the directive that the patient has in mind."""

    custodian: bytes
    relation: bytes
    directive: bytes | None
    ends: int


def make_share_code(person: Person, handle: bytes, directive: bytes | None = None, minutes: int = MINUTES) -> Code:
    """Return a code for one relation, good for some minutes; nobody but who sees it learns of it."""
    network, ends = person.wallet.network, person.ledger.now() + minutes * MINUTE_MS
    code = make(network, handle, directive, ends, person.wallet.relation(handle).device)
    return Code(code.printed(network), code.link(network), code.ends)


def read_share_code(organisation: Organisation, text: str) -> Shared:
    """Return where a code leads. Raises WrongCode, UnknownRelation, ShareCodeNotHers, ShareCodeOver."""
    code = read(organisation.network, text)
    state, now = organisation.ledger.view(), organisation.ledger.now()
    custodian = lookup.person(state, code.relation).custodian
    if accounts.barred(state, code.relation, now):
        raise ShareCodeNotHers  # whoever has her keys may not be she
    listed = accounts.live_keys(state, code.relation, Role.DEVICE, now)
    publics = ((key, lookup.listed_public(state, code.relation, key)) for key in listed)
    if not any(code.signed_by(organisation.network, key, public) for key, public in publics):
        raise ShareCodeNotHers
    if now >= code.ends:
        raise ShareCodeOver
    named = consent.directives(state, code.relation) if code.hint else []
    directive = next((d.id for d in named if d.id.startswith(code.hint)), None)
    return Shared(custodian, code.relation, directive, code.ends)
