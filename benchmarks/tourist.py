"""A tourist's whole way, from a passport in a bag to data that was verified; and how well people are found.

- `tourist_*_ms`: ask the locator, its answer on the ledger, the ticket; ask to break the glass, the release on the
  ledger, the delivery verified. All parties and the ledger are in one process, their disk is real.
- `*_cpu_ms`: the processor time of the same, which other work on the machine does not stretch.
- `match_*`: `$match` over a generated population, asked for as at a desk (`population.py`): whom it hands over, right
  and wrong; strangers who are no patients; with a document's number and without.
- `locator_*`: the same people by tokens, which must agree to the letter.
"""

import json
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.population import asked_for, population
from salus.bootstrap import MemberSpec, Region, RegionSpec, create_region
from salus.core.glass import GlassReason
from salus.linkage.demographics import of_patient
from salus.linkage.keys import combinations
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.attest_staff import Badge, attest_staff
from salus.services.break_glass import request_break_glass
from salus.services.deposit import deposit_many
from salus.services.discovery_letters import MatchQuery
from salus.services.inbox import process_inbox
from salus.services.locator_key import new_locator_key
from salus.services.look_up import ask_locator
from salus.services.match import match
from salus.services.policies import list_policy_sets, name_policy_set
from salus.services.receive import Received
from salus.services.register_tokens import register_tokens
from salus.services.tickets import TicketView

SPEC = RegionSpec(
    "Benchmark",
    (
        MemberSpec("Hospital", "hospital", (OrganisationRole.HOSPITAL,)),
        MemberSpec("Clinic", "clinic", (OrganisationRole.CLINIC,)),
        MemberSpec("Index", "index", (OrganisationRole.LOCATOR,)),
    ),
)
PEOPLE, ASKED, WAYS = 2_000, 100, 7
A_BUNDLE = 25  # people taken in together
GOAL_MS = 5_000


def run(full: bool) -> dict[str, float]:
    """Return the figures; the full size has twice the people, and asks for as many."""
    people, asked = PEOPLE * (1 + full), ASKED
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, create_region(Path(folder) / "home", SPEC, "benchmark") as region:
        patients = population(1, people)
        strangers = population(2, asked)
        start = time.perf_counter()
        handles = _take_in(region, patients)
        figures["tourist_intake_s"] = round(time.perf_counter() - start, 1)
        figures |= {"tourist_people_count": people, "tourist_asked_for_count": asked}
        figures |= _quality(region.organisation("hospital"), patients, handles, strangers, asked)
        figures |= _ways(region, patients, handles)
    return figures


def _take_in(region: Region, patients: list[dict[str, Any]]) -> list[bytes]:
    """Take in everybody with an allergy; return the handles in the order of the patients."""
    hospital = region.organisation("hospital")
    entries = [_entries(number, patient) for number, patient in enumerate(patients)]
    bundles = (_bundle(entries[at : at + A_BUNDLE]) for at in range(0, len(entries), A_BUNDLE))
    handles = [handle for one in deposit_many(hospital, bundles) for handle in one.handles]
    while anchor(hospital).anchored:
        pass
    return handles


def _bundle(people: list[list[dict[str, Any]]]) -> bytes:
    entries = [entry for person in people for entry in person]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def _entries(number: int, patient: dict[str, Any]) -> list[dict[str, Any]]:
    url = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    allergy = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
            ]
        },
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91936005"}]},
        "patient": {"reference": url},
        "recordedDate": "2026-01-02",
    }
    return [
        {"fullUrl": url, "resource": patient, "request": {"method": "POST", "url": "Patient"}},
        {"resource": allergy, "request": {"method": "POST", "url": "AllergyIntolerance"}},
    ]


def _quality(
    hospital: Organisation,
    patients: list[dict[str, Any]],
    handles: list[bytes],
    strangers: list[dict[str, Any]],
    count: int,
) -> dict[str, float]:
    """Return how many of those asked for are handed over, and how many handed over are those asked for."""
    figures: dict[str, float] = {}
    for name, document in (("match", False), ("match_with_document", True)):
        random, right, wrong, certain, certain_right = Random(3), 0, 0, 0, 0
        start, busy = time.perf_counter(), time.process_time()
        for _ in range(count):
            at = random.randrange(len(patients))
            found = _match(hospital, asked_for(random, patients[at], document))
            right += found.relation == handles[at]
            wrong += found.relation not in (None, handles[at])
            if found.grades[:1] == ("certain",) and found.relation is not None:
                certain, certain_right = certain + 1, certain_right + (found.relation == handles[at])
        took, busy = time.perf_counter() - start, time.process_time() - busy
        for stranger in strangers:
            wrong += _match(hospital, asked_for(random, stranger, document)).relation is not None
        figures[f"{name}_recall_percent"] = round(100 * right / count, 2)
        figures[f"{name}_precision_percent"] = round(100 * right / max(right + wrong, 1), 2)
        figures[f"{name}_certain_precision_percent"] = round(100 * certain_right / max(certain, 1), 2)
        figures |= {f"{name}_ms": round(1e3 * took / count, 2), f"{name}_cpu_ms": round(1e3 * busy / count, 2)}
    return figures | _tokens(patients, strangers, count)


