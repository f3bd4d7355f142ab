"""Re-prove who a person is, for a recovery without keyholders: the custodian and a second member, each by itself."""

from salus.client.batcher import Landed
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_messages import ConfirmReproof, RecoveryPayload, ReproveAccount
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.signatures import key_id
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.errors import NoRecovery, UnusableKeys, WrongRecoveryCode
from salus.wallet.invitation import same_short_code


def reprove(organisation: Organisation, offered: bytes, short_code: str, badge: Badge) -> Landed:
    """Say that the person is who she says, and list the keys that her new wallet offers; of no effect by itself.

    Raises UnusableKeys, WrongRecoveryCode, the contract's refusals.
    """
    try:
        wanted = decode(offered, RecoveryPayload)
    except Malformed:
        raise UnusableKeys from None
    if not same_short_code(short_code, key_id(organisation.network, wanted.keys[0].public)):
        raise WrongRecoveryCode
    account, staff = organisation.account, badge.commitment
    return organisation.send(ReproveAccount(account, staff, wanted.handle, wanted.keys, wanted.seal_key, wanted.since))[
        1
    ]


def confirm_reproof(organisation: Organisation, handle: bytes, short_code: str, badge: Badge) -> Landed:
    """Say the same as a second member: the keys on the ledger are those whose short code the person's wallet shows.

    Raises NoRecovery, WrongRecoveryCode, the contract's refusals.
    """
    offered = queries.offered_reproof(organisation.ledger.view(), handle)
    if offered is None:
        raise NoRecovery
    if not same_short_code(short_code, key_id(organisation.network, offered.keys[0][1])):
        raise WrongRecoveryCode
    message = ConfirmReproof(organisation.account, badge.commitment, handle, offered.id)
    return organisation.send(message)[1]
