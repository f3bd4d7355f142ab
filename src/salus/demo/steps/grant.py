"""She grants the clinic laboratory results of two years; it asks, and gets exactly those, sealed to it."""

from salus.demo.stage import CLINIC, PATIENT, YEAR_MS, Stage, Step
from salus.demo.steps.claim import newest_two_years
from salus.services.attest_staff import list_staff
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.read_records import list_records
from salus.services.receive import Received
from salus.services.request import request

DAYS = 30


def grant_and_release(stage: Stage) -> Step:
    """Grant, acknowledge, request, release, receive; compare with what the hospital holds."""
    hospital, clinic = stage.organisation(stage.hospital), stage.organisation(CLINIC)
    sealed = sealed_part(
        classes=("laboratory",),
        since=stage.now - 2 * YEAR_MS,
        until=stage.now + 1,
        text="Laboratory results of the two newest years, for treatment.",
    )
    granted = grant(stage.patient, stage.handle, Terms(to_organisation(clinic.account), ("TREAT",), DAYS, sealed))
    stage.directive = granted.directive
    process_inbox(hospital)  # the hospital opens the sealed part and acknowledges it
    request(clinic, stage.handle, "TREAT", list_staff(clinic)[0])
    process_inbox(hospital)  # it decides, commits the release, and only then seals
    received = next((p.outcome for p in process_inbox(clinic) if isinstance(p.outcome, Received)), None)
    headers = list_records(hospital, stage.handle)
    expected = {h.record for h in headers if h.data_class == "laboratory" and newest_two_years(stage, h)}
    got = {record.header.record for record in received.records} if received else set()
    exactly = "exactly those" if got == expected else f"not the {len(expected)} that were granted"
    if received:
        stage.evidence = stage.region.home / "release.evidence"
        stage.evidence.write_bytes(received.evidence)
    return Step(
        "grant",
        "She grants two years of laboratory results, and the clinic gets exactly those",
        bool(got) and got == expected,
        {"records_expected": len(expected), "records_received": len(got)},
        (
            f"Directive {stage.directive.hex()[:12]}: {clinic.name}, treatment, two years of laboratory, {DAYS} days",
            f"{clinic.name} asked and received {len(got)} records, sealed to its own key: {exactly}",
            f"{len(headers) - len(got):,} other records were left out. It is told that some were, and no more",
        ),
        (
            f"consent show --as {PATIENT} --at {stage.handle.hex()[:12]} {stage.directive.hex()[:12]}",
            f"access received --as {CLINIC}",
        ),
    )
