"""How an account tells of the life of a relation: death, closing, change of custody."""

from dataclasses import replace

from salus.contracts.records.events_life import (
    CustodyOffered,
    CustodyTransferred,
    DeathRecorded,
    DeathReversed,
    OfferWithdrawn,
    RelationClosed,
    RelationReopened,
)
from salus.services.account.line import Line, Row, Rows, other, plain
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _to_successor(state: Reader, line: Line, event: CustodyOffered | OfferWithdrawn, relation: bytes) -> Line:
    return other(state, line, event.successor, relation)


def _moved(state: Reader, line: Line, event: CustodyTransferred, relation: bytes) -> Line:
    return replace(other(state, line, event.custodian, relation), reason="by vote" if event.by_vote else "")


ROWS: Rows = {
    DeathRecorded: Row("died", Text("A death was recorded", "已登记去世"), plain),
    DeathReversed: Row("lives", Text("The death had been recorded in error", "去世登记有误，已撤销"), plain),
    RelationClosed: Row("closed", Text("The custodian closed the relation", "保管机构已关闭档案关系"), plain),
    RelationReopened: Row("reopened", Text("The relation was opened again", "档案关系已重新开放"), plain),
    CustodyOffered: Row("custody-offered", Text("Another custodian may take over", "已提出移交保管"), _to_successor),
    OfferWithdrawn: Row("custody-kept", Text("The custodian keeps the records", "保管移交已撤回"), _to_successor),
    CustodyTransferred: Row("custody-moved", Text("Another custodian took over", "保管机构已变更"), _moved),
}
