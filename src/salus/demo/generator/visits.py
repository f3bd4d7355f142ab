"""The records of one person at one hospital: a story of visits, newest last."""

from base64 import b64encode
from random import Random
from uuid import UUID

from salus.demo.generator.build import Bundle, Json, coded, day, instant, quantity, reference
from salus.demo.generator.people import Person
from salus.demo.generator.region import SYSTEM, location, organization, practitioner

DAY_MS = 86_400_000
VISIT_DAYS = (2200, 1830, 1460, 1100, 800, 650, 420, 200, 30)  # before now; five lie outside the two newest years
LARGE_NOTE = 72 * 1024  # octets of text; more than 64 KiB

LOINC, SNOMED, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
_TERMS = "http://terminology.hl7.org/CodeSystem/"
_LAB = (  # code, display, lowest and highest in thousandths, decimals, unit
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 4800, 8200, 2, "%"),
    ("2339-0", "Glucose [Mass/volume] in Blood", 70000, 180000, 1, "mg/dL"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 600, 1400, 2, "mg/dL"),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", 140000, 260000, 1, "mg/dL"),
)
_CONDITIONS = (("38341003", "Hypertensive disorder"), ("44054006", "Diabetes mellitus type 2"), ("195967001", "Asthma"))
_DRUGS = (
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("860975", "metformin hydrochloride 500 MG"),
    ("745679", "albuterol 0.09 MG"),
)


class _Story:
    """Adds the resources of one person at one hospital."""

    def __init__(self, random: Random, person: Person, hospital: str) -> None:
        self.random, self.person, self.hospital = random, person, hospital
        self.bundle = Bundle("transaction")
        self.patient = self.urn()
        self.encounter = ""
        self.time = 0

    def urn(self) -> str:
        return f"urn:uuid:{UUID(int=self.random.getrandbits(128), version=4)}"

    def add(self, kind: str, **elements: object) -> str:
        """Add a resource of the patient, within the encounter of the moment; return its fullUrl."""
        url = self.urn()
        subject = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
        resource: Json = {"resourceType": kind, **elements, subject: reference(self.patient)}
        if kind not in ("Encounter", "DocumentReference"):
            resource["encounter"] = reference(self.encounter)
        self.bundle.add(resource, full_url=url)
        return url

    def doctor(self) -> Json:
        return reference(practitioner(self.hospital, self.person.number))


def patient_bundle(random: Random, person: Person, hospital: str, now_ms: int) -> bytes:
    """Return the transaction with the patient and all records at that hospital."""
    story = _Story(random, person, hospital)
    _patient(story)
    for number, days in enumerate(VISIT_DAYS):
        story.time = now_ms - days * DAY_MS + random.randrange(8 * 3600, 17 * 3600) * 1000 - now_ms % DAY_MS
        _encounter(story)
        _vital_signs(story)
        _laboratory(story, number)
        if number == 0:
            _first_visit(story)
        if number % 2:
            _immunization(story)
        _note(story, "Consultation note", LARGE_NOTE if number in (1, 6) else 2000)
        if person.sensitive and number == 4:
            _mental_health(story)
    return story.bundle.octets()


def _patient(story: _Story) -> None:
    person = story.person
    resource: Json = {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": person.identifier}],
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "gender": person.gender,
        "birthDate": person.birth_date,
        "managingOrganization": reference(organization(story.hospital)),
    }
    story.bundle.add(resource, full_url=story.patient)


def _encounter(story: _Story) -> None:
    story.encounter = story.add(
        "Encounter",
        status="finished",
        **{"class": {"system": _TERMS + "v3-ActCode", "code": "AMB"}},
        type=[coded(SNOMED, "185349003", "Encounter for check up")],
        period={"start": instant(story.time), "end": instant(story.time + 1_800_000)},
        serviceProvider=reference(organization(story.hospital)),
        location=[{"location": reference(location(story.hospital))}],
        participant=[{"individual": story.doctor()}],
    )


def _observation(story: _Story, category: str, code: Json, **value: object) -> str:
    return story.add(
        "Observation",
        status="final",
        category=[coded(_TERMS + "observation-category", category, category)],
        code=code,
        effectiveDateTime=instant(story.time),
        performer=[story.doctor()],
        **value,
    )


