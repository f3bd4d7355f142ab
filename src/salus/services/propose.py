"""Propose a change that members decide on: an admission, a suspension, a parameter, a validator, a group."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.governance import queries
from salus.contracts.governance.messages import ACTIONS, Propose
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import encode
from salus.core.types import Message
from salus.services.actors import Organisation

_NUMBERS = {shape: number for number, shape in ACTIONS.items()}
_ROOM_BLOCKS = 16  # in which members vote, beyond the network's least delay


class Proposed(NamedTuple):
    """An open vote."""

    proposal: bytes
    effective: int  # height at which it takes effect if more than two thirds approved by then
    height: int


def propose(organisation: Organisation, actions: Sequence[Message], effective: int | None = None) -> Proposed:
    """Open a vote on `actions` (classes of `contracts.governance.messages`), signed by the administration keys.

    By default it takes effect some blocks later. Raises the contract's refusals.
    """
    message = proposal_of(organisation, actions, effective)
    built, landed = organisation.send_administration(message)
    return Proposed(built.created[0][0], message.effective, landed.height)


def proposal_of(organisation: Organisation, actions: Sequence[Message], effective: int | None = None) -> Propose:
    """Return the message that opens a vote, for whoever signs it."""
    if effective is None:
        delay = queries.parameter(organisation.ledger.view(), Parameter.PROPOSAL_DELAY_BLOCKS)
        effective = organisation.ledger.height() + delay + _ROOM_BLOCKS
    encoded = tuple((_NUMBERS[type(action)], encode(action)) for action in actions)
    return Propose(organisation.account, effective, encoded)
