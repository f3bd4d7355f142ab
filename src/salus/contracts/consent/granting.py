"""What a grant and an attestation have in common: one check of the terms, one way to put a directive in place."""

from typing import Protocol

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.context import Context
from salus.policy.purposes import barred_for_custodian, is_break_glass
from salus.policy.types import Capacity, Directive, Effect, Emergency, Grantee, Status


class Terms(Protocol):
    """The public part, as both messages name it."""

    @property
    def relation(self) -> bytes: ...
    @property
    def replaces(self) -> bytes | None: ...
    @property
    def grantee(self) -> Grantee: ...
    @property
    def effect(self) -> int: ...
    @property
    def purposes(self) -> tuple[int, ...]: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def uses(self) -> int: ...
    @property
    def redisclosure(self) -> int: ...
    @property
    def emergency(self) -> Emergency: ...
    @property
    def sealed(self) -> bytes: ...


def checked(
    accounts: Accounts, governance: Governance, ctx: Context, msg: Terms, capacity: int, under: bytes | None
) -> tuple[Directive, Directive | None]:
    """Return (the new directive, the one it replaces); raise InvalidPeriod and all up to DirectiveExists."""
    checks.period(msg.start, msg.end, ctx.time)
    _check_purposes(governance, ctx, msg, capacity)
    if msg.emergency[0] and msg.emergency[2]:
        raise errors.ContradictoryEmergency
    checks.grantee(accounts, governance, ctx.state, msg.grantee, msg.effect)
    old = None
    if msg.replaces is not None:
        old = checks.replaceable(ctx.state, msg.relation, msg.replaces, msg.effect, ctx.time)
    if msg.effect == Effect.PERMIT:
        checks.room_for_permit(governance, ctx.state, msg.relation, ctx.time, msg.replaces)
    new = _directive(ctx, msg, capacity, under, old)
    if keeper.get_directive(ctx.state, msg.relation, new.id) is not None:
        raise errors.DirectiveExists
    return new, old


def put(ctx: Context, new: Directive, old: Directive | None) -> None:
    """Put the directive in place and end the one that it replaces, at once.

    Until the new one is acknowledged a permit is unusable and a deny total, so that a replacement never
    opens a gap.
    """
    if old is not None:
        keeper.put_directive(ctx.state, replace(old, status=int(Status.REPLACED)))
    keeper.put_directive(ctx.state, new)


def _check_purposes(governance: Governance, ctx: Context, msg: Terms, capacity: int) -> None:
    rows = checks.purposes(governance, ctx.state, msg.purposes)
    if msg.effect == Effect.PERMIT:
        if any(is_break_glass(row.system, row.code) for row in rows):
            raise errors.BreakGlassByPermit
        others_word = capacity in (Capacity.CUSTODIAN, Capacity.ATTESTED)
        if others_word and any(barred_for_custodian(row.system, row.code) for row in rows):
            raise errors.BarredForCustodian


def _directive(ctx: Context, msg: Terms, capacity: int, under: bytes | None, old: Directive | None) -> Directive:
    """Return the new directive; version and chain, and with it the count of uses, go on from the old one."""
    new = ctx.object_id("directive", msg.relation)
    return Directive(
        id=new,
        version=1 if old is None else old.version + 1,
        chain=new if old is None else old.chain,
        replaces=msg.replaces,
        relation=msg.relation,
        capacity=capacity,
        grantee=msg.grantee,
        effect=msg.effect,
        total=False,
        purposes=msg.purposes,
        start=msg.start,
        end=msg.end,
        uses=msg.uses,
        redisclosure=msg.redisclosure,
        emergency=msg.emergency,
        sealed=msg.sealed,
        status=int(Status.UNACKNOWLEDGED),
        granted=ctx.time,
        under=under,
    )
