"""What a release rests on, as far as validators can tell: the public parts, the count of uses."""

from typing import NamedTuple

from salus.contracts.access import errors
from salus.contracts.access.expected import Accounts, Consent, Governance
from salus.contracts.access.messages import Basis
from salus.contracts.access.requests import Verified
from salus.contracts.context import Context
from salus.core.errors import Refusal
from salus.core.genesis import Purpose
from salus.policy.public import Asked, Recipient, denies_everything, deny_applies, permit_obstacle
from salus.policy.purposes import is_break_glass
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Directive

_REFUSALS: dict[Reason, type[Refusal]] = {
    Reason.NOT_A_PERMIT: errors.NotAPermit,
    Reason.PERMIT_REVOKED: errors.DirectiveRevoked,
    Reason.PERMIT_REPLACED: errors.StaleVersion,
    Reason.PERMIT_UNACKNOWLEDGED: errors.NotAcknowledged,
    Reason.PERMIT_NOT_STARTED: errors.NotYetInForce,
    Reason.PERMIT_EXPIRED: errors.DirectiveExpired,
    Reason.OTHER_RECIPIENT: errors.OtherRecipient,
    Reason.BREAK_GLASS_BY_PERMIT: errors.BreakGlassByPermit,
    Reason.OTHER_PURPOSE: errors.OtherPurpose,
    Reason.PERMIT_EXHAUSTED: errors.UsesExhausted,
    Reason.ATTESTED_NOT_HONOURED: errors.NotAPermit,
}


class Sources(NamedTuple):
    """The other contracts that a basis is checked against."""

    accounts: Accounts
    governance: Governance
    consent: Consent


def checked_basis(
    sources: Sources, ctx: Context, custodian: bytes, request: Verified, purpose: Purpose, basis: Basis
) -> Directive | None:
    """Return the directive that the release rests on, None for a person's own access.

    Raises BasisNotSupported and all that follows it in `errors`, up to TotallyDenied.
    """
    kind, directive_id, version = basis
    if kind == BasisKind.SELF and directive_id is None and version == 0:
        # Neither a total deny nor the custodian's suspension keeps a person from what is its own.
        if not request.own:
            raise errors.NotOwnAccess
        return None
    if kind != BasisKind.DIRECTIVE or directive_id is None:
        raise errors.BasisNotSupported
    if not sources.governance.may_hold(ctx.state, custodian):
        raise errors.MayNotHold
    asked = _asked(sources, ctx, request, purpose)
    directive = _permit(sources.consent, ctx, request.payload.relation, directive_id, version, asked)
    _no_total_deny(sources.consent, ctx, request.payload.relation, asked)
    return directive


def _asked(sources: Sources, ctx: Context, request: Verified, purpose: Purpose) -> Asked:
    state, recipient = ctx.state, request.recipient
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
    )


def _permit(
    consent: Consent, ctx: Context, relation: bytes, directive_id: bytes, version: int, asked: Asked
) -> Directive:
    directive = consent.directive(ctx.state, relation, directive_id)
    if directive is None:
        raise errors.NoSuchDirective
    obstacle = permit_obstacle(directive, asked, consent.used(ctx.state, relation, directive.chain))
    if directive.version != version and obstacle not in (Reason.NOT_A_PERMIT, Reason.PERMIT_REVOKED):
        raise errors.StaleVersion
    if obstacle is not None:
        raise _REFUSALS[obstacle]
    return directive


def _no_total_deny(consent: Consent, ctx: Context, relation: bytes, asked: Asked) -> None:
    for directive in consent.directives(ctx.state, relation):
        if denies_everything(directive) is not None and deny_applies(directive, asked):
            raise errors.TotallyDenied
