"""Two hospitals take in FHIR R4 bundles; their staff is attested; patients get custodial accounts."""

from collections.abc import Iterator
from time import perf_counter

from salus.demo.generator import generate
from salus.demo.spread import spread
from salus.demo.stage import CLINIC, HOSPITALS, VILLAGE, Stage, Step
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff
from salus.services.deposit import Deposited, deposit_many
from salus.services.patients import list_patients

SEED, PATIENTS = 2026, 12
TOGETHER = 64 << 20  # octets of bundles in hand at once; each time a reading process is started


def take_in(stage: Stage) -> Step:
    """Import, anchor, count."""
    for slug, letter in zip((*HOSPITALS, CLINIC, VILLAGE), "ABCD", strict=True):
        attest_staff(stage.organisation(slug), f"Physician {letter}", "physician")
    begun = perf_counter()
    done = take_in_all(stage)
    took = perf_counter() - begun
    deposits = [d for part in done.values() for d in part]
    records, shared = sum(d.records for d in deposits), sum(d.shared for d in deposits)
    accounts = sum(d.opened for d in deposits)
    patients = {slug: len(list_patients(stage.organisation(slug))) for slug in HOSPITALS}
    lines = []
    for slug, part in done.items():
        counted = f"{sum(d.records for d in part):,} records of {patients[slug]} patients in {len(part)} bundles"
        lines.append(f"{stage.organisation(slug).name}: {counted}")
    if not records:
        lines.append("The data holds no patient's records, and without any there is no story")
    rate = (records + shared) / took
    lines.append(f"{records + shared:,} resources checked, encrypted, entered and anchored: {rate:,.0f} a second")
    return Step(
        "take_in",
        "The hospitals take in their records",
        records > 0 and accounts == sum(patients.values()),
        {
            "bundles": len(deposits),
            "records": records,
            "shared_resources": shared,
            "custodial_accounts": accounts,
            "resources_per_s": round((records + shared) / took),
        },
        tuple(lines),
        ("org list", f"patient list --as {HOSPITALS[0]}"),
    )


def take_in_all(stage: Stage) -> dict[str, tuple[Deposited, ...]]:
    """Take in every bundle at its hospital, a few at a time, and anchor what they changed."""
    done: dict[str, list[Deposited]] = {slug: [] for slug in HOSPITALS}
    waiting: dict[str, list[bytes]] = {slug: [] for slug in HOSPITALS}
    total = 2 * (sum(1 for _ in stage.data.glob("*.json*")) if stage.data else PATIENTS)

    def take(slug: str) -> None:
        before = sum(map(len, done.values()))
        done[slug] += deposit_many(
            stage.organisation(slug),
            waiting[slug],
            lambda count: stage.progress("The hospitals take in their records", before + count, total),
        )
        waiting[slug].clear()

    for slug, raw in bundles(stage):
        waiting[slug].append(raw)
        if sum(map(len, waiting[slug])) >= TOGETHER:
            take(slug)
    for slug in HOSPITALS:
        take(slug)
        if anchor(stage.organisation(slug)).refused:
            raise RuntimeError("an anchor was refused")
    return {slug: tuple(part) for slug, part in done.items()}


def bundles(stage: Stage) -> Iterator[tuple[str, bytes]]:
    """Yield (hospital, bundle), of the data given or our own."""
    if stage.data is not None:
        yield from spread(stage.data)
    else:
        yield from ((slug, raw) for slug, part in generate(SEED, PATIENTS, stage.now).items() for raw in part)
