"""Steps 1 to 7 of a release or refusal: whose request it is, and that it is good once, here, now."""

from typing import NamedTuple

from salus.contracts.access import errors, keeper
from salus.contracts.access.expected import REQUEST_WINDOW_MS, Accounts, Governance
from salus.contracts.context import Context, Signer
from salus.core.errors import Malformed
from salus.core.keys import Role
from salus.core.request import REQUEST, Request, SignedRequest, parse_request
from salus.policy.types import Capacity, Power


class Verified(NamedTuple):
    """A request with a good signature of a live key, not answered before."""

    id: bytes
    payload: Request
    recipient: bytes  # the account that lists the key; nothing in a message says who it is
    own: bool  # the person of the relation asks
    signer: Signer  # a person's device is the relation's own, or of who may see what she may see


def verified_request(
    accounts: Accounts,
    governance: Governance,
    ctx: Context,
    custodian: bytes,
    raw: bytes,
    kinds: tuple[str, ...] = (REQUEST,),
    at: int | None = None,
) -> Verified:
    """Return the request in `raw`, of one of `kinds`, addressed to a relation that `custodian` holds.

    `at` is when it was answered, where that was before this block: its time and its key's are judged then.

    Raises RequestMalformed, RequestExpired, RequestTooFarAhead, NoSuchRelation, NotTheCustodian,
    RequestKeyNotLive, NotARequester, RequestNotSigned, AlreadyAnswered.
    """
    # 1. One form, one signature.
    try:
        request = parse_request(ctx.network, raw)
    except Malformed:
        raise errors.RequestMalformed from None
    if request.kind not in kinds:
        raise errors.RequestMalformed
    payload = request.payload
    time = ctx.time if at is None else at
    # 2. In its time: before not_after, which lies within the window.
    if time >= payload.not_after:
        raise errors.RequestExpired
    if payload.not_after > time + governance.parameter(ctx.state, REQUEST_WINDOW_MS):
        raise errors.RequestTooFarAhead
    # 3. To this custodian.
    holder = accounts.custodian_of(ctx.state, payload.relation)
    if holder is None:
        raise errors.NoSuchRelation
    if holder != custodian:
        raise errors.NotTheCustodian
    # 4. to 6. Signed by a live key of somebody who may ask.
    signer, own = _requester(accounts, ctx, request, time)
    # 7. Not answered before.
    if keeper.get_answer(ctx.state, payload.relation, request.id) is not None:
        raise errors.AlreadyAnswered
    return Verified(request.id, payload, signer.account, own, signer)


def _requester(accounts: Accounts, ctx: Context, request: SignedRequest, time: int) -> tuple[Signer, bool]:
    """Return (the key that signed, is it the relation's own person's)."""
    account = accounts.account_of_key(ctx.state, request.key)
    key = None if account is None else accounts.live_key(ctx.state, account, request.key, time)
    if account is None or key is None:
        raise errors.RequestKeyNotLive
    relation, signer = request.payload.relation, Signer(account, request.key, key.role)
    own = key.role == Role.DEVICE and account == relation
    acts = key.role == Role.DEVICE and not own and acts_for(accounts, ctx, relation, signer) is not None
    if key.role != Role.GATEWAY and not own and not acts:
        raise errors.NotARequester
    if not ctx.verify(key.public, request.to_be_signed(ctx.network), request.signature):
        raise errors.RequestNotSigned
    return signer, own


def acts_for(accounts: Accounts, ctx: Context, relation: bytes, signer: Signer) -> bytes | None:
    """Return under which authority the signer may see what the person of the relation may see."""
    for capacity in (Capacity.REPRESENTATIVE, Capacity.DELEGATE):
        found = accounts.authority(ctx.state, relation, (signer,), capacity, ctx.time, Power.ACCESS, ())
        if found is not None:
            return found.under
    return None
