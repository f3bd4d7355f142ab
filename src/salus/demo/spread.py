"""Synthea's files, spread over two hospitals by provider.

- A record belongs to the organisation that its encounter, its item's encounter, or it itself names; the encounter's
  `serviceProvider` counts before the record's own `provider`, `custodian` or `managingOrganization`.
- An organisation goes to the hospital at SHA-256(reference) mod the number of hospitals: the same in every run.
- A record that names no organisation either way (allergies, devices, supplies) goes to every hospital that holds a
  record of the patient; so does the Patient. A Medication, which names no patient, goes with what refers to it.
- A reference never crosses: what a record refers to within the file is duplicated into the record's hospital, as a
  hospital holds what it treats upon. Only a Provenance names everything: each hospital's keeps the targets it has.
- The files of hospitals and practitioners (`hospitalInformation*`, `practitionerInformation*`) go to all, first.

So every resource of the source is at one hospital at least, and no bundle refers to another.
"""

import bz2
import gzip
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import orjson
from msgspec import Raw, Struct

from salus.demo.generator.region import HOSPITALS
from salus.fhir.periods import clinical_period
from salus.fhir.validate import references_of
from salus.shapes import made

Json = dict[str, object]

SUFFIXES = (".json", ".json.bz2", ".json.gz")
_UNPACK: dict[str, Callable[[bytes], bytes]] = {".bz2": bz2.decompress, ".gz": gzip.decompress}
_SHARED = ("hospitalInformation", "practitionerInformation")


class _Entry(Struct):
    resource: Raw
    fullUrl: str = ""  # noqa: N815 - FHIR's name


class _File(Struct):
    type: str
    entry: list[Raw]


_FILE = msgspec.json.Decoder(made(_File))
_ENTRY = msgspec.json.Decoder(made(_Entry))


class _Record(Struct):
    octets: bytes  # of the entry
    url: str
    resource: Json
    references: list[str]
    hospitals: set[str]


def spread(folder: Path, hospitals: tuple[str, ...] = HOSPITALS) -> Iterator[tuple[str, bytes]]:
    """Yield (hospital, bundle), one file in memory at a time; shared resources come first."""
    for path in _files(folder):
        raw = _read(path)
        if any(name in path.name for name in _SHARED):
            yield from ((hospital, raw) for hospital in hospitals)
        else:
            yield from split(raw, hospitals)


def newest(folder: Path) -> int:
    """Return the latest beginning of a clinical period in the folder, in ms since 1970; 0 where there is none."""
    latest: int | None = None
    for path in _files(folder):
        for entry in _FILE.decode(_read(path)).entry:
            start, _ = clinical_period(orjson.loads(bytes(_ENTRY.decode(entry).resource)))
            if start is not None and (latest is None or start > latest):
                latest = start
    return latest or 0


def _files(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.name.endswith(SUFFIXES)]
    order = {name: number for number, name in enumerate(_SHARED)}
    return sorted(found, key=lambda p: (min((n for s, n in order.items() if s in p.name), default=len(order)), p.name))


def _read(path: Path) -> bytes:
    return _UNPACK.get(path.suffix, bytes)(path.read_bytes())


def split(raw: bytes, hospitals: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield the bundle of each hospital that holds something of a patient's bundle."""
    bundle = _FILE.decode(raw)
    records = [_record(bytes(entry)) for entry in bundle.entry]
    by_url = {record.url: record for record in records if record.url}
    for record in records:
        organisation = _organisation(record.resource, by_url)
        if organisation is not None:
            record.hospitals.add(hospital_of(organisation, hospitals))
    present = {hospital for record in records for hospital in record.hospitals} or {hospitals[0]}
    for record in records:
        if not record.hospitals and record.resource["resourceType"] != "Medication":
            record.hospitals |= present
    _follow(records, by_url)
    for record in records:  # a Medication to which nothing refers
        record.hospitals = record.hospitals or set(present)
    for hospital in hospitals:
        if hospital in present:
            kept = [record for record in records if hospital in record.hospitals]
            urls = {record.url for record in kept}
            entries = b",\n".join(_octets(record, urls, by_url) for record in kept)
            head = orjson.dumps({"resourceType": "Bundle", "type": bundle.type})[:-1]
            yield hospital, head + b',"entry":[' + entries + b"]}"


def hospital_of(organisation: str, hospitals: tuple[str, ...]) -> str:
    """Return the hospital to which an organisation goes; `organisation` is a reference as the source writes it."""
    return hospitals[int.from_bytes(sha256(organisation.encode()).digest()) % len(hospitals)]


def _record(octets: bytes) -> _Record:
    entry = _ENTRY.decode(octets)
    resource = orjson.loads(bytes(entry.resource))
    return _Record(octets, entry.fullUrl, resource, references_of(resource), set())


def _organisation(resource: Json, by_url: dict[str, _Record]) -> str | None:
    if resource["resourceType"] in ("Patient", "Provenance"):
        return None
    for reference in _encounters(resource):
        encounter = by_url.get(reference)
        if encounter is not None and (found := _reference(encounter.resource.get("serviceProvider"))):
            return found
    named = (resource.get(name) for name in ("serviceProvider", "provider", "custodian", "managingOrganization"))
    return next((found for value in named if (found := _reference(value))), None)


def _encounters(resource: Json) -> Iterable[str]:
    items = resource.get("item")
    context = resource.get("context")
    places = [resource.get("encounter"), context]
    if isinstance(context, dict):
        places.append(context.get("encounter"))
    places += [item.get("encounter") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    for place in places:
        for one in place if isinstance(place, list) else [place]:
            if found := _reference(one):
                yield found


def _reference(value: object) -> str | None:
    found = value.get("reference") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _follow(records: list[_Record], by_url: dict[str, _Record]) -> None:
    """Take along what a record refers to, and what that refers to, but for what a Provenance names."""
    waiting = [record for record in records if record.resource["resourceType"] != "Provenance"]
    while waiting:
        record = waiting.pop()
        for reference in record.references:
            target = by_url.get(reference)
            if target is not None and not record.hospitals <= target.hospitals:
                target.hospitals |= record.hospitals
                waiting.append(target)


def _octets(record: _Record, urls: set[str], by_url: dict[str, _Record]) -> bytes:
    targets = record.resource.get("target")
    if record.resource["resourceType"] != "Provenance" or not isinstance(targets, list):
        return record.octets
    kept = [t for t in targets if (url := _reference(t)) is None or url not in by_url or url in urls]
    if len(kept) == len(targets):
        return record.octets
    return orjson.dumps(orjson.loads(record.octets) | {"resource": record.resource | {"target": kept}})
