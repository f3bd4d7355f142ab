"""The data class of a resource: what a person means by "my laboratory results", by tables of type and category.

A class is what a directive names. The type decides, except where the table gives the type a list of categories;
the first category that the list knows wins, in the order of the list, so that the answer does not depend on the
order in which a source writes them.
"""

from collections.abc import Mapping

CLASSES: dict[str, str] = {
    kind: data_class
    for data_class, kinds in {
        "allergy": "AllergyIntolerance AdverseEvent",
        "care-plan": "CarePlan CareTeam Goal NutritionOrder RequestGroup ImmunizationRecommendation",
        "claim": "Account ChargeItem Claim ClaimResponse Contract Coverage CoverageEligibilityRequest "
        "CoverageEligibilityResponse EnrollmentRequest EnrollmentResponse ExplanationOfBenefit Invoice "
        "PaymentNotice PaymentReconciliation",
        "communication": "Communication CommunicationRequest",
        "condition": "Condition ClinicalImpression DetectedIssue Flag RiskAssessment",
        "consent": "Consent",
        "demographics": "Patient Person RelatedPerson",
        "device": "Device DeviceMetric DeviceRequest DeviceUseStatement VisionPrescription",
        "diagnostic-report": "DiagnosticReport",
        "directory": "Endpoint HealthcareService Location Organization OrganizationAffiliation Practitioner "
        "PractitionerRole",
        "document": "Binary Composition DocumentManifest DocumentReference List",
        "encounter": "Appointment AppointmentResponse Encounter EpisodeOfCare",
        "family-history": "FamilyMemberHistory",
        "genomics": "MolecularSequence",
        "imaging": "BodyStructure ImagingStudy Media",
        "immunization": "Immunization ImmunizationEvaluation",
        "laboratory": "Specimen",
        "medication": "Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest "
        "MedicationStatement",
        "observation": "Observation",
        "order": "ServiceRequest Task",
        "procedure": "Procedure",
        "provenance": "AuditEvent Provenance",
        "research": "MeasureReport ResearchStudy ResearchSubject",
        "supply": "SupplyDelivery SupplyRequest",
        "survey": "QuestionnaireResponse",
    }.items()
    for kind in kinds.split()
}
OTHER = "other"

_LABORATORY = ("LAB", "CH", "HM", "IMM", "MB", "MCB", "MYC", "SR", "TX", "VR", "PAT", "SP", "CP", "CUS", "BLB", "GE")
_IMAGING = ("RAD", "RX", "IMG", "CT", "CTH", "NMR", "NMS", "RUS", "OUS", "VUS", "XRC", "LP29684-5", "18748-4")
_NOTES = ("34117-2", "51847-2", "11488-4", "11506-3", "18842-5", "28570-0", "34111-5", "34133-9", "OTH", "PHR")
CATEGORIES: dict[str, dict[str, str]] = {  # category code -> class; the first of the list wins
    "Observation": {
        "laboratory": "laboratory",
        "LAB": "laboratory",
        "imaging": "imaging",
        "vital-signs": "vital-signs",
        "procedure": "procedure",
        "survey": "survey",
        "social-history": "social-history",
        "sdoh": "social-history",
        "exam": "exam",
        "therapy": "therapy",
        "activity": "activity",
    },
    "DiagnosticReport": {
        **dict.fromkeys((*_LABORATORY, "LP7839-6", "26436-6"), "laboratory"),
        **dict.fromkeys(_IMAGING, "imaging"),
        **dict.fromkeys(_NOTES, "document"),
    },
    "ServiceRequest": {"108252007": "laboratory", "363679005": "imaging"},
}
DATA_CLASSES = sorted({*CLASSES.values(), OTHER}.union(*(listed.values() for listed in CATEGORIES.values())))


def data_class(resource: Mapping[str, object]) -> str:
    """Return the class of a valid resource."""
    kind = str(resource["resourceType"])
    table = CATEGORIES.get(kind)
    if table is not None:
        named = {code for coding in _codings(resource.get("category")) if isinstance(code := coding.get("code"), str)}
        for code in table:
            if code in named:
                return table[code]
    return CLASSES.get(kind, OTHER)


def _codings(category: object) -> list[dict[str, object]]:
    concepts = category if isinstance(category, list) else [category]
    return [coding for concept in concepts if isinstance(concept, dict) for coding in concept.get("coding", ())]
