"""How an account tells of keyholders, changes of keys, recovery and freezing."""

from dataclasses import replace
from typing import Any

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.recovery_events import (
    AccountFrozen,
    ChangeMade,
    ChangeProposed,
    ChangeVetoed,
    FreezeLifted,
    KeyholdersSet,
    RecoveryContested,
    RecoveryFinal,
    RecoverySettled,
    RecoveryStarted,
    RecoveryVetoed,
    ReproofOffered,
    ReproofStarted,
)
from salus.services.account.line import Line, Row, Rows, other, plain
from salus.services.account.words import Text
from salus.state.overlay import Reader

WAITS = "recovery"


def _due(state: Reader, line: Line, event: Any, relation: bytes) -> Line:
    return replace(plain(state, line, event, relation), due=event.due)


def _started(state: Reader, line: Line, event: RecoveryStarted | ReproofStarted, relation: bytes) -> Line:
    pending = accounts.pending_recovery(state, relation)
    waits = pending is not None and pending.id == event.recovery
    line = _due(state, line, event, relation)
    if isinstance(event, ReproofStarted):
        line = other(state, line, event.member, relation)
    return replace(line, waits_for=WAITS if waits else "")


def _proposed(state: Reader, line: Line, event: ChangeProposed, relation: bytes) -> Line:
    waits = any(one.id == event.change for _, one in accounts.pending_changes(state, relation))
    return replace(_due(state, line, event, relation), waits_for=WAITS if waits else "")


def _settled(state: Reader, line: Line, event: RecoverySettled, relation: bytes) -> Line:
    what = line.what if event.confirmed else "identity-refused"
    return replace(plain(state, line, event, relation), what=what)


VARIANTS = {"identity-refused": Text("The custodian found that it is not the person", "保管机构核实身份：非本人")}
ROWS: Rows = {
    KeyholdersSet: Row("keyholders", Text("Who helps recover the account changed", "协助恢复账户的人已更改"), plain),
    ChangeProposed: Row("change-proposed", Text("A device asked for a change", "一台设备申请更改"), _proposed),
    ChangeVetoed: Row("change-vetoed", Text("A change was stopped", "更改已被否决"), plain),
    ChangeMade: Row("change-made", Text("A change took effect", "更改已生效"), plain),
    RecoveryStarted: Row("recovery", Text("A recovery of the account began", "账户恢复已开始"), _started),
    RecoveryVetoed: Row("recovery-vetoed", Text("A recovery was stopped by a device", "设备否决了账户恢复"), plain),
    RecoveryContested: Row(
        "recovery-contested", Text("A recovery is disputed; the desk decides", "账户恢复有争议，由窗口核实"), _due
    ),
    RecoverySettled: Row("identity-checked", Text("The custodian checked identity", "保管机构已核实身份"), _settled),
    RecoveryFinal: Row("recovered", Text("The account was recovered", "账户已恢复"), plain),
    AccountFrozen: Row("frozen", Text("The account was frozen", "账户已冻结"), plain),
    FreezeLifted: Row("freeze-lifted", Text("The freeze is to end", "冻结即将解除"), _due),
    ReproofOffered: Row("identity-offered", Text("The custodian identified her", "保管机构确认了本人身份"), plain),
    ReproofStarted: Row(
        "identity-proved", Text("A second member identified her", "第二家机构确认了本人身份"), _started
    ),
}
