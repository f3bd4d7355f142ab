"""How an account tells of the discovery contract's events: who was told that she is a patient there."""

from dataclasses import replace

from salus.contracts.discovery.events import RelationLocated
from salus.services.account.line import Line, Row, Rows, other, purpose
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _located(state: Reader, line: Line, event: RelationLocated, relation: bytes) -> Line:
    code = purpose(state, event.purpose)
    asked = "" if event.group is None else "a locator was asked"
    line = other(state, line, event.requester, relation)
    return replace(line, purposes=(code,), purpose=code, reason=asked, request=event.lookup)


ROWS: Rows = {
    RelationLocated: Row(
        "located",
        Text("Another organisation was told that you are a patient here", "其他机构获知您是此处的患者"),
        _located,
    ),
}
