"""Hand out a share of a backup: only for an account that was recovered since the backup was made, as the ledger shows.

1. the request is whole, in time, and about a share that is sealed to this organisation;
2. it is signed by a device key that the account lists now;
3. the account's generation is above that of the backup: a recovery is finished, with its alerts, delays and vetoes;
4. for a share of a slot the desk has compared the short code: it saw who stands there.

Nothing is kept and nothing changes; a request that is sent again gets the same share under the same key.
"""

from salus.contracts.accounts.types import PersonState
from salus.core.encoding import encode
from salus.core.envelope import WINDOW_MS
from salus.core.errors import WrongSignature
from salus.core.keys import Role
from salus.core.signatures import verify
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import (
    NotTheHolder,
    OtherShareCode,
    ShareNotDue,
    ShareRequestExpired,
)
from salus.vault.errors import WrongSeal
from salus.vault.seals import seal
from salus.wallet.backup.share import Bound, ShareAnswer, SignedShareRequest, answer_info, parse_share_request
from salus.wallet.invitation import same_short_code


def hand_out_share(organisation: Organisation, raw: bytes) -> bytes:
    """Return the operator's share, sealed to the key that the request names, as a `ShareAnswer`.

    Raises Malformed, ShareRequestExpired, WrongSignature, ShareNotDue, NotTheHolder.
    """
    return _released(organisation, parse_share_request(organisation.network, raw))


def hand_out_slot_share(organisation: Organisation, raw: bytes, short_code: str) -> bytes:
    """Return this organisation's share of a slot: its desk has seen the person, who showed the short code.

    Raises what `hand_out_share` does, and OtherShareCode.
    """
    request = parse_share_request(organisation.network, raw)
    if not same_short_code(short_code, request.id):
        raise OtherShareCode
    return _released(organisation, request)


def _released(organisation: Organisation, request: SignedShareRequest) -> bytes:
    asked, state, now = request.payload, organisation.ledger.view(), organisation.ledger.now()
    if not now < asked.not_after <= now + WINDOW_MS:
        raise ShareRequestExpired
    signer = lookup.signer(state, request.key, now)
    if signer is None or signer[0] != asked.account or signer[1].role != Role.DEVICE:
        raise WrongSignature
    if not verify(signer[1].public, request.message, request.signature):
        raise WrongSignature
    account = lookup.person(state, asked.account)
    if account.state != PersonState.CLAIMED or account.generation <= asked.generation:
        raise ShareNotDue
    bound = Bound(organisation.network, asked.store, asked.account, asked.generation)
    try:
        share = organisation.seal_key.open(bound.info(organisation.account), asked.sealed)
    except WrongSeal:
        raise NotTheHolder from None
    sealed = seal(asked.public, answer_info(organisation.network, request.id), share)
    return encode(ShareAnswer(request.id, sealed))
