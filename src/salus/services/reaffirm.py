"""Reaffirm a permit that a recovery suspended."""

from salus.client.batcher import Landed
from salus.client.refused import accept
from salus.contracts.consent.messages import ReaffirmConsent
from salus.policy.types import Capacity
from salus.services.actors import Person
from salus.services.protect import carry_own


def reaffirm(person: Person, handle: bytes, directive: bytes) -> Landed:
    """Bring the permit back into force: the person says that it was she who gave it. Raises the contract's refusals."""
    built = person.build(handle, ReaffirmConsent(handle, int(Capacity.SELF), directive))
    landed = carry_own(person, handle, built.raw)
    accept(landed.result.code)
    return landed
