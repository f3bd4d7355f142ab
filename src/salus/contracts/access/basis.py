"""What a release rests on, as far as validators can tell: the public parts, the count of uses."""

from typing import NamedTuple

from salus.contracts.access import errors, recovery_errors
from salus.contracts.access.expected import Accounts, Consent, Governance, Records
from salus.contracts.access.messages import Basis
from salus.contracts.access.requests import acts_for
from salus.contracts.context import Context, Signer
from salus.core.errors import Refusal
from salus.core.genesis import Purpose
from salus.core.keys import Role
from salus.policy.grounds import order_obstacle, policy_obstacle, rule_for
from salus.policy.policies import Mode
from salus.policy.public import Asked, Recipient, denies_everything, deny_applies, permit_obstacle
from salus.policy.purposes import is_break_glass
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Directive

_REFUSALS: dict[Reason, type[Refusal]] = {
    Reason.NOT_A_PERMIT: errors.NotAPermit,
    Reason.PERMIT_REVOKED: errors.DirectiveRevoked,
    Reason.PERMIT_REPLACED: errors.StaleVersion,
    Reason.PERMIT_UNACKNOWLEDGED: errors.NotAcknowledged,
    Reason.PERMIT_SUSPENDED: recovery_errors.PermitSuspended,
    Reason.PERMIT_NOT_STARTED: errors.NotYetInForce,
    Reason.PERMIT_EXPIRED: errors.DirectiveExpired,
    Reason.OTHER_RECIPIENT: errors.OtherRecipient,
    Reason.BREAK_GLASS_BY_PERMIT: errors.BreakGlassByPermit,
    Reason.OTHER_PURPOSE: errors.OtherPurpose,
    Reason.PERMIT_EXHAUSTED: errors.UsesExhausted,
    Reason.OPTED_OUT: errors.OptedOut,
    Reason.NOT_OPTED_IN: errors.NotOptedIn,
}


class Sources(NamedTuple):
    """The other contracts that a release is checked against."""

    accounts: Accounts
    governance: Governance
    records: Records
    consent: Consent


class Ground(NamedTuple):
    """What validators found under a basis."""

    directive: Directive | None = None  # whose use counts
    end: int | None = None  # a session ends no later
    binding: bool = False  # a mandate or an order: the custodian must, whatever the person denied
    represented: bool = False  # whoever acts for the person asks what she could ask

    @property
    def outlives(self) -> bool:
        """True if the ground needs no living person's word, and serves a closed relation too."""
        return self.binding or self.represented


def checked_basis(
    sources: Sources,
    ctx: Context,
    custodian: bytes,
    relation: bytes,
    recipient: bytes,
    purpose: Purpose,
    basis: Basis,
    signer: Signer | None = None,
) -> Ground:
    """Return the ground of a release of `relation` to `recipient`, whose `signer` asked.

    Raises BasisNotSupported and what follows it in `errors`, up to NotOptedIn. Break-glass has a message of its own.
    """
    kind, ground, version = basis
    if kind == BasisKind.SELF and version == 0:
        # Neither a total deny nor the custodian's suspension keeps a person from what is its own. For who acts
        # for her the basis names the authority.
        if ground is None:
            own = recipient == relation
        else:
            own = signer is not None and acts_for(sources.accounts, ctx, relation, signer) == ground
        if not own:
            raise errors.NotOwnAccess
        return Ground(represented=ground is not None)
    if kind not in (BasisKind.DIRECTIVE, BasisKind.POLICY, BasisKind.ORDER) or ground is None:
        raise errors.BasisNotSupported
    if kind == BasisKind.ORDER and version:
        raise errors.BasisNotSupported
    if signer is not None and signer.role == Role.DEVICE and recipient != relation:
        raise errors.NotOwnAccess  # a person who acts for another gets what she may get, and nothing as a recipient
    if not sources.governance.may_hold(ctx.state, custodian, ctx.time):
        raise errors.MayNotHold
    asked = asked_of(sources, ctx, recipient, purpose)
    if kind == BasisKind.DIRECTIVE:
        return _directive(sources, ctx, relation, asked, ground, version)
    if kind == BasisKind.POLICY:
        return _policy(sources, ctx, relation, asked, ground, version)
    return _order(sources.consent, ctx, relation, asked, ground)


def asked_of(sources: Sources, ctx: Context, recipient: bytes, purpose: Purpose) -> Asked:
    """Return what is asked, as of this block: roles and groups are those of the moment."""
    state = ctx.state
    return Asked(
        Recipient(
            recipient,
            sources.accounts.roles(state, recipient),
            lambda group: sources.governance.in_group(state, group, recipient),
        ),
        purpose.number,
        lambda permitted: sources.governance.purpose_implied_by(state, permitted, purpose.number),
        is_break_glass(purpose.system, purpose.code),
        ctx.time,
        lambda under, number: 0,  # asked last of all: `terms.check_authority`
    )


def _directive(
    sources: Sources, ctx: Context, relation: bytes, asked: Asked, directive_id: bytes, version: int
) -> Ground:
    consent = sources.consent
    directive = consent.directive(ctx.state, relation, directive_id)
    if directive is None:
        raise errors.NoSuchDirective
    used = consent.used(ctx.state, relation, directive.chain)
    obstacle = permit_obstacle(directive, asked, used, (asked.purpose,))
    if directive.version != version and obstacle not in (Reason.NOT_A_PERMIT, Reason.PERMIT_REVOKED):
        raise errors.StaleVersion
    if obstacle is not None:
        raise _REFUSALS[obstacle]
    _no_total_deny(sources, ctx, relation, asked)
    attested = directive.capacity == Capacity.ATTESTED
    if attested and asked.purpose not in consent.policy_of(ctx.state, relation).body.attested:
        raise errors.AttestedNotHonoured
    return Ground(directive, directive.end)


def _policy(sources: Sources, ctx: Context, relation: bytes, asked: Asked, policy_set: bytes, version: int) -> Ground:
    consent = sources.consent
    in_force = consent.policy_of(ctx.state, relation)
    if (in_force.set, in_force.version) != (policy_set, version):
        raise errors.StaleVersion
    rule = rule_for(in_force.body, asked)
    mandated = rule is not None and rule.mode == Mode.MANDATED
    if not mandated:
        _no_total_deny(sources, ctx, relation, asked)
    if rule is None:
        raise errors.NotByPolicy
    merged = sources.records.merged(ctx.state, relation)
    objections = [consent.policy_of(ctx.state, other).preference for other in merged]
    obstacle = policy_obstacle(rule, in_force.preference, asked, objections)
    if obstacle is not None:
        raise _REFUSALS[obstacle]
    return Ground(binding=mandated)


def _order(consent: Consent, ctx: Context, relation: bytes, asked: Asked, order_id: bytes) -> Ground:
    order = consent.order(ctx.state, relation, order_id)
    if order is None:
        raise errors.NoSuchOrder
    if order_obstacle(order, asked) is not None:
        raise errors.OrderNotInForce
    return Ground(end=order.end, binding=True)


def _no_total_deny(sources: Sources, ctx: Context, relation: bytes, asked: Asked) -> None:
    """Raise TotallyDenied where the person denied everything, here or in a relation that is merged with this one."""
    for one in (relation, *sources.records.merged(ctx.state, relation)):
        for directive in sources.consent.directives(ctx.state, one):
            if denies_everything(directive) is not None and deny_applies(directive, asked):
                raise errors.TotallyDenied
