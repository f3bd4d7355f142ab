"""Play the story on a new region: found it, run each step, report."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from salus.bootstrap import MemberSpec, RegionSpec, create_person, create_region
from salus.core.errors import Refusal
from salus.demo.spread import newest
from salus.demo.stage import CLINIC, HOSPITALS, PATIENT, REGULATOR, Progress, Stage, Step
from salus.demo.steps import STEPS
from salus.policy.types import OrganisationRole

REGION = RegionSpec(
    "Salus demonstration",
    (
        MemberSpec("Northside Hospital", HOSPITALS[0], (OrganisationRole.HOSPITAL,)),
        MemberSpec("Southside Hospital", HOSPITALS[1], (OrganisationRole.HOSPITAL,)),
        MemberSpec("Riverbank Clinic", CLINIC, (OrganisationRole.CLINIC,)),
        MemberSpec("Health Regulator", REGULATOR, (OrganisationRole.REGULATOR,)),
    ),
)


def play(home: Path, passphrase: str, data: Path | None, progress: Progress) -> Iterator[Step]:
    """Yield each step once it is done; stops after one that is not ok. The home is closed at the end."""
    region = create_region(home, REGION, passphrase)
    try:
        create_person(region, PATIENT)
        now = newest(data) if data else int(time.time() * 1000)
        stage = Stage(region, passphrase, now, data, progress)
        for step in STEPS:
            done = timed(step, stage)
            yield done
            if not done.ok:
                return
    finally:
        region.close()


def timed(step: Callable[[Stage], Step], stage: Stage) -> Step:
    """Run a step; add how long it took. A refusal is a failed step, in its own words."""
    begun = time.perf_counter()
    try:
        done = step(stage)
    except Refusal as refusal:
        done = Step(step.__name__, step.__name__.replace("_", " "), False, {}, (str(refusal),))
    return Step(
        done.name, done.title, done.ok, {**done.figures, "took_s": round(time.perf_counter() - begun, 2)}, done.lines
    )
