"""The answer to a look-up, in the beats authorise, check, write, emit."""

from salus.contracts.context import Context
from salus.contracts.discovery import errors, keeper, queries
from salus.contracts.discovery.events import NothingLocated, RelationLocated
from salus.contracts.discovery.expected import LOOKUPS_PER_DAY, LOOKUPS_PER_HOUR, TICKET_MS, Sources
from salus.contracts.discovery.lookups import Verified, check_parties, verified_lookup
from salus.contracts.discovery.messages import RecordLocate
from salus.contracts.discovery.types import Answered
from salus.core.keys import Role


def record_locate(sources: Sources, ctx: Context, msg: RecordLocate) -> None:
    """Commit to an answer; only then may it leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.answerer, Role.GATEWAY):
        raise errors.NotTheGateway
    asked = verified_lookup(sources, ctx, msg.answerer, msg.lookup)
    check_parties(sources, ctx, asked)
    # CHECK
    _check_rate(sources, ctx, asked.requester)
    if msg.relation is not None:
        _check_relation(sources, ctx, asked, msg.relation)
    # WRITE
    answer = Answered(msg.answerer, ctx.time, asked.payload.not_after, msg.relation)
    keeper.put_answer(ctx.state, asked.requester, asked.id, answer, sources.governance.parameter(ctx.state, TICKET_MS))
    keeper.count_lookup(ctx.state, asked.requester, ctx.time)
    # EMIT
    ctx.emit(_event(asked, msg.relation))


def _event(asked: Verified, relation: bytes | None) -> RelationLocated | NothingLocated:
    payload = asked.payload
    if relation is None:
        return NothingLocated(
            requester=asked.requester,
            answerer=payload.answerer,
            lookup=asked.id,
            query=payload.query,
            purpose=payload.purpose,
            staff=payload.staff,
            group=payload.group,
        )
    return RelationLocated(
        relation=relation,
        requester=asked.requester,
        answerer=payload.answerer,
        lookup=asked.id,
        query=payload.query,
        purpose=payload.purpose,
        staff=payload.staff,
        seal_key=payload.seal_key,
        group=payload.group,
    )


def _check_rate(sources: Sources, ctx: Context, requester: bytes) -> None:
    """Raise HourlyLimit or DailyLimit: whoever asks often enough learns who is a patient where, one by one."""
    rate = queries.rate(ctx.state, requester, ctx.time)
    if rate.hour >= sources.governance.parameter(ctx.state, LOOKUPS_PER_HOUR):
        raise errors.HourlyLimit
    if rate.day >= sources.governance.parameter(ctx.state, LOOKUPS_PER_DAY):
        raise errors.DailyLimit


def _check_relation(sources: Sources, ctx: Context, asked: Verified, relation: bytes) -> None:
    """Raise NoSuchRelation, NotTheCustodian, BreakGlassNotAllowed or RelationRestricted."""
    holder = sources.accounts.custodian_of(ctx.state, relation)
    if holder is None:
        raise errors.NoSuchRelation
    if asked.payload.group is None:
        if holder != asked.payload.answerer:
            raise errors.NotTheCustodian
    elif sources.consent.policy_of(ctx.state, relation).body.emergency.group != asked.payload.group:
        # A locator tells of those alone whose glass this requester may break.
        raise errors.BreakGlassNotAllowed
    if not sources.records.in_use(ctx.state, relation):
        raise errors.RelationRestricted