def _match(hospital: Organisation, asked: dict[str, Any]) -> Any:
    return match(hospital, MatchQuery(json.dumps(asked).encode(), False, 0, ()), bytes(32))


def _tokens(patients: list[dict[str, Any]], strangers: list[dict[str, Any]], count: int) -> dict[str, float]:
    """Return the same of a locator: whom an equal combination leads to."""
    kept: dict[bytes, set[int]] = {}
    for number, patient in enumerate(patients):
        for one in combinations(of_patient(patient)):
            kept.setdefault(one.octets, set()).add(number)
    figures: dict[str, float] = {}
    for name, document in (("locator", False), ("locator_with_document", True)):
        random, right, wrong = Random(4), 0, 0
        for turn in range(2 * count):
            at = random.randrange(len(patients)) if turn < count else -1
            asked = asked_for(random, patients[at] if at >= 0 else strangers[turn - count], document)
            hits = [kept[one.octets] for one in combinations(of_patient(asked)) if one.octets in kept]
            found = min(hits[0]) if hits else None
            right += found == at
            wrong += found is not None and found != at
        figures[f"{name}_recall_percent"] = round(100 * right / count, 2)
        figures[f"{name}_precision_percent"] = round(100 * right / max(right + wrong, 1), 2)
    return figures


def _ways(region: Region, patients: list[dict[str, Any]], handles: list[bytes]) -> dict[str, float]:
    """Return the parts of a tourist's way, each the median of some."""
    hospital, clinic, index = (region.organisation(slug) for slug in ("hospital", "clinic", "index"))
    named = next(view.set for view in list_policy_sets(region.ledger) if view.name == "opt-out")
    tourists = list(range(0, len(patients), max(len(patients) // WAYS, 1)))[:WAYS]
    for at in tourists:
        name_policy_set(hospital, handles[at], named)
    new_locator_key(hospital)
    process_inbox(clinic)
    start = time.perf_counter()
    register_tokens(hospital)
    process_inbox(index)
    registered = time.perf_counter() - start
    doctor = attest_staff(clinic, "Doctor On Call", "physician")
    parts: dict[str, list[float]] = {}
    busy = time.process_time()
    for at in tourists:
        for name, took in _way(hospital, clinic, index, doctor, patients[at], handles[at]).items():
            parts.setdefault(name, []).append(took)
    medians = {f"tourist_{name}_ms": round(sorted(taken)[len(taken) // 2], 1) for name, taken in parts.items()}
    worst = max(sum(each) for each in zip(*parts.values(), strict=True))
    return medians | {
        "tourist_whole_way_cpu_ms": round(1e3 * (time.process_time() - busy) / len(tourists), 1),
        "tourist_whole_way_worst_ms": round(worst, 1),
        "tourist_goal_ms": GOAL_MS,
        "tourist_register_s": round(registered, 2),
    }


def _way(
    hospital: Organisation,
    clinic: Organisation,
    index: Organisation,
    doctor: Badge,
    patient: dict[str, Any],
    handle: bytes,
) -> dict[str, float]:
    """Walk one way; return how long each part took."""
    bag = {"identifier": [patient["identifier"][1]], "name": patient["name"], "birthDate": patient["birthDate"]}
    taken: dict[str, float] = {}
    began = time.perf_counter()

    def part(name: str) -> None:
        nonlocal began
        now = time.perf_counter()
        taken[name], began = (now - began) * 1e3, now

    ask_locator(clinic, doctor, bag)
    part("1_ask_locator")
    process_inbox(index)
    part("2_locate_on_ledger")
    (ticket,) = (item.outcome for item in process_inbox(clinic))
    if not isinstance(ticket, TicketView) or ticket.relation != handle:
        raise LookupError("the tourist was not found")
    part("3_ticket")
    request_break_glass(clinic, handle, doctor, GlassReason.UNCONSCIOUS)
    part("4_ask_custodian")
    process_inbox(hospital)
    part("5_release_on_ledger")
    (got,) = (item.outcome for item in process_inbox(clinic))
    if not isinstance(got, Received) or len(got.records) != 2:
        raise LookupError("the data did not come")
    part("6_verify_data")
    return taken
