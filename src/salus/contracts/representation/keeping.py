"""What becomes of a representation: renewed, narrowed, ended; in the beats authorise, check, write, emit."""

from msgspec.structs import replace

from salus.contracts.context import Context
from salus.contracts.representation import checks, errors, keeper
from salus.contracts.representation.events import (
    RepresentationEnded,
    RepresentationNarrowed,
    RepresentationRenewed,
)
from salus.contracts.representation.expected import PROXY_TERM_MS, REPRESENTATION_TERM_MS, Accounts, Governance
from salus.contracts.representation.messages import (
    EndRepresentation,
    NarrowRepresentation,
    RenewRepresentation,
)
from salus.contracts.representation.types import Standing
from salus.core.keys import Role
from salus.policy.types import Power

NARROW = (int(Power.PROTECT),)


def renew_representation(accounts: Accounts, governance: Governance, ctx: Context, msg: RenewRepresentation) -> None:
    """Give it a new end, also when its term is over: then there was a gap, in which nothing held."""
    # AUTHORISE
    custodian = checks.relation(accounts, ctx, msg.relation)
    entry = checks.held(ctx, msg.relation, msg.representation)
    if entry.attester is None:
        may = msg.by == msg.relation and checks.herself(accounts, ctx, msg.relation, Power.GRANT)
    else:
        may = msg.by in (entry.attester, custodian) and ctx.signed_by(msg.by, Role.GATEWAY) > 0
    if not may:
        raise errors.NotAuthorised
    # CHECK
    checks.not_ended(entry)
    longest = PROXY_TERM_MS if entry.attester is None else REPRESENTATION_TERM_MS
    checks.term(governance, ctx, entry.start, msg.end, longest)
    # WRITE
    keeper.put_representation(ctx.state, msg.relation, msg.representation, replace(entry, end=msg.end))
    # EMIT
    ctx.emit(RepresentationRenewed(msg.relation, entry.representative, msg.by, msg.representation, msg.end))


def narrow_representation(accounts: Accounts, governance: Governance, ctx: Context, msg: NarrowRepresentation) -> None:
    """Leave nothing but what protects: what was granted under it holds no longer."""
    # AUTHORISE
    custodian = checks.relation(accounts, ctx, msg.relation)
    entry = checks.held(ctx, msg.relation, msg.representation)
    attested = entry.attester is not None and msg.by in (custodian, entry.attester)
    known = attested or checks.is_regulator(accounts, governance, ctx, msg.by)
    if not known or not ctx.signed_by(msg.by, Role.GATEWAY):
        raise errors.NotAuthorised
    # CHECK
    checks.not_ended(entry)
    if entry.powers == NARROW:
        raise errors.AlreadyNarrow
    # WRITE
    changed = replace(entry, powers=NARROW, purposes=(), goes_on=())
    keeper.put_representation(ctx.state, msg.relation, msg.representation, changed)
    # EMIT
    ctx.emit(RepresentationNarrowed(msg.relation, entry.representative, msg.by, msg.representation))


def end_representation(accounts: Accounts, ctx: Context, msg: EndRepresentation) -> None:
    """End it for good."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    entry = checks.held(ctx, msg.relation, msg.representation)
    if msg.by == msg.relation and entry.attester is None:
        may = checks.herself(accounts, ctx, msg.relation, Power.PROTECT)
    elif msg.by == entry.attester:
        may = ctx.signed_by(msg.by, Role.GATEWAY) > 0
    else:
        may = msg.by == entry.representative and checks.signed(ctx, msg.by)
    if not may:
        raise errors.NotAuthorised
    # CHECK
    checks.not_ended(entry)
    # WRITE
    ended = replace(entry, standing=int(Standing.ENDED), goes_on=())
    keeper.put_representation(ctx.state, msg.relation, msg.representation, ended)
    # EMIT
    ctx.emit(RepresentationEnded(msg.relation, entry.representative, msg.by, msg.representation))
