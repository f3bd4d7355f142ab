"""How an account tells of the records contract's events, as far as they are about persons."""

from dataclasses import replace

from salus.contracts.records import queries as records
from salus.contracts.records.events import (
    HoldLifted,
    HoldPlaced,
    PetitionAnswered,
    PetitionMade,
    RecordMoved,
    RelationRestricted,
    RelationsMerged,
    RelationsUnmerged,
)
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.services.account.line import ANSWER, DEFERRED, Line, Row, Rows, other, plain
from salus.services.account.words import Text
from salus.state.overlay import Reader

_OUTCOMES = {Outcome.DONE: "done", Outcome.REFUSED: "declined", Outcome.DEFERRED: "deferred"}

VARIANTS = {
    "declined": Text("A petition was refused", "请求被拒绝办理"),
    "deferred": Text("A petition was put off", "请求已延期办理"),
    "used-again": Text("The records may be used again", "数据恢复使用"),
}


def _asked(state: Reader, line: Line, event: PetitionMade, relation: bytes) -> Line:
    found = records.petition(state, relation, event.petition)
    waits = found is not None and found.outcome is None
    line = replace(other(state, line, event.custodian, relation), reason=PetitionKind(event.kind).name.lower())
    return replace(line, waits_for=ANSWER if waits else "")


def _answered(state: Reader, line: Line, event: PetitionAnswered, relation: bytes) -> Line:
    kind, ground = PetitionKind(event.kind).name.lower(), Ground(event.ground)
    reason = kind if ground is Ground.NONE else f"{kind}: {ground.name.lower().replace('_', ' ')}"
    found = records.petition(state, relation, event.petition)
    waits = event.outcome == Outcome.DEFERRED and found is not None and found.outcome == Outcome.DEFERRED
    line = replace(other(state, line, event.custodian, relation), what=_OUTCOMES[Outcome(event.outcome)])
    return replace(line, reason=reason, waits_for=DEFERRED if waits else "")


def _restricted(state: Reader, line: Line, event: RelationRestricted, relation: bytes) -> Line:
    return replace(plain(state, line, event, relation), what="restricted" if event.restricted else "used-again")


def _linked(state: Reader, line: Line, event: RelationsMerged | RelationsUnmerged, relation: bytes) -> Line:
    """Name the other side: its account is one of its own."""
    there = event.other if event.relation == relation else event.relation
    by = getattr(event, "by", event.custodian)
    line = other(state, line, event.custodian if by in (relation, event.custodian) else by, relation)
    if by == relation:
        line = other(state, line, relation, relation)
    return replace(line, reason=f"The other account: {there.hex()[:12]}")


ROWS: Rows = {
    PetitionMade: Row("asked", Text("The person asked for a change", "本人提出了请求"), _asked),
    PetitionAnswered: Row("done", Text("A petition was carried out", "请求已办理"), _answered),
    HoldPlaced: Row("held", Text("A legal hold was placed", "已设置法律保全"), plain),
    HoldLifted: Row("lifted", Text("A legal hold was lifted", "法律保全已解除"), plain),
    RelationRestricted: Row(
        "restricted", Text("The records are kept and not used", "数据仅予保存，不得使用"), _restricted
    ),
    RelationsMerged: Row("merged", Text("Two accounts were merged as one person's", "两个账户合并为同一人"), _linked),
    RelationsUnmerged: Row("unmerged", Text("A merge of two accounts was undone", "两个账户的合并已撤销"), _linked),
    RecordMoved: Row("moved", Text("A record of another person was taken out", "误归入的他人记录已移出"), plain),
}
