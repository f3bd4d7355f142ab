"""How an account tells of the consent contract's events."""

from dataclasses import replace

from salus.contracts.consent import queries as consent
from salus.contracts.consent.events import (
    ConsentGranted,
    ConsentRevoked,
    CustodialPermitLapsed,
    DirectiveAcknowledged,
    TotallyDenied,
)
from salus.policy.types import Effect, Status
from salus.services.account.line import CUSTODIAN, Line, Row, Rows, plain, to
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _granted(state: Reader, line: Line, event: ConsentGranted, relation: bytes) -> Line:
    found = consent.directive(state, event.relation, event.directive)
    waits = found is not None and found.status == Status.UNACKNOWLEDGED
    return replace(
        to(state, line, event.grantee, event.purposes),
        what=line.what if event.effect == Effect.PERMIT else DENIED.what,
        directive=event.directive,
        version=event.version,
        waits_for=CUSTODIAN if waits else "",
    )


def _denied(state: Reader, line: Line, event: TotallyDenied, relation: bytes) -> Line:
    return replace(to(state, line, event.grantee, event.purposes), directive=event.directive, version=1)


DENIED = Row("denied", Text("Sharing was forbidden", "已禁止共享"), _denied)
ROWS: Rows = {
    ConsentGranted: Row("granted", Text("Sharing was permitted", "已同意共享"), _granted),
    TotallyDenied: DENIED,
    ConsentRevoked: Row("revoked", Text("A decision was revoked", "决定已撤销"), plain),
    DirectiveAcknowledged: Row(
        "in-force", Text("The custodian acknowledged a decision", "保管机构已确认执行决定"), plain
    ),
    CustodialPermitLapsed: Row(
        "lapsed", Text("A permission given by the custodian ended", "保管机构代为给出的同意已终止"), plain
    ),
}
