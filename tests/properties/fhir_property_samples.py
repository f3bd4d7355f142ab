"""Right resources to damage."""

Json = dict[str, object]

SAMPLES: tuple[Json, ...] = (
    {
        "resourceType": "Patient",
        "id": "p",
        "meta": {"profile": ["http://a.example/p"], "lastUpdated": "2020-01-01T00:00:00Z"},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
        "extension": [{"url": "http://a.example/e", "valueString": "v"}],
        "active": True,
        "name": [{"family": "B", "given": ["T", "U"], "period": {"start": "2000"}}],
        "birthDate": "1980-02-29",
        "deceasedBoolean": False,
        "contact": [{"relationship": [{"text": "x"}], "gender": "other"}],
        "generalPractitioner": [{"reference": "Practitioner/1"}],
    },
    {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": "urn:x", "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}], "text": "x"},
        "subject": {"reference": "Patient/p", "display": "x"},
        "effectivePeriod": {"start": "2020-01-01T10:00:00+01:00"},
        "valueQuantity": {"value": 1.5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
        "component": [{"code": {"text": "y"}, "valueInteger": 3}],
        "performer": [{"reference": "Organization/2", "type": "Organization"}],
    },
    {
        "resourceType": "Condition",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "subject": {"reference": "urn:uuid:1"},
        "contained": [{"resourceType": "Practitioner", "id": "d", "name": [{"text": "x"}]}],
        "recorder": {"reference": "#d"},
        "onsetAge": {"value": 3, "unit": "a"},
        "note": [{"text": "x", "authorString": "y"}],
    },
    {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "x"},
        "subject": {"identifier": {"system": "urn:x", "value": "1"}},
        "dosageInstruction": [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}],
    },
)
