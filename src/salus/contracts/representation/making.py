"""Representations are made: by law, or by the person's own word; in the beats authorise, check, write, emit."""

from salus.contracts.context import Context
from salus.contracts.representation import checks, errors, keeper
from salus.contracts.representation.events import RepresentationMade
from salus.contracts.representation.expected import (
    PROXY_TERM_MS,
    REPRESENTATION_TERM_MS,
    Accounts,
    Governance,
)
from salus.contracts.representation.messages import AttestRepresentation, NameProxy
from salus.contracts.representation.queries import same_group
from salus.contracts.representation.types import Representation, Rule, Springs, Standing
from salus.core.keys import Role
from salus.policy.types import Power

Made = AttestRepresentation | NameProxy


def attest_representation(accounts: Accounts, governance: Governance, ctx: Context, msg: AttestRepresentation) -> None:
    """Let somebody act by law: a parent, a guardian, an agency, an estate."""
    # AUTHORISE
    if not ctx.signed_by(msg.attester, Role.GATEWAY):
        raise errors.NotTheGateway
    custodian = checks.relation(accounts, ctx, msg.relation)
    if msg.attester != custodian and not checks.is_regulator(accounts, governance, ctx, msg.attester):
        raise errors.NotAnAttester
    # CHECK
    new = _checked(accounts, governance, ctx, msg, msg.attester)
    # WRITE, EMIT
    _put(ctx, msg, new, msg.attester)


def name_proxy(accounts: Accounts, governance: Governance, ctx: Context, msg: NameProxy) -> None:
    """Let somebody act for oneself. A recovery that is pending bars it, as it does a grant."""
    # AUTHORISE
    checks.relation(accounts, ctx, msg.relation)
    if not checks.herself(accounts, ctx, msg.relation, Power.GRANT):
        raise errors.NotAuthorised
    # CHECK
    new = _checked(accounts, governance, ctx, msg, None)
    # WRITE, EMIT
    _put(ctx, msg, new, None)


def _checked(accounts: Accounts, governance: Governance, ctx: Context, msg: Made, attester: bytes | None) -> bytes:
    """Return the new id; raise InvalidPowers and all up to IdInUse."""
    checks.powers(governance, ctx, msg.powers, msg.purposes)
    longest = PROXY_TERM_MS if attester is None else REPRESENTATION_TERM_MS
    checks.term(governance, ctx, msg.start, msg.end, longest)
    if msg.springs == Springs.DATE and msg.start <= ctx.time:
        raise errors.InvalidTerm
    checks.representative(accounts, ctx, msg.relation, msg.representative, attester)
    _check_beside(governance, ctx, msg)
    new = ctx.object_id("representation", msg.relation)
    if keeper.get_representation(ctx.state, msg.relation, new) is not None:
        raise errors.IdInUse
    return new


def _check_beside(governance: Governance, ctx: Context, msg: Made) -> None:
    """Raise AlreadyRepresents, OtherRule, WrongPlace or TooMany: what stands beside it under the same rule."""
    live = [
        entry
        for _, entry in keeper.get_representations(ctx.state, msg.relation)
        if entry.standing != Standing.ENDED and entry.end > ctx.time
    ]
    beside = [entry for entry in live if same_group(entry, _entry(msg, None))]
    if any(entry.representative == msg.representative for entry in beside):
        raise errors.AlreadyRepresents
    if any(entry.rule != msg.rule for entry in beside):
        raise errors.OtherRule
    if (msg.rule == Rule.ORDERED) != (msg.place > 0) or any(e.place == msg.place > 0 for e in beside):
        raise errors.WrongPlace
    checks.room(governance, ctx, (entry.end for entry in live))


def _put(ctx: Context, msg: Made, new: bytes, attester: bytes | None) -> None:
    keeper.put_representation(ctx.state, msg.relation, new, _entry(msg, attester))
    ctx.emit(
        RepresentationMade(
            relation=msg.relation,
            representative=msg.representative,
            attester=attester,
            representation=new,
            powers=msg.powers,
            purposes=msg.purposes,
            rule=msg.rule,
            place=msg.place,
            springs=msg.springs,
            start=msg.start,
            end=msg.end,
            sealed=msg.sealed,
        )
    )


def _entry(msg: Made, attester: bytes | None) -> Representation:
    return Representation(
        representative=msg.representative,
        powers=msg.powers,
        purposes=msg.purposes,
        rule=msg.rule,
        place=msg.place,
        springs=msg.springs,
        start=msg.start,
        end=msg.end,
        sealed=msg.sealed,
        attester=attester,
        standing=int(Standing.ACTIVE),
        goes_on=(),
    )
