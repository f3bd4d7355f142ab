"""Review a break-glass: two of custodian, patient and regulator say whether it was justified; never who did it."""

from typing import NamedTuple

from salus.client.refused import accept
from salus.contracts.access import queries as access
from salus.contracts.access.messages import ReviewBreakGlass
from salus.contracts.access.types import Review
from salus.core.glass import Verdict
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.errors import NoSuchReview
from salus.state.overlay import Reader


class Reviewed(NamedTuple):
    """The review after a reviewer spoke."""

    relation: bytes
    release: bytes
    review: Review
    height: int

    @property
    def closed(self) -> bool:
        """True if two reviewers have spoken."""
        return self.review.closed is not None


def review(organisation: Organisation, relation: bytes, release: bytes, verdict: Verdict) -> Reviewed:
    """Say it as the custodian or as a regulator. Raises the contract's refusals."""
    _, landed = organisation.send(ReviewBreakGlass(organisation.account, relation, release, int(verdict)))
    return _reviewed(organisation.ledger.view(), relation, release, landed.height)


def review_own(person: Person, relation: bytes, release: bytes, verdict: Verdict) -> Reviewed:
    """Say it as the patient, through the custodian. Raises the contract's refusals."""
    custodian = lookup.person(person.ledger.view(), relation).custodian
    envelope = person.build(relation, ReviewBreakGlass(relation, relation, release, int(verdict))).raw
    landed = person.carriers.carry(custodian, envelope).result()
    accept(landed.result.code)
    return _reviewed(person.ledger.view(), relation, release, landed.height)


def _reviewed(state: Reader, relation: bytes, release: bytes, height: int) -> Reviewed:
    found = access.review(state, relation, release)
    if found is None:
        raise NoSuchReview
    return Reviewed(relation, release, found, height)
