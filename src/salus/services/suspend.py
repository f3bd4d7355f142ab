"""Suspend a member in an emergency, together with other members: at once, and for a while."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.governance import queries as governance
from salus.contracts.governance.messages import EmergencySuspend
from salus.services.actors import Organisation


class Suspended(NamedTuple):
    """A suspension in force, and when it ends by itself; 0: it is not suspended so."""

    member: bytes
    recipient_until: int
    custodian_until: int
    height: int


def suspension(member: bytes, by: Sequence[bytes], *, recipient: bool, custodian: bool) -> EmergencySuspend:
    """Return the message that all of `by` sign, each with as many administration keys as its threshold."""
    return EmergencySuspend(member, recipient, custodian, tuple(sorted(by)))


def suspend_together(members: Sequence[Organisation], member: bytes, *, recipient: bool, custodian: bool) -> Suspended:
    """Suspend with the administration keys of organisations that are all here. Raises the contract's refusals.

    Where each keeps its keys at a place of its own, a file goes round: `signing_file.draw_up` with `suspension`.
    """
    first = members[0]
    message = suspension(member, [one.account for one in members], recipient=recipient, custodian=custodian)
    signers = [(one.account, key) for one in members for key in one.administration]
    built = EnvelopeBuilder(first.network, first.ledger.now).build(signers, message)
    landed = first.carrier.submit_now(built.raw)
    until = governance.suspended_until(first.ledger.view(), member)
    return Suspended(member, *until, landed.height)
