"""Play the story on a new region: found it, run each step, report."""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from msgspec import MsgspecError

from salus.bootstrap import MemberSpec, RegionSpec, create_person, create_region
from salus.bootstrap.network import Trial
from salus.contracts.governance.parameters import Parameter
from salus.core.errors import Refusal
from salus.demo.clock import Passing, StoryClock, WaitingClock
from salus.demo.spread import newest
from salus.demo.stage import (
    CLINIC,
    HOSPITALS,
    INDEX,
    PARENTS,
    PATIENT,
    REGULATOR,
    VILLAGE,
    Progress,
    Stage,
    Step,
    UnusableData,
)
from salus.demo.steps import STEPS
from salus.fhir.bundle import BundleRefused
from salus.policy.types import OrganisationRole

MOST_ISSUES = 10
REGION = RegionSpec(
    "Salus demonstration",
    (
        MemberSpec("Northside Hospital", HOSPITALS[0], (OrganisationRole.HOSPITAL,)),
        MemberSpec("Southside Hospital", HOSPITALS[1], (OrganisationRole.HOSPITAL,)),
        MemberSpec("Riverbank Clinic", CLINIC, (OrganisationRole.CLINIC,)),
        MemberSpec("Village Clinic", VILLAGE, (OrganisationRole.CLINIC,), emergency=False),
        MemberSpec("Health Regulator", REGULATOR, (OrganisationRole.REGULATOR,)),
        MemberSpec("Emergency Index", INDEX, (OrganisationRole.LOCATOR,)),
    ),
)


HEARTBEAT_MS = 5_000  # of the story's network
SLACK_S = HEARTBEAT_MS / 1000 + 2
MINUTE_MS = 60_000
SHORT_DELAYS = ((Parameter.RECOVERY_DELAY_MS, MINUTE_MS), (Parameter.CONTESTED_DELAY_MS, 2 * MINUTE_MS))


def network_of(validators: int, listen: str, first_port: int, program: Path | None) -> Trial:
    """Return the network that the story is played on: so many members of the region have a validator."""
    return Trial(
        REGION,
        validators,
        listen,
        heartbeat_ms=HEARTBEAT_MS,
        parameters=SHORT_DELAYS,
        first_port=first_port,
        program=program,
    )


def play(
    home: Path, passphrase: str, data: Path | None, progress: Progress, network: Trial | None = None
) -> Iterator[Step]:
    """Yield each step once it is done; stops after one that is not ok. The home is closed at the end.

    On a `network` its validators are begun with it, and go on without the home's own afterwards.
    """
    try:
        now = newest_of(data, progress)
    except UnusableData as refusal:
        yield failed("take_in", refusal)
        return
    clock: Passing = StoryClock() if network is None else WaitingClock(SLACK_S, progress)
    region = create_region(home, REGION, passphrase, clock, engine=network)
    pause: Callable[[], None] = nothing if network is None else network.pause
    try:
        if network is not None:
            progress("Starting the validators", 0, None)
            network.begin(region.ledger.height)
        for slug in (PATIENT, *PARENTS):
            create_person(region, slug)
        stage = Stage(region, passphrase, now, data, progress, clock, pause)
        for name, step in STEPS.items():
            done = timed(name, step, stage)
            yield done
            if not done.ok:
                return
    finally:
        pause()
        region.close()


def nothing() -> None:
    """The embedded ledger has nobody to be told before it is closed."""


def newest_of(data: Path | None, progress: Progress) -> int:
    """Return the moment that "the newest years" end with, milliseconds; raise UnusableData."""
    if data is None:
        return int(time.time() * 1000)
    progress("Looking for the newest date of the data", 0, None)
    try:
        return newest(data)
    except (MsgspecError, ValueError, EOFError, OSError, KeyError, TypeError, AttributeError, zlib.error):
        raise UnusableData from None


def timed(name: str, step: Callable[[Stage], Step], stage: Stage) -> Step:
    """Run a step; add how long it took. A refusal is a failed step, in its own words."""
    begun = time.perf_counter()
    stage.progress(f"Step {list(STEPS).index(name) + 1} of {len(STEPS)}", 0, None)
    try:
        done = step(stage)
    except Refusal as refusal:
        done = failed(name, refusal)
    return replace(done, figures={**done.figures, "took_s": round(time.perf_counter() - begun, 2)})


def failed(name: str, refusal: Refusal) -> Step:
    """Return the step that a refusal ended."""
    issues = refusal.issues[:MOST_ISSUES] if isinstance(refusal, BundleRefused) else ()
    lines = (str(refusal), *(f"{issue.expression}: {issue.diagnostics}" for issue in issues))
    return Step(name, name.replace("_", " ").capitalize(), False, {"took_s": 0.0}, lines)
