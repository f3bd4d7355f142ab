"""Take an approval of a merge in: it waits in the outbox until every side has approved, or its time is over."""

from typing import NamedTuple

from salus.core.approval import MergeApproval, parse_approval
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NotCustodian, RequestOver, WrongOpening
from salus.services.merge_letters import ApprovalLetter, approval_info

TASK = "approval"


class WaitingApproval(NamedTuple):
    """An approval in the outbox, by its row."""

    row: int
    said: MergeApproval
    raw: bytes  # COSE_Sign

    def __repr__(self) -> str:
        return f"WaitingApproval({self.said.relation.hex()})"


def take_approval(organisation: Organisation, package: bytes) -> bytes:
    """Verify an approval and keep it; return the side that approved. Taking it again changes nothing.

    In this order: form, custodian, seal, side, custodian of both, a live key's signature, time. Whether that key may
    act for the side, the ledger says. Raises Malformed, UnknownRelation, NotCustodian, WrongSeal, WrongOpening,
    WrongSignature, RequestOver.
    """
    network, state, now = organisation.network, organisation.ledger.view(), organisation.ledger.now()
    letter = decode(package, ApprovalLetter)
    if lookup.person(state, letter.relation).custodian != organisation.account:
        raise NotCustodian
    raw = organisation.seal_key.open(approval_info(network, letter.relation), letter.sealed)
    signed = parse_approval(raw)
    said = signed.payload
    if said.relation != letter.relation:
        raise WrongOpening
    if any(lookup.person(state, side).custodian != organisation.account for side in (said.one, said.other)):
        raise NotCustodian
    found = lookup.signer(state, signed.key, now)
    message = signed.to_be_signed(network)
    if found is None or not lookup.signed_by_live_key(state, found[0], signed.key, now, message, signed.signature):
        raise WrongSignature
    if now >= said.not_after:
        raise RequestOver
    if all(waiting.raw != raw for waiting in waiting_approvals(organisation)):
        organisation.vault.outbox.put([(TASK, raw)])
    return said.relation


def waiting_approvals(organisation: Organisation) -> tuple[WaitingApproval, ...]:
    """Return the approvals that wait, oldest first; those whose time is over are removed."""
    rows = [row for row in organisation.vault.outbox.next(MAX_TASKS) if row.kind == TASK]
    found = [WaitingApproval(row.id, parse_approval(row.body).payload, row.body) for row in rows]
    now = organisation.ledger.now()
    organisation.vault.outbox.done(one.row for one in found if now >= one.said.not_after)
    return tuple(one for one in found if now < one.said.not_after)