def _vital_signs(story: _Story) -> None:
    pressure = [
        {"code": coded(LOINC, code, text), "valueQuantity": quantity(story.random.randrange(*limits), 1, "mm[Hg]")}
        for code, text, limits in (
            ("8480-6", "Systolic blood pressure", (105_000, 160_000)),
            ("8462-4", "Diastolic blood pressure", (60_000, 98_000)),
        )
    ]
    _observation(story, "vital-signs", coded(LOINC, "85354-9", "Blood pressure panel"), component=pressure)
    weight = quantity(story.random.randrange(52_000, 110_000), 2, "kg")
    _observation(story, "vital-signs", coded(LOINC, "29463-7", "Body weight"), valueQuantity=weight)


def _laboratory(story: _Story, number: int) -> None:
    results = []
    for index in (number % len(_LAB), (number + 1) % len(_LAB)):
        code, display, low, high, digits, unit = _LAB[index]
        value = quantity(story.random.randrange(low, high), digits, unit)
        results.append(_observation(story, "laboratory", coded(LOINC, code, display), valueQuantity=value))
    story.add(
        "DiagnosticReport",
        status="final",
        category=[coded(_TERMS + "v2-0074", "LAB", "Laboratory")],
        code=coded(LOINC, "11502-2", "Laboratory report"),
        effectiveDateTime=instant(story.time),
        issued=instant(story.time + 7_200_000),
        performer=[reference(organization(story.hospital))],
        result=[reference(result) for result in results],
    )


def _first_visit(story: _Story) -> None:
    index = story.person.number % len(_CONDITIONS)
    problem = _condition(story, *_CONDITIONS[index])
    code, display = _DRUGS[index]
    story.add(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept=coded(RXNORM, code, display),
        authoredOn=instant(story.time),
        requester=story.doctor(),
        reasonReference=[reference(problem)],
    )
    story.add(
        "AllergyIntolerance",
        clinicalStatus=coded(_TERMS + "allergyintolerance-clinical", "active", "Active"),
        verificationStatus=coded(_TERMS + "allergyintolerance-verification", "confirmed", "Confirmed"),
        code=coded(SNOMED, "91936005", "Allergy to penicillin"),
        onsetDateTime=day(story.time)[:4],
        recorder=story.doctor(),
    )


def _condition(story: _Story, code: str, display: str) -> str:
    return story.add(
        "Condition",
        clinicalStatus=coded(_TERMS + "condition-clinical", "active", "Active"),
        verificationStatus=coded(_TERMS + "condition-ver-status", "confirmed", "Confirmed"),
        category=[coded(_TERMS + "condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
        code=coded(SNOMED, code, display),
        onsetDateTime=day(story.time),
        recorder=story.doctor(),
    )


def _immunization(story: _Story) -> None:
    story.add(
        "Immunization",
        status="completed",
        vaccineCode=coded("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal, injectable, preservative free"),
        occurrenceDateTime=day(story.time),
        primarySource=True,
        performer=[{"actor": story.doctor()}],
    )


def _note(story: _Story, title: str, size: int, about: str = "The patient of this demonstration is invented.") -> None:
    line = f"{title}, {instant(story.time)}. {about} Nothing in this text is about a real person.\n"
    text = (line * (size // len(line) + 1)).encode()[:size]
    attachment: Json = {"contentType": "text/plain; charset=utf-8", "data": b64encode(text).decode(), "title": title}
    story.add(
        "DocumentReference",
        status="current",
        type=coded(LOINC, "34117-2", "History and physical note"),
        date=instant(story.time),
        author=[story.doctor()],
        custodian=reference(organization(story.hospital)),
        content=[{"attachment": attachment}],
        context={
            "encounter": [reference(story.encounter)],
            "period": {"start": instant(story.time), "end": instant(story.time + 1_800_000)},
        },
    )


def _mental_health(story: _Story) -> None:
    _condition(story, "370143000", "Major depressive disorder")
    score = quantity(story.random.randrange(10, 22) * 1000, 1, "{score}")
    _observation(story, "survey", coded(LOINC, "44261-6", "PHQ-9 total score"), valueQuantity=score)
