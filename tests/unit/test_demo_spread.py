"""Synthea over two hospitals: nothing is lost, and every bundle can be taken in."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from fhir_samples import Index, numbered

from salus.demo.generator import HOSPITALS
from salus.demo.spread import newest, spread
from salus.demo.stage import UnusableData
from salus.demo.story import newest_of
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


OLD = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "effectiveDateTime": "1945-05-03"}
FILE = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [{"fullUrl": "urn:x", "resource": OLD}]})


@pytest.mark.parametrize(
    ("name", "pack"), [("a.json", bytes), ("a.json.bz2", bz2.compress), ("a.json.gz", gzip.compress)]
)
def test_a_file_may_be_packed_and_its_newest_date_before_1970(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(FILE))
    (tmp_path / "README.md").write_text("no bundle")
    assert newest(tmp_path) == -778_377_600_000
    assert [orjson.loads(raw)["entry"] for _, raw in spread(tmp_path)] == [orjson.loads(FILE)["entry"]]


@pytest.mark.parametrize("name", ["a.json", "a.json.bz2", "a.json.gz"])
def test_what_cannot_be_unpacked_or_read_is_refused(tmp_path: Path, name: str) -> None:
    for wrong in (b"", b"{", b"[1]", gzip.compress(FILE)[:12] + b"\xff" * 20, bz2.compress(FILE)[:-5]):
        (tmp_path / name).write_bytes(wrong)
        with pytest.raises(UnusableData):
            newest_of(tmp_path, lambda *step: None)
