"""A small generator of FHIR R4 transaction bundles: the same seed, number and time give the same octets.

The people are invented and named so that nobody takes them for real ones. Each has more than ten records over more
than five years at one hospital or at both: encounters, vital signs, laboratory results and reports inside and outside
the two newest years, conditions, medications, immunizations, an allergy, notes with attachments of which some are
over 64 KiB, and for some a mental health record.
"""

from random import Random

from salus.demo.generator.build import Bundle
from salus.demo.generator.people import Person, make_person
from salus.demo.generator.region import CLINIC, HOSPITALS, NAMES, shared_bundle
from salus.demo.generator.visits import patient_bundle

__all__ = ["CLINIC", "HOSPITALS", "NAMES", "Bundle", "Person", "generate", "people"]


def people(seed: int, patients: int = 12) -> list[Person]:
    """Return the people whose records `generate` makes for the same seed and number."""
    random = Random(f"people {seed}")  # noqa: S311 - reproducible on purpose
    return [make_person(random, number) for number in range(patients)]


def generate(seed: int, patients: int = 12, now_ms: int = 0) -> dict[str, list[bytes]]:
    """Return, per hospital, the bundle of its shared resources and then one for each of its patients.

    `now_ms` (since 1970) is 30 days after the newest visit.
    """
    random = Random(f"records {seed}")  # noqa: S311 - reproducible on purpose
    bundles = {hospital: [shared_bundle(hospital)] for hospital in HOSPITALS}
    for person in people(seed, patients):
        for hospital in person.hospitals:
            bundles[hospital].append(patient_bundle(random, person, hospital, now_ms))
    return bundles
