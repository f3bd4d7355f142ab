"""Handlers of custodial accounts, invitations and claims, each in the beats authorise, check, write, emit."""

from salus.contracts.accounts import errors, keeper, listing
from salus.contracts.accounts.events import AccountsOpened, ClaimFinal, ClaimMade, ClaimRejected, PersonInvited
from salus.contracts.accounts.expected import CLAIM_DELAY_MS, MAX_KEYS, Consents, Governance
from salus.contracts.accounts.messages import (
    ClaimAccount,
    ClaimPayload,
    CompleteClaim,
    ConfirmClaim,
    InvitePerson,
    OpenAccounts,
    RejectClaim,
)
from salus.contracts.accounts.organisations import require_gateway
from salus.contracts.accounts.types import (
    POLICIES,
    Invitation,
    Key,
    KeyStatus,
    PendingClaim,
    Person,
    PersonState,
)
from salus.contracts.context import Context
from salus.core import cose
from salus.core.encoding import decode
from salus.core.envelope import WINDOW_MS
from salus.core.errors import InvalidKey, WrongSignature
from salus.core.hashing import T
from salus.core.keys import Role
from salus.core.signatures import key_id, valid_public_key


def open_accounts(governance: Governance, ctx: Context, msg: OpenAccounts) -> None:
    """Open custodial accounts for patients who have no wallet."""
    # AUTHORISE
    if not governance.is_active(ctx.state, msg.custodian):
        raise errors.NotMember
    require_gateway(ctx, msg.custodian)
    # CHECK
    handles = tuple(ctx.object_id("handle", msg.custodian, entry) for entry in range(msg.count))
    if any(keeper.get_person(ctx.state, handle) is not None for handle in handles):
        raise errors.AccountExists  # a nonce used twice must not reset an account
    if not governance.may_hold(ctx.state, msg.custodian, ctx.time):
        raise errors.CustodianSuspended
    # WRITE
    for handle in handles:
        keeper.put_person(ctx.state, handle, Person(msg.custodian, int(PersonState.CUSTODIAL), 0, None, None, False))
    # EMIT
    ctx.emit(AccountsOpened(msg.custodian, handles))


def invite_person(governance: Governance, ctx: Context, msg: InvitePerson) -> None:
    """Let the holder of a secret claim the account; an earlier invitation is void."""
    # AUTHORISE
    person = custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    _require_claimable(ctx, msg.handle, person)
    if msg.end <= ctx.time:
        raise errors.InvalidPeriod
    (kid,) = listing.check_unlisted(ctx, [msg.public])  # one secret for two handles would link them
    if not valid_public_key(msg.public):
        raise InvalidKey
    # WRITE
    keeper.reserve_key(ctx.state, kid, msg.handle)
    keeper.put_invitation(ctx.state, msg.handle, Invitation(msg.public, msg.end))
    # EMIT
    ctx.emit(PersonInvited(msg.handle, msg.custodian, msg.end))


