"""What the stories share: a region of hospitals, a clinic, a regulator; bundles; how a patient comes to a wallet."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from salus.bootstrap import MemberSpec, Region, RegionSpec, create_person, create_region, open_region
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation, Person
from salus.services.anchor import anchor
from salus.services.attest_staff import Badge, attest_staff
from salus.services.claim import claim
from salus.services.deposit import deposit
from salus.services.grant import Granted, Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.invite import invite
from salus.services.request import RequestPackage, request
from salus.services.settle_claim import confirm_claim
from salus.testing.clock import FakeClock

PASSPHRASE = "a passphrase of the tests"
START_MS = 1_790_000_000_000  # 2026-09
DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS
SYSTEM = "urn:oid:1.2.3.4"

SPEC = RegionSpec(
    "Testland",
    (
        MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,)),
        MemberSpec("South Hospital", "south", (OrganisationRole.HOSPITAL,)),
        MemberSpec("Riverside Clinic", "clinic", (OrganisationRole.CLINIC,)),
        MemberSpec("Regulator", "regulator", (OrganisationRole.REGULATOR,)),
    ),
)


@dataclass
class Story:
    """An open region and the time of day."""

    region: Region
    clock: FakeClock

    @property
    def north(self) -> Organisation:
        return self.region.organisation("north")

    @property
    def south(self) -> Organisation:
        return self.region.organisation("south")

    @property
    def clinic(self) -> Organisation:
        return self.region.organisation("clinic")

    def reopen(self) -> None:
        """Close everything and open it again, as after a restart."""
        home = self.region.home
        self.region.close()
        self.region = open_region(home, PASSPHRASE, clock=self.clock)


@contextmanager
def found(home: Path) -> Iterator[Story]:
    """Found a region; close it at the end."""
    clock = FakeClock(START_MS)
    story = Story(create_region(home, SPEC, PASSPHRASE, clock), clock)
    try:
        yield story
    finally:
        story.region.close()


def day(time_ms: int) -> str:
    """A FHIR instant."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def patient(family: str, value: str, birth_date: str = "1970-01-01") -> dict[str, object]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": value}],
        "name": [{"family": family, "given": ["Test"]}],
        "birthDate": birth_date,
    }


def observation(subject: str, time_ms: int, value: float = 1.0, category: str = "laboratory", text: str = "") -> dict:
    found = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": subject},
        "effectiveDateTime": day(time_ms),
        "valueQuantity": {"value": value, "unit": "g/dL"},
    }
    return found | ({"note": [{"text": text}]} if text else {})


def bundle(*resources: dict) -> bytes:
    """A transaction that creates the resources; number n has the fullUrl urn:uuid:...n."""
    entries = [
        {
            "fullUrl": urn(number),
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for number, resource in enumerate(resources)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def urn(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


def records_of(family: str, value: str, now: int) -> bytes:
    """A patient with two laboratory results of the two newest years, one older, and a vital sign."""
    return bundle(
        patient(family, value),
        observation(urn(0), now - 30 * DAY_MS, 1.10),
        observation(urn(0), now - 300 * DAY_MS, 1.2),
        observation(urn(0), now - 4 * YEAR_MS, 1.3),
        observation(urn(0), now - 20 * DAY_MS, 60, "vital-signs"),
    )


def take_in(hospital: Organisation, family: str, value: str, now: int = START_MS) -> bytes:
    """Take in and anchor one patient's records; return the relation."""
    (handle,) = deposit(hospital, records_of(family, value, now)).handles
    assert anchor(hospital).refused == ()
    return handle


def give_wallet(story: Story, hospital: Organisation, handle: bytes, slug: str) -> Person:
    """Invite a patient, let her claim, confirm at the desk."""
    person = story.region.person(slug) if slug in story.region.people() else create_person(story.region, slug)
    claimed = claim(person, invite(hospital, handle).code)
    confirm_claim(hospital, handle, claimed.short_code)
    return person


def laboratory_terms(grantee: Organisation, now: int = START_MS, **fields: object) -> Terms:
    """Laboratory results of the two newest years, for treatment, for 30 days."""
    sealed = sealed_part(
        classes=("laboratory",), since=now - 2 * YEAR_MS, until=now + 1, text="Two years of laboratory."
    )
    return Terms(to_organisation(grantee.account), ("TREAT",), 30, sealed, **fields)


def grant_laboratory(story: Story, person: Person, handle: bytes) -> Granted:
    """Grant the clinic laboratory results, and let the hospital acknowledge it."""
    granted = grant(person, handle, laboratory_terms(story.clinic))
    (done,) = process_inbox(story.north)
    assert done.outcome == granted.directive
    return granted


def clinician(story: Story) -> Badge:
    return attest_staff(story.clinic, "Doctor Nobody", "physician")


def ask(story: Story, handle: bytes, badge: Badge, purpose: str = "TREAT", **fields: object) -> RequestPackage:
    return request(story.clinic, handle, purpose, badge, **fields)
