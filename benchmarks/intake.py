"""Take in FHIR bundles end to end: parsed, validated, encrypted, indexed, logged, mapped, anchored, durable.

The data are Synthea bundles where SALUS_SAMPLE_DATA (or ../shared/data) has them, else our generator's;
`intake_synthea_bundles` and `intake_generated_bundles` tell which.

`intake_raw_*` is what the machine gives at that moment to the least that any import must do, one after the other in
one process: each resource parsed, sealed under a key of its own, its row durable in an encrypted database. The ratio
to it says more than the figure. `intake_stage_*` tell where the time goes, see `intake_stages`.
"""

import bz2
import itertools
import os
import tempfile
import time
from pathlib import Path

import msgspec
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.intake_stages import breakdown
from salus.bootstrap import MemberSpec, RegionSpec, create_region
from salus.demo.generator import generate
from salus.policy.types import OrganisationRole
from salus.services.anchor import anchor
from salus.services.deposit import deposit_many
from salus.services.read_ahead import Reading
from salus.vault.index import Index, driver

BUNDLES, GENERATED = 24, 60
_INSERT = "INSERT INTO versions (record, version, leaf, header, secrets, sealed) VALUES (?, ?, ?, ?, ?, ?)"
SPEC = RegionSpec("benchmark", (MemberSpec("Hospital", "hospital", (OrganisationRole.HOSPITAL,)),))


class _Entry(msgspec.Struct):
    resource: msgspec.Raw


class _Bundle(msgspec.Struct):
    entry: list[_Entry]


_BUNDLE = msgspec.json.Decoder(_Bundle)


def run(full: bool) -> dict[str, float]:
    """Return the figures."""
    shared, bundles, figures = data(full)
    size = sum(map(len, bundles))
    with tempfile.TemporaryDirectory() as folder, create_region(Path(folder, "home"), SPEC, "benchmark") as region:
        hospital = region.organisation("hospital")
        deposit_many(hospital, shared)
        start, spent = time.perf_counter(), cpu()
        done = deposit_many(hospital, bundles)
        stored = time.perf_counter()
        anchored = anchor(hospital)
        end, spent = time.perf_counter(), cpu() - spent
        for bundle in bundles:  # the same work without the vault, in one process
            Reading(hospital.vault.shared, bundle).read()
        read = time.perf_counter() - end
        raw = limits(Path(folder, "raw"), bundles)
        vault = sum(path.stat().st_size for path in Path(folder).rglob("vault/**/*") if path.is_file())
    with tempfile.TemporaryDirectory() as folder, create_region(Path(folder, "home"), SPEC, "benchmark") as region:
        hospital = region.organisation("hospital")
        deposit_many(hospital, shared)
        stages = breakdown(hospital, bundles[:BUNDLES])
    resources = sum(one.records + one.shared for one in done)
    return (
        figures
        | raw
        | stages
        | {
            "intake_resources_per_s": round(resources / (end - start)),
            "intake_ratio_to_raw": round(resources / (end - start) / raw["intake_raw_resources_per_s"], 3),
            "intake_cpu_us_per_resource": round(spent / resources * 1e6, 1),
            "intake_mib_per_s": round(size / 2**20 / (end - start), 1),
            "intake_read_and_validate_resources_per_s": round(resources / read),
            "intake_anchor_ms": round((end - stored) * 1000, 1),
            "intake_resources": resources,
            "intake_relations": anchored.anchored,
            "intake_bundle_bytes": size,
            "intake_vault_bytes": vault,
        }
    )


def cpu() -> float:
    """Return the seconds that this process and those it has ended spent on a processor."""
    return sum(os.times()[:4])


def limits(folder: Path, bundles: list[bytes]) -> dict[str, float]:
    """Return how fast bare libraries parse, seal and store the same resources, in resources a second."""
    split = [[bytes(one.resource) for one in _BUNDLE.decode(raw).entry] for raw in bundles]
    count, start = sum(map(len, split)), time.perf_counter()
    for part in split:
        for octets in part:
            orjson.loads(octets)
    parsed = time.perf_counter()
    sealed = [[AESGCM(os.urandom(32)).encrypt(bytes(12), octets, None) for octets in part] for part in split]
    encrypted = time.perf_counter()
    folder.mkdir()
    index = Index(folder / "index.db", os.urandom(32))
    index.create({})
    rows = ((bytes(16), 1, bytes(32), bytes(320), bytes(104), part) for parts in sealed for part in parts)
    begun = time.perf_counter()
    for parts in sealed:
        with index.writing() as connection:
            driver(connection).executemany(_INSERT, itertools.islice(rows, len(parts)))
    stored = time.perf_counter()
    index.close()
    return {
        "intake_raw_parse_resources_per_s": round(count / (parsed - start)),
        "intake_raw_seal_resources_per_s": round(count / (encrypted - parsed)),
        "intake_raw_store_resources_per_s": round(count / (stored - begun)),
        "intake_raw_resources_per_s": round(count / (encrypted - start + stored - begun)),
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
