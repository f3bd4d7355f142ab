"""How an account tells of the representation contract's events."""

from dataclasses import replace

from salus.contracts.representation.events import (
    DelegateEnded,
    DelegateNamed,
    DisputeSettled,
    IncapacityDeclared,
    IncapacityEnded,
    RepresentationDisputed,
    RepresentationEnded,
    RepresentationMade,
    RepresentationNarrowed,
    RepresentationRenewed,
)
from salus.contracts.representation.types import Standing
from salus.services.account.line import Line, Row, Rows, other, plain, purpose
from salus.services.account.words import Text
from salus.state.overlay import Reader

VARIANTS = {
    "restored": Text("A representation was restored", "代理权已恢复"),
    "authority-suspended": Text("A representation was suspended", "代理权已中止"),
}
_SETTLED = {Standing.ACTIVE: "restored", Standing.SUSPENDED: "authority-suspended", Standing.ENDED: "unrepresented"}

_Kept = RepresentationRenewed | RepresentationNarrowed | RepresentationEnded | RepresentationDisputed | DisputeSettled


def _purposes(state: Reader, line: Line, numbers: tuple[int, ...]) -> Line:
    codes = tuple(purpose(state, number) for number in numbers)
    return replace(line, purposes=codes, purpose=", ".join(codes))


def _made(state: Reader, line: Line, event: RepresentationMade, relation: bytes) -> Line:
    by = "the person" if event.attester is None else other(state, line, event.attester, relation).name
    line = _purposes(state, other(state, line, event.representative, relation), event.purposes)
    return replace(line, directive=event.representation, reason=f"By: {by}", due=event.end)


def _kept(state: Reader, line: Line, event: _Kept, relation: bytes) -> Line:
    return replace(other(state, line, event.representative, relation), directive=event.representation)


def _renewed(state: Reader, line: Line, event: RepresentationRenewed, relation: bytes) -> Line:
    return replace(_kept(state, line, event, relation), due=event.end)


def _disputed(state: Reader, line: Line, event: RepresentationDisputed, relation: bytes) -> Line:
    return _purposes(state, _kept(state, line, event, relation), event.goes_on)


def _settled(state: Reader, line: Line, event: DisputeSettled, relation: bytes) -> Line:
    return replace(_kept(state, line, event, relation), what=_SETTLED[Standing(event.standing)])


def _named(state: Reader, line: Line, event: DelegateNamed, relation: bytes) -> Line:
    line = _purposes(state, other(state, line, event.delegate, relation), event.purposes)
    return replace(line, directive=event.delegation, due=event.end)


def _delegate_ended(state: Reader, line: Line, event: DelegateEnded, relation: bytes) -> Line:
    return replace(other(state, line, event.delegate, relation), directive=event.delegation)


def _incapable(state: Reader, line: Line, event: IncapacityDeclared, relation: bytes) -> Line:
    witness = other(state, line, event.witness, relation).name
    return replace(plain(state, line, event, relation), reason=f"Witness: {witness}")


ROWS: Rows = {
    RepresentationMade: Row("represented", Text("Somebody may act for the person", "已登记代理人"), _made),
    RepresentationRenewed: Row(
        "representation-renewed", Text("A representation was renewed", "代理权已续期"), _renewed
    ),
    RepresentationNarrowed: Row(
        "representation-narrowed", Text("A representative may only protect", "代理人仅保留保护性权限"), _kept
    ),
    RepresentationEnded: Row("unrepresented", Text("A representation ended", "代理权已终止"), _kept),
    RepresentationDisputed: Row(
        "representation-disputed", Text("A representation is disputed", "代理权存在争议"), _disputed
    ),
    DisputeSettled: Row("dispute-settled", Text("A dispute was settled", "争议已解决"), _settled),
    IncapacityDeclared: Row(
        "incapable", Text("The person cannot decide for herself", "本人被认定暂无决定能力"), _incapable
    ),
    IncapacityEnded: Row("capable", Text("The person can decide again", "本人恢复决定能力"), plain),
    DelegateNamed: Row("delegate-named", Text("A helper was named", "已指定协助人"), _named),
    DelegateEnded: Row("delegate-ended", Text("A helper's powers ended", "协助人的权限已终止"), _delegate_ended),
}
