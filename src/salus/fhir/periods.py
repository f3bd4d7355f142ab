"""Which element of a type is its clinical period: when what it tells was so, not when it was written.

The first element with a value counts. `a..b` runs from the beginning of `a` to the end of `b`, and is only the
span of `a` where `b` is absent. Types that are missing, and the demographics of a person, have no clinical period.
"""

from collections.abc import Mapping
from functools import cache

from salus.fhir.times import Side, known, span

PERIODS: dict[str, str] = {
    "Account": "servicePeriod",
    "AdverseEvent": "date detected recordedDate",
    "AllergyIntolerance": "onset[x] recordedDate lastOccurrence",
    "Appointment": "start..end requestedPeriod created",
    "AppointmentResponse": "start..end",
    "AuditEvent": "period recorded",
    "CarePlan": "period created",
    "CareTeam": "period",
    "ChargeItem": "occurrence[x] enteredDate",
    "Claim": "billablePeriod created",
    "ClaimResponse": "created",
    "ClinicalImpression": "effective[x] date",
    "Communication": "sent..received received",
    "CommunicationRequest": "occurrence[x] authoredOn",
    "Composition": "event.period date",
    "Condition": "onset[x]..abatement[x] recordedDate",
    "Consent": "dateTime",
    "Coverage": "period",
    "CoverageEligibilityRequest": "serviced[x] created",
    "CoverageEligibilityResponse": "serviced[x] created",
    "DetectedIssue": "identified[x]",
    "DeviceRequest": "occurrence[x] authoredOn",
    "DeviceUseStatement": "timing[x] recordedOn",
    "DiagnosticReport": "effective[x] issued",
    "DocumentManifest": "created",
    "DocumentReference": "context.period date",
    "Encounter": "period",
    "EnrollmentRequest": "created",
    "EpisodeOfCare": "period",
    "ExplanationOfBenefit": "billablePeriod created",
    "FamilyMemberHistory": "date",
    "Flag": "period",
    "Goal": "start[x]..statusDate statusDate",
    "GuidanceResponse": "occurrenceDateTime",
    "ImagingStudy": "started",
    "Immunization": "occurrence[x] recorded",
    "ImmunizationEvaluation": "date",
    "ImmunizationRecommendation": "date",
    "Invoice": "date",
    "List": "date",
    "MeasureReport": "period date",
    "Media": "created[x] issued",
    "MedicationAdministration": "effective[x]",
    "MedicationDispense": "whenHandedOver whenPrepared",
    "MedicationRequest": "authoredOn",
    "MedicationStatement": "effective[x] dateAsserted",
    "NutritionOrder": "dateTime",
    "Observation": "effective[x] issued",
    "Procedure": "performed[x]",
    "Provenance": "occurred[x] recorded",
    "QuestionnaireResponse": "authored",
    "RequestGroup": "authoredOn",
    "ResearchSubject": "period",
    "RiskAssessment": "occurrence[x]",
    "ServiceRequest": "occurrence[x] authoredOn",
    "Specimen": "collection.collected[x] receivedTime",
    "SupplyDelivery": "occurrence[x]",
    "SupplyRequest": "occurrence[x] authoredOn",
    "Task": "executionPeriod authoredOn",
    "VisionPrescription": "dateWritten created",
}
_CHOICES = ("DateTime", "Period", "Instant", "Timing", "Date")

Path = tuple[str, ...]


@cache
def _paths(kind: str) -> tuple[tuple[tuple[Path, ...], tuple[Path, ...]], ...]:
    """Return, per element of the table, the JSON paths of its beginning and of its end."""
    found = []
    for element in PERIODS.get(kind, "").split():
        first, _, last = element.partition("..")
        found.append((_json_paths(first), _json_paths(last)))
    return tuple(found)


def _json_paths(element: str) -> tuple[Path, ...]:
    if not element:
        return ()
    *before, last = element.split(".")
    stem = last.removesuffix("[x]")
    names = [last] if stem == last else [stem + choice for choice in _CHOICES]
    return tuple((*before, name) for name in names)


def clinical_period(resource: Mapping[str, object]) -> tuple[Side, Side]:
    """Return start and end in ms, half open; None is an open side, (None, None) an unknown period."""
    for first, last in _paths(str(resource["resourceType"])):
        period = _period(resource, first)
        if period is not None:
            if last and (end := _period(resource, last)) is not None:
                period = period[0], end[1]
            return known(*period)
    return None, None


def _period(resource: Mapping[str, object], paths: tuple[Path, ...]) -> tuple[Side, Side] | None:
    for path in paths:
        value = resource.get(path[0])
        for name in path[1:]:
            if isinstance(value, list):
                value = value[0] if value else None
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None and (found := _span_of(value)) is not None:
            return found
    return None


def _span_of(value: object) -> tuple[Side, Side] | None:
    if isinstance(value, str):
        return span(value)
    if not isinstance(value, dict):
        return None
    if "event" in value:  # a Timing of single events
        spans = [found for item in value["event"] if isinstance(item, str) and (found := span(item))]
        return (min(s for s, _ in spans), max(e for _, e in spans)) if spans else None
    if "repeat" in value:
        return _span_of(value["repeat"].get("boundsPeriod"))
    start = span(value["start"]) if isinstance(value.get("start"), str) else None
    end = span(value["end"]) if isinstance(value.get("end"), str) else None
    if start is None and end is None:
        return None
    return (start[0] if start else None), (end[1] if end else None)
