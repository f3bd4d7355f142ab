"""Who is responsible for the content of a resource: the first literal reference of these paths, by type."""

from collections.abc import Mapping
from functools import cache

AUTHORS: dict[str, str] = {
    "AdverseEvent": "recorder",
    "AllergyIntolerance": "asserter recorder",
    "CarePlan": "author contributor",
    "CareTeam": "managingOrganization",
    "ChargeItem": "enterer performingOrganization",
    "Claim": "enterer provider",
    "ClaimResponse": "requestor insurer",
    "ClinicalImpression": "assessor",
    "Communication": "sender",
    "Composition": "author",
    "Condition": "asserter recorder",
    "Consent": "performer",
    "DetectedIssue": "author",
    "DeviceRequest": "requester",
    "DeviceUseStatement": "source",
    "DiagnosticReport": "resultsInterpreter performer",
    "DocumentManifest": "author",
    "DocumentReference": "author authenticator custodian",
    "Encounter": "participant.individual serviceProvider",
    "EpisodeOfCare": "careManager managingOrganization",
    "ExplanationOfBenefit": "enterer provider",
    "Flag": "author",
    "Goal": "expressedBy",
    "ImagingStudy": "interpreter referrer",
    "Immunization": "performer.actor",
    "List": "source",
    "Media": "operator",
    "MedicationAdministration": "performer.actor",
    "MedicationDispense": "performer.actor",
    "MedicationRequest": "requester recorder",
    "MedicationStatement": "informationSource",
    "NutritionOrder": "orderer",
    "Observation": "performer",
    "Procedure": "performer.actor recorder",
    "Provenance": "agent.who",
    "QuestionnaireResponse": "author",
    "RequestGroup": "author",
    "RiskAssessment": "performer",
    "ServiceRequest": "requester",
    "Specimen": "collection.collector",
    "SupplyDelivery": "supplier",
    "SupplyRequest": "requester",
    "Task": "requester",
    "VisionPrescription": "prescriber",
}
LONGEST = 128  # characters that a record's header holds


@cache
def _paths(kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.split(".")) for path in AUTHORS.get(kind, "").split())


def author_of(resource: Mapping[str, object]) -> str | None:
    """Return the author's reference within the custodian's base, e.g. Practitioner/12; None if nobody is named."""
    for path in _paths(str(resource["resourceType"])):
        node: object = resource
        for name in path:
            if type(node) is list:
                node = node[0]
            node = node.get(name) if type(node) is dict else None
        first = node[0] if type(node) is list else node
        reference = first.get("reference") if type(first) is dict else None
        if isinstance(reference, str) and reference[0].isupper() and len(reference) <= LONGEST:
            return reference
    return None
