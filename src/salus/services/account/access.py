"""How an account tells of the access contract's events."""

from dataclasses import replace

from salus.contracts.access import queries as access
from salus.contracts.access.events import RecordsReleased, ReleaseAcknowledged, RequestRefused
from salus.policy.reasons import TEXTS
from salus.policy.types import BasisKind
from salus.services.account.line import ACKNOWLEDGEMENT, Line, Row, Rows, other, purpose
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _released(state: Reader, line: Line, event: RecordsReleased, relation: bytes) -> Line:
    kind, directive, version = event.basis
    answer = access.answer(state, event.relation, event.request)
    acknowledged = answer is not None and answer.acknowledged is not None
    code = purpose(state, event.purpose)
    return replace(
        other(state, line, event.recipient, relation),
        purposes=(code,),
        purpose=code,
        basis=BasisKind(kind).name.lower().replace("_", "-"),
        directive=directive,
        version=version if directive else None,
        request=event.request,
        acknowledged=acknowledged,
        waits_for="" if acknowledged else ACKNOWLEDGEMENT,
        due=event.deliver_by,
    )


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


def _acknowledged(state: Reader, line: Line, event: ReleaseAcknowledged, relation: bytes) -> Line:
    return replace(other(state, line, event.recipient, relation), request=event.request)


ROWS: Rows = {
    RecordsReleased: Row("released", Text("Data was released", "数据已提供"), _released),
    RequestRefused: Row("refused", Text("A request was refused", "请求被拒绝"), _refused),
    ReleaseAcknowledged: Row(
        "acknowledged", Text("The recipient confirmed receipt", "接收方已确认收到"), _acknowledged
    ),
}
