"""Refuse a request: the refusal stands on the ledger and consumes the request."""

from typing import NamedTuple

from salus.contracts.access.messages import RecordRefusal
from salus.core.encoding import encode
from salus.policy.reasons import TEXTS, Reason
from salus.services.actors import Organisation
from salus.services.authorise import AskedFor
from salus.services.objects import RefusalLetter


class Refused(NamedTuple):
    """A refusal as the ledger has it; the reason says nothing of the person's records."""

    request: bytes
    relation: bytes
    recipient: bytes
    reason: Reason
    height: int

    @property
    def text(self) -> str:
        """The reason in a fixed sentence."""
        return TEXTS[self.reason]


def refuse(organisation: Organisation, asked: AskedFor, reason: Reason) -> Refused:
    """Commit the refusal, and tell the requester that there is one. Raises the contract's refusals."""
    _, landed = organisation.send(RecordRefusal(organisation.account, asked.raw, int(reason)))
    organisation.exchange.post(asked.recipient, "refusal", encode(RefusalLetter(asked.id)))
    return Refused(asked.id, asked.payload.relation, asked.recipient, reason, landed.height)
