"""What members do for a recovery: carry it, carry a veto, check an identity, complete what is due."""

from salus.client.batcher import Landed
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_messages import CompleteRecovery, SettleRecovery, StartRecovery, VetoRecovery
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.change_devices import complete_change
from salus.services.errors import NoRecovery


def recovery_envelope(organisation: Organisation, recovery: bytes, approval: bytes) -> bytes:
    """Return the envelope in which a member carries somebody's approved recovery."""
    return organisation.build(StartRecovery(organisation.account, recovery, approval)).raw


def veto_envelope(organisation: Organisation, veto: bytes) -> bytes:
    """Return the envelope in which a member carries somebody's veto."""
    return organisation.build(VetoRecovery(organisation.account, veto)).raw


def complete_recovery(organisation: Organisation, handle: bytes) -> Landed:
    """Make a recovery final whose delay is over; any member can. Raises NoRecovery, the contract's refusals."""
    message = CompleteRecovery(organisation.account, handle, _pending(organisation, handle))
    return organisation.send(message)[1]


def settle_recovery(organisation: Organisation, handle: bytes, badge: Badge, confirmed: bool) -> Landed:
    """Say whether a contested recovery is the person's, whose identity a member of staff checked.

    Raises NoRecovery, the contract's refusals.
    """
    recovery = _pending(organisation, handle)
    message = SettleRecovery(organisation.account, badge.commitment, handle, recovery, confirmed)
    return organisation.send(message)[1]


def complete_due(organisation: Organisation) -> tuple[bytes, ...]:
    """Complete recoveries and changes of the organisation's own patients whose delay is over; return the handles."""
    done = []
    for handle in organisation.vault.relations():
        state, now = organisation.ledger.view(), organisation.ledger.now()
        pending = queries.pending_recovery(state, handle)
        if pending is not None:
            if pending.due <= now and (pending.checked or not pending.contested):
                complete_recovery(organisation, handle)
                done.append(handle)
            continue
        if queries.barred(state, handle, now):
            continue
        for key, waiting in queries.pending_changes(state, handle):
            if waiting.due <= now and queries.live_key(state, handle, key, now) is not None:
                complete_change(organisation, handle, waiting.id)
                done.append(handle)
    return tuple(dict.fromkeys(done))


def _pending(organisation: Organisation, handle: bytes) -> bytes:
    pending = queries.pending_recovery(organisation.ledger.view(), handle)
    if pending is None:
        raise NoRecovery
    return pending.id
