"""A release with its evidence over HTTP: from the clinic's post to the sealed answer, and to verified data."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.listening import bind
from salus.api.server import Listening, make_server
from salus.bootstrap import MemberSpec, Region, RegionSpec, create_person, create_region
from salus.bootstrap.serving import serving
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff
from salus.services.claim import claim
from salus.services.deposit import deposit
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.invite import invite
from salus.services.receive import receive
from salus.services.request import request
from salus.services.settle_claim import confirm_claim

SPEC = RegionSpec(
    "Benchmark",
    (
        MemberSpec("Hospital", "hospital", (OrganisationRole.HOSPITAL,)),
        MemberSpec("Clinic", "clinic", (OrganisationRole.CLINIC,)),
    ),
)
RECORDS, WARM, DAYS = 20, 5, 30
DAY_MS = 86_400_000


def measure(home: Path, count: int) -> dict[str, float]:
    """Return the figures of so many releases of twenty records, one after the other."""
    answered, verified = [], []
    with create_region(home, SPEC, "benchmark") as region, running(region) as url, httpx2.Client(timeout=60) as client:
        clinic, handle = region.organisation("clinic"), _granted(region)
        badge = attest_staff(clinic, "Doctor Nobody", "physician")
        for _ in range(WARM + count):
            request(clinic, handle, "TREAT", badge)
            package = _taken(region.organisation("hospital"))
            start = time.perf_counter()
            headers = {"content-type": "application/cbor"}
            answer = client.post(f"{url}/hospital/requests", content=package, headers=headers)
            arrived = time.perf_counter()
            if answer.status_code != 200 or answer.headers["salus-letter"] != "delivery":
                raise RuntimeError(answer.text)
            if len(receive(clinic, answer.content).records) != RECORDS:
                raise RuntimeError("not all records came")
            answered.append((arrived - start) * 1000)
            verified.append((time.perf_counter() - start) * 1000)
    return {
        "release_answered_p50_ms": round(statistics.median(answered[WARM:]), 2),
        "release_verified_p50_ms": round(statistics.median(verified[WARM:]), 2),
        "release_answered_worst_ms": round(max(answered[WARM:]), 2),
    }


def _taken(organisation: Organisation) -> bytes:
    """Take the request out of the inbox that it was posted to: it goes over HTTP instead."""
    (letter,) = [one for one in organisation.exchange.inbox(organisation.account) if one.kind == "request"]
    organisation.exchange.done(organisation.account, letter.name)
    return letter.body


def _granted(region: Region) -> bytes:
    """Take in a patient with laboratory results who lets the clinic have them; return the relation."""
    hospital, clinic, now = region.organisation("hospital"), region.organisation("clinic"), region.ledger.now()
    (handle,) = deposit(hospital, _bundle(now)).handles
    anchor(hospital)
    person = create_person(region, "patient")
    confirm_claim(hospital, handle, claim(person, invite(hospital, handle).code).short_code)
    sealed = sealed_part(classes=("laboratory",), text="Laboratory.")
    grant(person, handle, Terms(to_organisation(clinic.account), ("TREAT",), DAYS, sealed))
    process_inbox(hospital)
    return handle


def _bundle(now: int) -> bytes:
    url = "urn:uuid:00000000-0000-4000-8000-000000000000"
    coding = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:oid:1.2.3", "value": "1"}]}
    result = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [coding]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": url},
    }
    entries: list[dict[str, object]] = [
        {"fullUrl": url, "resource": patient, "request": {"method": "POST", "url": "Patient"}}
    ]
    for number in range(RECORDS):
        day = time.strftime("%Y-%m-%d", time.gmtime(now / 1000 - number * DAY_MS / 1000))
        observation = {**result, "effectiveDateTime": day}
        entries.append({"resource": observation, "request": {"method": "POST", "url": "Observation"}})
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


@contextmanager
def running(region: Region) -> Iterator[str]:
    """Serve a region in a thread; give its URL."""
    bound, limits, ready = (
        bind(Listening("127.0.0.1", 0)),
        Limits(address_rate=1e9, address_burst=1e9),
        threading.Event(),
    )
    with serving(region, SignedGuard(lambda: bound.authorities, limits=limits)) as app:
        made = make_server(app, bound.listening, ready.set, limits)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [bound.socket]})
        thread.start()
        try:
            if not ready.wait(30):
                raise RuntimeError("the server did not start")
            yield bound.url
        finally:
            made.should_exit = True
            thread.join()
            bound.socket.close()
