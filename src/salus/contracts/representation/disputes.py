"""Disputes about a representation, and how they are settled; in the beats authorise, check, write, emit.

A dispute must win nothing for who raises it: when one representative disputes another, both are disputed.
"""

from msgspec.structs import replace

from salus.contracts.context import Context
from salus.contracts.representation import checks, errors, keeper
from salus.contracts.representation.events import DisputeSettled, RepresentationDisputed
from salus.contracts.representation.expected import Accounts, Consent, Governance, Life
from salus.contracts.representation.messages import DisputeRepresentation, SettleDispute
from salus.contracts.representation.queries import acting
from salus.contracts.representation.types import Representation, Rule, Standing
from salus.core.keys import Role
from salus.policy.purposes import is_treatment
from salus.policy.types import Power


def dispute_representation(
    accounts: Accounts, governance: Governance, consent: Consent, life: Life, ctx: Context, msg: DisputeRepresentation
) -> None:
    """Suspend it as its rule says, until the dispute is settled."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    entry = checks.held(ctx, msg.relation, msg.representation)
    if msg.by == msg.relation:
        may = checks.herself(accounts, ctx, msg.relation, Power.PROTECT)
    else:
        deceased = life.deceased(ctx.state, msg.relation)
        other = msg.by != entry.representative and acting(ctx.state, msg.relation, msg.by, ctx.time, deceased)
        may = other and checks.signed(ctx, msg.by)
    if not may:
        raise errors.NotAuthorised
    # CHECK
    checks.not_ended(entry)
    if entry.standing != Standing.ACTIVE:
        raise errors.AlreadyDisputed
    # WRITE, EMIT
    for representation, one in keeper.get_representations(ctx.state, msg.relation):
        parties = representation == msg.representation or one.representative == msg.by
        if parties and one.standing == Standing.ACTIVE:
            goes_on = _goes_on(governance, consent, ctx, msg.relation, one)
            changed = replace(one, standing=int(Standing.DISPUTED), goes_on=goes_on)
            keeper.put_representation(ctx.state, msg.relation, representation, changed)
            ctx.emit(RepresentationDisputed(msg.relation, one.representative, msg.by, representation, goes_on))


def _goes_on(
    governance: Governance, consent: Consent, ctx: Context, relation: bytes, entry: Representation
) -> tuple[int, ...]:
    """Return its purposes of treatment that the relation's set honours on another's word, if each acts by itself."""
    if entry.rule != Rule.ANY:
        return ()
    honoured = consent.policy_of(ctx.state, relation).body.attested
    return tuple(
        purpose
        for purpose in entry.purposes
        if _is_treatment(governance, ctx, purpose)
        and any(named == purpose or governance.purpose_implied_by(ctx.state, named, purpose) for named in honoured)
    )


def _is_treatment(governance: Governance, ctx: Context, purpose: int) -> bool:
    row = governance.purpose(ctx.state, purpose)
    return row is not None and is_treatment(row.system, row.code)


def settle_dispute(accounts: Accounts, governance: Governance, ctx: Context, msg: SettleDispute) -> None:
    """Restore it, suspend it, or end it."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    entry = checks.held(ctx, msg.relation, msg.representation)
    if msg.by == msg.relation and entry.attester is None:
        may = checks.herself(accounts, ctx, msg.relation, Power.GRANT)
    else:
        known = msg.by == entry.attester or checks.is_regulator(accounts, governance, ctx, msg.by)
        may = known and ctx.signed_by(msg.by, Role.GATEWAY) > 0
    if not may:
        raise errors.NotAuthorised
    # CHECK
    checks.not_ended(entry)
    if entry.standing == Standing.ACTIVE:
        raise errors.NothingToSettle
    if msg.standing in (Standing.DISPUTED, entry.standing):
        raise errors.NotASettlement
    # WRITE
    settled = replace(entry, standing=msg.standing, goes_on=())
    keeper.put_representation(ctx.state, msg.relation, msg.representation, settled)
    # EMIT
    ctx.emit(DisputeSettled(msg.relation, entry.representative, msg.by, msg.representation, msg.standing))
