"""She revokes in the very block of another request, which is refused; the refusal stands on the ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import sleep

from salus.demo.stage import CLINIC, Stage, Step
from salus.services.accounting import accounting
from salus.services.attest_staff import list_staff
from salus.services.release import Refused, release
from salus.services.request import request
from salus.services.revoke import revoke


def revoke_in_one_block(stage: Stage) -> Step:
    """Let the hospital's release and her revocation wait at the hospital's gateway and go as one batch."""
    hospital, clinic = stage.organisation(stage.hospital), stage.organisation(CLINIC)
    package = request(clinic, stage.handle, "TREAT", list_staff(clinic)[0])
    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as held:
            for slug in stage.region.organisations():
                if slug != stage.hospital:
                    held.enter_context(stage.organisation(slug).carrier.gathering())
            held.enter_context(hospital.carrier.gathering())  # leaves first: its batch holds both
            answering = pool.submit(release, hospital, package.raw)
            wait_for(hospital.carrier.waiting, 1)
            revoking = pool.submit(revoke, stage.patient, stage.handle, stage.directive)
            wait_for(hospital.carrier.waiting, 2)
        answer, revoked = answering.result(), revoking.result()
    lines = accounting(stage.region.ledger, stage.handle).lines
    refused = [line for line in lines if line.what == "refused" and line.request == package.request]
    ok = isinstance(answer, Refused) and len(refused) == 1
    reason = answer.reason.name.lower().replace("_", " ") if isinstance(answer, Refused) else "released"
    return Step(
        "revoke",
        "She revokes, and the request in the same block is refused",
        ok,
        {"revoked_in_block": revoked.height, "refusals": len(refused)},
        (
            f"Her revocation and the hospital's release are in block {revoked.height}; what protects runs first",
            f"Outcome of the request: {reason}; the refusal is entry {refused[0].index if refused else '-'} of the log",
        ),
    )


def wait_for(count: Callable[[], int], n: int) -> None:
    """Wait until `count()` reaches n, ten seconds at most."""
    for _ in range(10_000):
        if count() >= n:
            return
        sleep(0.001)
    raise RuntimeError("the envelopes did not gather")
