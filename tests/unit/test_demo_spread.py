"""Synthea over two hospitals: nothing is lost, and every bundle can be taken in."""

import bz2
from pathlib import Path

import orjson
import pytest
from fhir_samples import Index, numbered

from salus.demo.generator import HOSPITALS
from salus.demo.spread import newest, spread
from salus.fhir.bundle import read_bundle


@pytest.mark.data
def test_every_resource_lands_and_every_bundle_is_right(sample_data: Path, tmp_path: Path) -> None:
    files = sorted((sample_data / "fhir/synthea").glob("*.bz2"))
    chosen = [f for f in files if "Information" in f.name] + [f for f in files if "Information" not in f.name][:4]
    source: list[str] = []
    for file in chosen:
        (tmp_path / file.name).symlink_to(file)
        source += [entry["fullUrl"] for entry in orjson.loads(bz2.decompress(file.read_bytes()))["entry"]]
    held: dict[str, dict[tuple[str, str, str], list[str]]] = {hospital: {} for hospital in HOSPITALS}
    fresh = numbered()
    landed: set[str] = set()
    latest = 0
    for hospital, raw in spread(tmp_path):
        landed |= {entry["fullUrl"] for entry in orjson.loads(raw)["entry"]}
        for entry in read_bundle(raw, Index(held[hospital]), fresh).entries:
            latest = max(latest, entry.description.start_ms or 0)
            for item in entry.resource.get("identifier", ()) if not entry.subjects else ():
                held[hospital].setdefault((entry.type, item["system"], item["value"]), []).append(entry.id)
    assert landed == set(source)
    assert newest(tmp_path) == latest
