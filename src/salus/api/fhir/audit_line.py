"""An event of a patient's trail as an AuditEvent, https://hl7.org/fhir/R4/auditevent.html

The kind of event is a code of ours in `subtype` (for lines of the account one of docs/reference/accounting.md); `type`
is the DICOM code that others know. What was recorded where nobody else sees it stays out: a badge is its commitment.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from salus.core.hashing import T
from salus.fhir.meta import instant
from salus.services.access_log import Read, What
from salus.services.account.line import ORGANISATION, PERSON, REPRESENTATIVE, Line
from salus.services.account.rows import NAMES
from salus.services.lookup import OWN_PURPOSE
from salus.services.trail import Happened

Json = dict[str, Any]
ACCOUNT, STAFF, RECORD, RULE = (f"urn:salus:{name}" for name in ("account", "staff", "record", "rule"))
ACCOUNT_EVENT, READ_EVENT = "urn:salus:account-event", "urn:salus:access-event"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
EXPORT, PATIENT_RECORD = ("110106", "Export"), ("110110", "Patient Record")
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_SOURCE = "http://terminology.hl7.org/CodeSystem/security-source-type"
DISCLOSED = frozenset(
    (
        *("released", "refused", "break-glass", "session", "pushed", "deferred-release", "sealed-release", "bulk"),
        *("located", "moved"),
    )
)
_READS = {
    What.LIST: "Records were listed",
    What.READ: "Records were read",
    What.RELEASE: "Records were read for a release",
    What.OWN: "Records were read for their person",
    What.DECISION: "Records were looked at to decide on a request that was refused",
    What.EARLIER: "Records were read",
    What.LABELS: "Records were labelled anew",
    What.MOVED_AWAY: "A record was moved to whose it is",
    What.MOVED_HERE: "A record was moved here",
    What.SEALED: "Records were read for a release under an order that forbade notice",
}


class Setting(NamedTuple):
    """What all events of a trail share."""

    network: bytes
    patient: str  # id in the base
    custodian: bytes
    custodian_name: str
    purposes: Mapping[str, str]  # code -> system
    own_rule: bytes  # stands in the access log where the person herself read here


def full_url(setting: Setting, one: Happened) -> str:
    """Return the urn of an event, the same each time; it is no resource of the base, and has no address."""
    kind = "read" if isinstance(one.what, Read) else "line"
    name = T("audit-event", setting.network, one.relation, kind, one.number).hex()
    return f"urn:uuid:{uuid5(UUID(bytes=setting.network[:16]), name)}"


def audit_event(setting: Setting, one: Happened) -> Json:
    """Return the AuditEvent of an event."""
    made = _of_read(setting, one.what) if isinstance(one.what, Read) else _of_line(setting, one.what)
    source = {"observer": _organisation(setting.custodian, setting.custodian_name), "type": [_code(_SOURCE, "4")]}
    return {"resourceType": "AuditEvent", **made, "source": source}


def _of_line(setting: Setting, line: Line) -> Json:
    disclosed = line.what in DISCLOSED
    grounds = {"index": str(line.index), "block": str(line.height), "basis": line.basis, "waits-for": line.waits_for}
    if line.directive is not None:
        grounds["version"] = "" if line.version is None else str(line.version)
    refused = line.what == "refused"
    return _filled(
        type=_code(DICOM, *(EXPORT if disclosed else PATIENT_RECORD)),
        subtype=[_code(ACCOUNT_EVENT, line.what, NAMES[line.what].en if line.what in NAMES else "")],
        action="R" if disclosed else "E",
        recorded=instant(line.time),
        outcome="4" if refused else "0",
        outcomeDesc=line.reason or None,
        purposeOfEvent=_purposes(setting, line.purposes),
        agent=[_party(setting, line)],
        entity=[_patient(setting, grounds)],
    )


def _party(setting: Setting, line: Line) -> Json:
    policy = [] if line.directive is None else [f"urn:salus:{line.basis or 'directive'}:{line.directive.hex()}"]
    asks = line.party in (PERSON, REPRESENTATIVE) or (line.party == ORGANISATION and line.what in DISCLOSED)
    if line.party == ORGANISATION and line.organisation is not None:
        who = _organisation(line.organisation, line.name)
    elif line.party == PERSON:
        who = {"reference": f"Patient/{setting.patient}"}
    elif line.name:
        who = {"display": line.name}
    else:
        who = _organisation(setting.custodian, setting.custodian_name)
    return _filled(who=who, requestor=asks, policy=policy)


def _of_read(setting: Setting, read: Read) -> Json:
    what = What(read.what)
    if read.rule == setting.own_rule or what is What.OWN:
        who: Json = {"reference": f"Patient/{setting.patient}"}
    elif read.staff is not None:
        who = {"identifier": {"system": STAFF, "value": read.staff.hex()}}
    else:
        who = _organisation(setting.custodian, setting.custodian_name)
    purpose = OWN_PURPOSE if read.purpose == "own" else read.purpose
    return _filled(
        type=_code(DICOM, *PATIENT_RECORD),
        subtype=[_code(READ_EVENT, what.name.lower().replace("_", "-"), _READS[what])],
        action="R" if read.records else "E",
        recorded=instant(read.time),
        outcome="0",
        purposeOfEvent=_purposes(setting, (purpose,)),
        agent=[_filled(who=who, requestor=True, policy=[f"{RULE}:{read.rule.hex()}"])],
        entity=[_patient(setting, {"purpose": purpose}), *(_record(*one) for one in read.records)],
    )


def _patient(setting: Setting, details: Mapping[str, str]) -> Json:
    told = [{"type": name, "valueString": value} for name, value in details.items() if value]
    who = {"reference": f"Patient/{setting.patient}"}
    return _filled(what=who, type=_code(_ENTITY, "1"), role=_code(_ROLE, "1"), detail=told)


def _record(record: bytes, version: int) -> Json:
    detail = [{"type": "version", "valueString": str(version)}] if version else []
    what = {"identifier": {"system": RECORD, "value": record.hex()}}
    return _filled(what=what, type=_code(_ENTITY, "2"), role=_code(_ROLE, "4"), detail=detail)


def _purposes(setting: Setting, codes: tuple[str, ...]) -> list[Json]:
    return [{"coding": [_code(setting.purposes[code], code)]} for code in codes if code in setting.purposes]


def _organisation(account: bytes, name: str) -> Json:
    return _filled(identifier={"system": ACCOUNT, "value": account.hex()}, display=name or None)


def _code(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def _filled(**elements: object) -> Json:
    """Return an object of the elements that have a value: FHIR knows no empty one."""
    return {name: value for name, value in elements.items() if value is not None and value != []}
