"""What an organisation asked for: kept beside its shared resources, so that it knows what nobody answered."""

from salus.core.encoding import decode, encode
from salus.core.types import Id, Message, Time
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.vault.shared import SharedResource

KIND = "Asked"  # no FHIR type has this name


class Asked(Message, frozen=True):
    """A request of the organisation's own; answered or not is the ledger's to say."""

    request: Id
    relation: Id
    custodian: Id
    purpose: str
    asked: Time
    not_after: Time


def keep_asked(organisation: Organisation, asked: Asked) -> None:
    """Keep a request before it leaves."""
    name = asked.request.hex()
    organisation.vault.shared.put([SharedResource(KIND, name, encode(asked), "application/cbor")])


def list_asked(organisation: Organisation) -> tuple[Asked, ...]:
    """Return every request that the organisation made, oldest first."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    found = (decode(shared.get(scope, KIND, name)[1], Asked) for name in shared.names(scope, KIND))
    return tuple(sorted(found, key=lambda asked: (asked.asked, asked.request)))
