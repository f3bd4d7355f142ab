"""A consent that the person gave on paper or at another desk, for which a member answers."""

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import ConsentAttested
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.granting import checked, put
from salus.contracts.consent.messages import AttestConsent
from salus.contracts.consent.types import METHODS, Attestation
from salus.contracts.context import Context
from salus.policy.public import Recipient, names
from salus.policy.types import Capacity, Directive, Effect


def attest_consent(accounts: Accounts, governance: Governance, ctx: Context, msg: AttestConsent) -> None:
    """Put a directive in place that the person did not sign; policy sets say where one is honoured."""
    # AUTHORISE
    checks.gateway(ctx, msg.attester)
    if accounts.custodian_of(ctx.state, msg.relation) is None:
        raise errors.NoSuchRelation
    # CHECK
    new, old = checked(accounts, governance, ctx, msg, int(Capacity.ATTESTED), None)
    _check_attester(accounts, governance, ctx, msg)
    if old is not None and old.capacity not in (Capacity.CUSTODIAN, Capacity.ATTESTED):
        raise errors.SignedByPerson
    # WRITE
    put(ctx, new, old)
    attestation = Attestation(msg.attester, msg.staff, msg.method, msg.evidence)
    keeper.put_attestation(ctx.state, msg.relation, new.id, attestation)
    # EMIT
    ctx.emit(_attested(msg, new))


def _check_attester(accounts: Accounts, governance: Governance, ctx: Context, msg: AttestConsent) -> None:
    """Raise AttesterNotActive, StaffNotAttested, UnknownMethod or AttestedByGrantee."""
    if not governance.is_active(ctx.state, msg.attester):
        raise errors.AttesterNotActive
    if not accounts.staff_attested(ctx.state, msg.attester, msg.staff, ctx.time):
        raise errors.StaffNotAttested
    if msg.method not in METHODS:
        raise errors.UnknownMethod
    attester = Recipient(
        msg.attester,
        accounts.roles(ctx.state, msg.attester),
        lambda group: governance.in_group(ctx.state, group, msg.attester),
    )
    if msg.effect == Effect.PERMIT and names(msg.grantee, attester):
        raise errors.AttestedByGrantee


def _attested(msg: AttestConsent, new: Directive) -> ConsentAttested:
    return ConsentAttested(
        relation=msg.relation,
        attester=msg.attester,
        staff=msg.staff,
        method=msg.method,
        evidence=msg.evidence,
        directive=new.id,
        version=new.version,
        chain=new.chain,
        replaces=new.replaces,
        grantee=new.grantee,
        effect=new.effect,
        purposes=new.purposes,
        start=new.start,
        end=new.end,
        uses=new.uses,
        redisclosure=new.redisclosure,
        emergency=new.emergency,
        sealed=msg.sealed,
    )