def claim_account(governance: Governance, ctx: Context, msg: ClaimAccount) -> None:
    """Take in a claim, which is then pending; its new keys are reserved for ever, live only when it is final."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    signed = cose.parse("claim", msg.claim)
    claim = decode(signed.payload, ClaimPayload)
    person = _person(ctx, claim.handle)
    _require_claimable(ctx, claim.handle, person)
    invitation = keeper.get_invitation(ctx.state, claim.handle)
    if invitation is None:
        raise errors.NotInvited
    if ctx.time >= invitation.end:
        raise errors.InvitationExpired
    if not ctx.time < claim.not_after <= ctx.time + WINDOW_MS:
        raise errors.ClaimExpired
    ids = _check_terms(governance, ctx, claim)
    _check_signatures(ctx, signed, invitation, claim)
    # WRITE
    for kid in ids:
        keeper.reserve_key(ctx.state, kid, claim.handle)
    claim_id = T("claim", ctx.network, signed.payload)
    keys = tuple((entry.suite, entry.public, entry.start, entry.end) for entry in claim.keys)
    keeper.put_claim(ctx.state, claim.handle, PendingClaim(claim_id, keys, claim.seal_key, claim.policy, ctx.time))
    # EMIT
    ctx.emit(ClaimMade(claim.handle, msg.carrier, claim_id))


def _check_terms(governance: Governance, ctx: Context, claim: ClaimPayload) -> list[bytes]:
    """Check policy and new keys but no signature; return the ids of the keys."""
    if claim.policy not in POLICIES:
        raise errors.UnknownPolicy
    if len(claim.keys) > governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    # A key that may be over when the claim is final would lock the person out.
    until = ctx.time + governance.parameter(ctx.state, CLAIM_DELAY_MS)
    listing.check_shape(claim.keys, listing.PERSON_ROLES, until)
    return listing.check_unlisted(ctx, [entry.public for entry in claim.keys])


def _check_signatures(ctx: Context, signed: cose.Signed, invitation: Invitation, claim: ClaimPayload) -> None:
    """Raise WrongSigners, InvalidKey or WrongSignature unless invitation and each new key signed, in order."""
    publics = [invitation.public, *(entry.public for entry in claim.keys)]
    if [key_id(ctx.network, public) for public in publics] != [kid for kid, _ in signed.signatures]:
        raise errors.WrongSigners
    listing.check_possession(ctx, claim.handle, claim.keys)
    for public, (kid, signature) in zip(publics, signed.signatures, strict=True):
        message = cose.to_be_signed("claim", ctx.network, signed.payload, kid)
        if not ctx.verify(public, message, signature):
            raise WrongSignature


def confirm_claim(governance: Governance, consents: Consents, ctx: Context, msg: ConfirmClaim) -> None:
    """Make a claim final: the desk saw the person and the short code."""
    # AUTHORISE
    person = custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    claim = _pending(ctx, msg.handle, msg.claim)
    # WRITE, EMIT
    _make_final(consents, ctx, msg.handle, person, claim, confirmed=True)


def complete_claim(governance: Governance, consents: Consents, ctx: Context, msg: CompleteClaim) -> None:
    """Make a claim final that nobody confirmed nor rejected during the delay."""
    # AUTHORISE
    carried_by(governance, ctx, msg.carrier)
    # CHECK
    person = _person(ctx, msg.handle)
    claim = _pending(ctx, msg.handle, msg.claim)
    if ctx.time < claim.time + governance.parameter(ctx.state, CLAIM_DELAY_MS):
        raise errors.ClaimDelayed
    # WRITE, EMIT
    _make_final(consents, ctx, msg.handle, person, claim, confirmed=False)


def reject_claim(governance: Governance, ctx: Context, msg: RejectClaim) -> None:
    """Void a claim and its invitation: the short code was not the person's."""
    # AUTHORISE
    custodians_own(governance, ctx, msg.custodian, msg.handle)
    # CHECK
    _pending(ctx, msg.handle, msg.claim)
    # WRITE
    keeper.end_claim(ctx.state, msg.handle)
    # EMIT
    ctx.emit(ClaimRejected(msg.handle, msg.custodian, msg.claim))


def _make_final(
    consents: Consents, ctx: Context, handle: bytes, person: Person, claim: PendingClaim, confirmed: bool
) -> None:
    """Void every earlier key, list the new ones, hand the account over, let custodial permits lapse."""
    for old, entry in keeper.listed_keys(ctx.state, handle):
        keeper.revoke_key(ctx.state, handle, old, entry)
    generation = person.generation + 1
    ids = []
    for suite, public, start, end in claim.keys:
        ids.append(key_id(ctx.network, public))
        key = Key(suite, int(Role.DEVICE), public, start, end, generation, int(KeyStatus.LISTED))
        keeper.list_key(ctx.state, handle, ids[-1], key)
    claimed = Person(person.custodian, int(PersonState.CLAIMED), generation, claim.policy, claim.seal_key, False)
    keeper.put_person(ctx.state, handle, claimed)
    keeper.end_claim(ctx.state, handle)
    ctx.emit(ClaimFinal(handle, claim.id, generation, confirmed, tuple(ids)))
    consents.lapse_custodial_permits(ctx, handle)


def carried_by(governance: Governance, ctx: Context, carrier: bytes) -> None:
    """Raise NotMember or NotGateway."""
    if not governance.is_serving(ctx.state, carrier):
        raise errors.NotMember
    require_gateway(ctx, carrier)


def custodians_own(governance: Governance, ctx: Context, custodian: bytes, handle: bytes) -> Person:
    """Return the person's account; a suspension of its custodian does not matter, that would lock her out."""
    carried_by(governance, ctx, custodian)
    person = _person(ctx, handle)
    if person.custodian != custodian:
        raise errors.NotCustodian
    return person


def _person(ctx: Context, handle: bytes) -> Person:
    person = keeper.get_person(ctx.state, handle)
    if person is None:
        raise errors.NoSuchAccount
    return person


def _require_claimable(ctx: Context, handle: bytes, person: Person) -> None:
    if person.state != PersonState.CUSTODIAL:
        raise errors.AlreadyClaimed
    if keeper.get_claim(ctx.state, handle) is not None:
        raise errors.ClaimPending


def _pending(ctx: Context, handle: bytes, claim_id: bytes) -> PendingClaim:
    claim = keeper.get_claim(ctx.state, handle)
    if claim is None or claim.id != claim_id:
        raise errors.NoSuchClaim
    return claim
