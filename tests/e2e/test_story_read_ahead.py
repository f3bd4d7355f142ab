"""Many bundles at once: read ahead in a second process, and nothing tells but the time."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from story_region import START_MS, Story, bundle, observation, patient, records_of, urn

from salus.demo.spread import spread
from salus.fhir.reader import Given, Outcome
from salus.fsck.home import fsck_home
from salus.services import read_ahead as module
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.authorise import own_records
from salus.services.deposit import InvalidBundle, deposit, deposit_many
from salus.services.patients import list_patients
from salus.services.read_ahead import Reader

CONDITION = "identifier=urn:org|7"
_IDS = re.compile(rb"[0-9a-f]{32}")


class WatchedReader(Reader):
    """A reader that is counted, and how many bundles it was given and has read."""

    made: list["WatchedReader"]

    def __init__(self) -> None:
        super().__init__()
        self.futures: list[Future[object]] = []
        self.made.append(self)

    def read(self, given: Given) -> "Future[object]":
        self.futures.append(super().read(given))
        return self.futures[-1]

    def outcomes(self) -> list[Outcome]:
        return [f.result() for f in self.futures if f.done() and not f.cancelled() and f.exception() is None]

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None


class PatientReader(WatchedReader):
    """A reader whose bundles are waited for: all that are given to it are read by it."""

    def read(self, given: Given) -> "Future[object]":
        future = super().read(given)
        future.exception(30)
        return future


class DyingReader(WatchedReader):
    """A reader that dies with the second bundle in its hands."""

    def read(self, given: Given) -> "Future[object]":
        future = super().read(given)
        if len(self.futures) == 2:
            self._process.kill()
        return future


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[WatchedReader]:
    """Start the process for any two bundles; return those that were."""
    monkeypatch.setattr(module, "WORTH", 1)
    monkeypatch.setattr(module, "_processors", lambda: 2)
    monkeypatch.setattr(module, "Reader", PatientReader)
    WatchedReader.made = []
    return WatchedReader.made


def contents(organisation: Organisation) -> Counter[bytes]:
    """What the vault holds of all patients, but for the ids, which are random."""
    found: Counter[bytes] = Counter()
    for handle in organisation.vault.relations():
        scope = own_records(organisation, handle, "administration", None)
        for header in organisation.vault.headers(scope):
            octets = organisation.vault.read(scope, header.record, header.version).octets
            about = (header.data_class, header.type, header.start, header.end, header.labels, header.version)
            found[_IDS.sub(b"#", octets) + repr(about).encode()] += 1
    return found


def organisation_entry(name: str) -> dict:
    resource = {"resourceType": "Organization", "identifier": [{"system": "urn:org", "value": "7"}], "name": name}
    request = {"method": "POST", "url": "Organization", "ifNoneExist": CONDITION}
    return {"resource": resource, "request": request}


def referring(number: int) -> bytes:
    """A patient with a record that names an organisation by its identifier."""
    whole = json.loads(bundle(patient(f"P{number}", f"N-{number}"), observation(urn(0), START_MS)))
    whole["entry"][1]["resource"]["performer"] = [{"reference": f"Organization?{CONDITION}"}]
    return json.dumps(whole).encode()


def test_both_ways_of_reading_give_the_same(story: Story, at_once: list[WatchedReader]) -> None:
    bundles = [records_of(f"P{number}", f"N-{number}", START_MS) for number in range(12)]
    ahead = deposit_many(story.north, bundles)
    alone = [deposit(story.south, raw) for raw in bundles]
    assert len(at_once) == 1 and sum(one.complete for one in at_once[0].outcomes()) >= 6
    assert at_once[0].ended
    assert [(d.records, d.shared, d.opened) for d in ahead] == [(d.records, d.shared, d.opened) for d in alone]
    assert contents(story.north) == contents(story.south) and contents(story.north).total() == 60


def test_a_bundle_refers_to_what_the_one_before_it_brought(story: Story, at_once: list[WatchedReader]) -> None:
    hospital = json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": [organisation_entry("Here")]}
    ).encode()
    done = deposit_many(story.north, [hospital, *(referring(number) for number in range(8))])
    assert [(d.records, d.shared) for d in done] == [(0, 1), *[(2, 0)] * 8]
    early = at_once[0].outcomes()[0]
    assert early.transaction is None and len(early.issues) == 1  # read before its turn, it led nowhere
    assert deposit_many(story.north, [hospital, referring(9)])[0].again


def test_a_refused_bundle_stops_the_import_at_its_turn(story: Story, at_once: list[WatchedReader]) -> None:
    good = [records_of(f"P{number}", f"N-{number}", START_MS) for number in range(8)]
    told: list[int] = []
    with pytest.raises(InvalidBundle) as alone:
        deposit(story.north, referring(9))
    with pytest.raises(InvalidBundle) as refused:
        deposit_many(story.north, [*good[:5], referring(9), *good[5:]], told.append)
    assert refused.value.issues == alone.value.issues
    assert [issue.code for issue in refused.value.issues] == ["not-found"]
    assert told == [1, 2, 3, 4, 5] and len(story.north.vault.relations()) == 5
    assert at_once[0].ended


def test_what_the_source_raises_comes_at_its_turn(story: Story, at_once: list[WatchedReader]) -> None:
    def source() -> Iterator[bytes]:
        yield from (records_of(f"P{number}", f"N-{number}", START_MS) for number in range(4))
        raise LookupError("a file that is gone")

    told: list[int] = []
    with pytest.raises(LookupError):
        deposit_many(story.north, source(), told.append)
    assert told == [1, 2, 3, 4] and len(story.north.vault.relations()) == 4
    assert at_once[0].ended


def test_an_interrupt_ends_the_process_too(story: Story, at_once: list[WatchedReader]) -> None:
    def interrupt(count: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deposit_many(story.north, [records_of(f"P{n}", f"N-{n}", START_MS) for n in range(8)], interrupt)
    assert at_once[0].ended and len(story.north.vault.relations()) == 2


def test_the_import_goes_on_where_the_process_dies(
    story: Story, at_once: list[WatchedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Reader", DyingReader)
    done = deposit_many(story.north, [records_of(f"P{n}", f"N-{n}", START_MS) for n in range(12)])
    assert len(at_once) == 1 and at_once[0].ended
    assert [d.records for d in done] == [5] * 12 and len(list_patients(story.north)) == 12


def test_one_processor_is_left_to_one_process(
    story: Story, at_once: list[WatchedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_processors", lambda: 1)
    assert len(deposit_many(story.north, [records_of(f"P{n}", f"N-{n}", START_MS) for n in range(4)])) == 4
    assert at_once == []


def test_one_bundle_starts_no_process(story: Story, at_once: list[WatchedReader]) -> None:
    deposit(story.north, records_of("Alma", "N-1", START_MS))
    assert at_once == []


@pytest.mark.data
def test_synthea_comes_in_whole_and_sound(story: Story, sample_data: Path, tmp_path: Path) -> None:
    files = sorted((sample_data / "fhir/synthea").glob("*.bz2"), key=lambda path: path.stat().st_size)
    folder = tmp_path / "data"
    folder.mkdir()
    for file in [f for f in files if "Information" in f.name] + [f for f in files if "Information" not in f.name][:5]:
        (folder / file.name).symlink_to(file)
    lots: dict[str, list[bytes]] = {"north": [], "south": []}
    for slug, raw in spread(folder):
        lots[slug].append(raw)
    for slug, raws in lots.items():
        organisation = story.region.organisation(slug)
        done = deposit_many(organisation, raws)
        entries = Counter(e["resource"]["resourceType"] for raw in raws for e in json.loads(raw)["entry"])
        assert sum(d.records + d.shared for d in done) == entries.total()
        assert anchor(organisation) == (entries["Patient"], ())
        held = Counter(
            header.type
            for handle in organisation.vault.relations()
            for header in organisation.vault.headers(own_records(organisation, handle, "administration", None))
        )
        assert held.total() == sum(d.records for d in done) and held["Patient"] == entries["Patient"]
        assert all(held[kind] == entries[kind] for kind in held)
    home = story.region.home
    story.region.close()
    assert fsck_home(home, "a passphrase of the tests").sound
