"""How an account tells of the access contract's events."""

from dataclasses import replace

from salus.contracts.access import queries as access
from salus.contracts.access.events import (
    BreakGlassReviewed,
    GlassBroken,
    RecordsPushed,
    RecordsReleased,
    ReleaseAcknowledged,
    RequestRefused,
    SessionClosed,
    SessionOpened,
)
from salus.contracts.access.other_events import DeferredReleased, ReleasedInBulk, SealedReleaseOpened
from salus.core.glass import TEXTS as GLASS
from salus.core.glass import Verdict
from salus.policy.reasons import TEXTS
from salus.policy.types import BasisKind
from salus.services.account.line import ACKNOWLEDGEMENT, REVIEW, Line, Row, Rows, other, purpose
from salus.services.account.words import Text
from salus.state.overlay import Reader

_Given = (
    RecordsReleased
    | GlassBroken
    | RecordsPushed
    | SessionOpened
    | DeferredReleased
    | SealedReleaseOpened
    | ReleasedInBulk
)
_Unasked = RecordsPushed | SealedReleaseOpened | ReleasedInBulk


def _released(state: Reader, line: Line, event: _Given, relation: bytes) -> Line:
    kind, ground, version = event.basis
    release = event.release if isinstance(event, _Unasked) else event.request
    answer = access.answer(state, event.relation, release)
    acknowledged = answer is not None and answer.acknowledged is not None
    code = purpose(state, event.purpose)
    return replace(
        other(state, line, event.recipient, relation),
        purposes=(code,),
        purpose=code,
        basis=BasisKind(kind).name.lower().replace("_", "-"),
        directive=ground,
        version=version if ground else None,
        request=release,
        acknowledged=acknowledged,
        waits_for="" if acknowledged else ACKNOWLEDGEMENT,
        due=event.ends if isinstance(event, SessionOpened) else event.deliver_by,
    )


def _broken(state: Reader, line: Line, event: GlassBroken | DeferredReleased, relation: bytes) -> Line:
    line = replace(_released(state, line, event, relation), reason=GLASS.get(event.reason, ""))
    review = access.review(state, event.relation, event.request)
    return line if review is None or review.closed is not None else replace(line, waits_for=REVIEW, due=None)


def _deferred(state: Reader, line: Line, event: DeferredReleased, relation: bytes) -> Line:
    return replace(_broken(state, line, event, relation), happened=event.occurred)


def _opened(state: Reader, line: Line, event: SealedReleaseOpened, relation: bytes) -> Line:
    """Say when it happened: the entry is of the day on which silence was over, or later."""
    return replace(_released(state, line, event, relation), happened=event.released)


def _reviewed(state: Reader, line: Line, event: BreakGlassReviewed, relation: bytes) -> Line:
    verdict = Verdict(event.verdict).name.lower().replace("_", " ")
    said = f"{verdict}, which closed the review" if event.closed else verdict
    return replace(other(state, line, event.reviewer, relation), reason=said, request=event.request)


def _refused(state: Reader, line: Line, event: RequestRefused, relation: bytes) -> Line:
    code = purpose(state, event.purpose)
    return replace(
        other(state, line, event.recipient, relation),
        purposes=(code,),
        purpose=code,
        reason_number=event.reason,
        reason=TEXTS.get(event.reason, ""),
        request=event.request,
    )


def _of_request(state: Reader, line: Line, event: ReleaseAcknowledged | SessionClosed, relation: bytes) -> Line:
    return replace(other(state, line, event.recipient, relation), request=event.request)


ROWS: Rows = {
    RecordsReleased: Row("released", Text("Data was released", "数据已提供"), _released),
    RequestRefused: Row("refused", Text("A request was refused", "请求被拒绝"), _refused),
    ReleaseAcknowledged: Row("acknowledged", Text("The recipient confirmed receipt", "接收方已确认收到"), _of_request),
    GlassBroken: Row("break-glass", Text("Data was released in an emergency", "因紧急情况提供了数据"), _broken),
    BreakGlassReviewed: Row("reviewed", Text("An emergency access was reviewed", "紧急访问已被审查"), _reviewed),
    SessionOpened: Row("session", Text("A session of searches was opened", "查询会话已开启"), _released),
    SessionClosed: Row("session-closed", Text("A session was closed", "查询会话已结束"), _of_request),
    RecordsPushed: Row("pushed", Text("Data was sent without a request", "未经请求主动发送了数据"), _released),
    DeferredReleased: Row(
        "deferred-release",
        Text("Data was released in an emergency while the ledger was down", "账本中断期间因紧急情况提供了数据"),
        _deferred,
    ),
    SealedReleaseOpened: Row(
        "sealed-release",
        Text("Data was released under an order that forbade telling you", "依据禁止告知的命令提供了数据"),
        _opened,
    ),
    ReleasedInBulk: Row("bulk", Text("Data was released in bulk", "数据随批量导出提供"), _released),
}
