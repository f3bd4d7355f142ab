"""Take in FHIR bundles end to end: parsed, validated, encrypted, indexed, logged, mapped, anchored, durable.

The data are Synthea bundles where SALUS_SAMPLE_DATA (or ../shared/data) has them, else our generator's;
`intake_synthea_bundles` and `intake_generated_bundles` tell which.
"""

import bz2
import os
import tempfile
import time
from pathlib import Path

from salus.bootstrap import MemberSpec, RegionSpec, create_region
from salus.demo.generator import generate
from salus.fhir.bundle import read_bundle
from salus.policy.types import OrganisationRole
from salus.services.anchor import anchor
from salus.services.deposit import deposit_many
from salus.services.patients import VaultResolver

BUNDLES, GENERATED = 24, 60
SPEC = RegionSpec("benchmark", (MemberSpec("Hospital", "hospital", (OrganisationRole.HOSPITAL,)),))


def run(full: bool) -> dict[str, float]:
    """Return the figures."""
    shared, bundles, figures = data(full)
    size = sum(map(len, bundles))
    with tempfile.TemporaryDirectory() as folder, create_region(Path(folder, "home"), SPEC, "benchmark") as region:
        hospital = region.organisation("hospital")
        deposit_many(hospital, shared)
        start = time.perf_counter()
        done = deposit_many(hospital, bundles)
        stored = time.perf_counter()
        anchored = anchor(hospital)
        end = time.perf_counter()
        for bundle in bundles:  # the same work without the vault: its share of the whole
            read_bundle(bundle, VaultResolver(hospital.vault.shared), lambda: os.urandom(16))
        read = time.perf_counter() - end
        vault = sum(path.stat().st_size for path in Path(folder).rglob("vault/**/*") if path.is_file())
    resources = sum(one.records + one.shared for one in done)
    return figures | {
        "intake_resources_per_s": round(resources / (end - start)),
        "intake_mib_per_s": round(size / 2**20 / (end - start), 1),
        "intake_read_and_validate_resources_per_s": round(resources / read),
        "intake_vault_resources_per_s": round(resources / max(stored - start - read, 1e-9)),
        "intake_anchor_ms": round((end - stored) * 1000, 1),
        "intake_resources": resources,
        "intake_relations": anchored.anchored,
        "intake_bundle_bytes": size,
        "intake_vault_bytes": vault,
    }


def data(full: bool) -> tuple[list[bytes], list[bytes], dict[str, float]]:
    """Return the bundles of shared resources, those of patients, and which data they are."""
    for place in (os.environ.get("SALUS_SAMPLE_DATA"), Path(__file__).parents[2] / "shared/data"):
        folder = None if place is None else Path(place, "fhir/synthea")
        if folder is not None and folder.is_dir():
            files = sorted(folder.glob("*.json.bz2"))
            shared = [file for file in files if file.name.startswith("0-")]
            chosen = [file for file in files if file not in shared][: None if full else BUNDLES]
            return unpack(shared), unpack(chosen), {"intake_synthea_bundles": len(chosen)}
    first, *rest = generate(1, GENERATED * (4 if full else 1), 1_790_000_000_000)["north"]
    return [first], rest, {"intake_generated_bundles": len(rest)}


def unpack(files: list[Path]) -> list[bytes]:
    """Return what the files hold."""
    return [bz2.decompress(file.read_bytes()) for file in files]
