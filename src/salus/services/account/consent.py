"""How an account tells of the consent contract's events."""

from dataclasses import replace

from salus.contracts.consent import queries as consent
from salus.contracts.consent.events import (
    ConsentAttested,
    ConsentGranted,
    ConsentReaffirmed,
    ConsentRevoked,
    ConsentSuspended,
    CustodialPermitLapsed,
    CustodialPreferenceLapsed,
    DirectiveAcknowledged,
    GrantConfirmed,
    OrderEnded,
    OrderRecorded,
    PolicySetNamed,
    PreferenceLapsed,
    PreferenceSet,
    TotallyDenied,
)
from salus.policy.types import Effect, Status
from salus.services.account.line import CUSTODIAN, Line, Row, Rows, other, plain, purpose, to
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _granted(state: Reader, line: Line, event: ConsentGranted | ConsentAttested, relation: bytes) -> Line:
    found = consent.directive(state, event.relation, event.directive)
    waits = found is not None and found.status == Status.UNACKNOWLEDGED
    return replace(
        to(state, line, event.grantee, event.purposes),
        what=line.what if event.effect == Effect.PERMIT else _DENIES[type(event)],
        directive=event.directive,
        version=event.version,
        waits_for=CUSTODIAN if waits else "",
    )


def _denied(state: Reader, line: Line, event: TotallyDenied, relation: bytes) -> Line:
    return replace(to(state, line, event.grantee, event.purposes), directive=event.directive, version=1)


def _attested(state: Reader, line: Line, event: ConsentAttested, relation: bytes) -> Line:
    by = other(state, line, event.attester, relation).name
    return replace(_granted(state, line, event, relation), reason=f"Attested, not signed by the person: {by}")


def _ordered(state: Reader, line: Line, event: OrderRecorded, relation: bytes) -> Line:
    by = other(state, line, event.issuer, relation).name
    code = purpose(state, event.purpose)
    line = replace(other(state, line, event.recipient, relation), purposes=(code,), purpose=code)
    return replace(line, reason=f"Recorded by: {by}")


def _order_ended(state: Reader, line: Line, event: OrderEnded, relation: bytes) -> Line:
    return other(state, line, event.issuer, relation)


VARIANTS = {"attested-deny": Text("A denial was recorded for the person", "他方代为记录了本人的禁止决定")}
_DENIES = {ConsentGranted: "denied", ConsentAttested: "attested-deny"}
DENIED = Row("denied", Text("Sharing was forbidden", "已禁止共享"), _denied)
ROWS: Rows = {
    ConsentGranted: Row("granted", Text("Sharing was permitted", "已同意共享"), _granted),
    TotallyDenied: DENIED,
    ConsentRevoked: Row("revoked", Text("A decision was revoked", "决定已撤销"), plain),
    DirectiveAcknowledged: Row(
        "in-force", Text("The custodian acknowledged a decision", "保管机构已确认执行决定"), plain
    ),
    GrantConfirmed: Row(
        "confirmed", Text("The person made a permission her own", "本人已确认他人代为给出的同意"), plain
    ),
    CustodialPermitLapsed: Row(
        "lapsed", Text("A permission given by the custodian ended", "保管机构代为给出的同意已终止"), plain
    ),
    ConsentAttested: Row(
        "attested", Text("A decision was recorded for the person", "他方代为记录了本人的决定"), _attested
    ),
    PolicySetNamed: Row("policy-named", Text("The custodian named a policy set", "保管机构指定了适用的政策"), plain),
    PreferenceSet: Row("preference-set", Text("A preference was set", "偏好已设置"), plain),
    CustodialPreferenceLapsed: Row(
        "preference-lapsed", Text("A preference set by the custodian ended", "保管机构代为设置的偏好已终止"), plain
    ),
    ConsentSuspended: Row("suspended", Text("A recovery suspended a permission", "账户恢复暂停了一项同意"), plain),
    PreferenceLapsed: Row("opt-in-lapsed", Text("A recovery ended opt-ins", "账户恢复终止了选择加入"), plain),
    ConsentReaffirmed: Row("reaffirmed", Text("A suspended permission was confirmed", "已重新确认被暂停的同意"), plain),
    OrderRecorded: Row("ordered", Text("An order by law was recorded", "法定命令已登记"), _ordered),
    OrderEnded: Row("order-ended", Text("An order by law ended", "法定命令已终止"), _order_ended),
}
