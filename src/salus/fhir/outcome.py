"""Issues, and the OperationOutcome that carries them, https://hl7.org/fhir/R4/operationoutcome.html

An issue says where and what is wrong in fixed words. It never repeats what the caller sent: no value, and no
name of an element that FHIR does not define.
"""

from collections.abc import Iterable

from msgspec import Struct

MOST = 100  # issues in one outcome; the rest is counted


class Issue(Struct, frozen=True):
    """One thing wrong; `code` is of https://hl7.org/fhir/R4/valueset-issue-type.html"""

    severity: str  # error | warning
    code: str
    expression: str  # FHIRPath, e.g. Patient.name[0].family
    diagnostics: str  # fixed text


def error(code: str, expression: str, diagnostics: str) -> Issue:
    """Return an issue that refuses the resource."""
    return Issue("error", code, expression, diagnostics)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, object]:
    """Return the OperationOutcome for `issues`, or the one that says that all is well."""
    listed = list(issues)
    if not listed:
        return _outcome([{"severity": "information", "code": "informational", "diagnostics": "All OK."}])
    rows: list[dict[str, object]] = [
        {"severity": i.severity, "code": i.code, "diagnostics": i.diagnostics, "expression": [i.expression]}
        for i in listed[:MOST]
    ]
    if len(listed) > MOST:
        text = f"{len(listed) - MOST} more issues are not listed."
        rows.append({"severity": "information", "code": "informational", "diagnostics": text})
    return _outcome(rows)


def _outcome(issues: list[dict[str, object]]) -> dict[str, object]:
    return {"resourceType": "OperationOutcome", "issue": issues}
