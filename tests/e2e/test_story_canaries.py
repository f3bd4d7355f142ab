"""Personal data is planted, the whole story is played, and then every byte of the home is searched for it."""

import base64
from pathlib import Path

from story_region import (
    DAY_MS,
    START_MS,
    Story,
    ask,
    bundle,
    clinician,
    give_wallet,
    grant_laboratory,
    observation,
    urn,
)

from salus.contracts.records.types import Ground, PetitionKind
from salus.services.actors import Person
from salus.services.amend import refuse_petition
from salus.services.anchor import anchor
from salus.services.deposit import deposit
from salus.services.erase import erase
from salus.services.hold import lift_hold, list_holds, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.patients import list_patients
from salus.services.petition import list_petitions, petition
from salus.services.read_records import list_records, read_record
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.request import request_own
from salus.services.take_petition import list_open

FAMILY, GIVEN, IDENTIFIER = "Kanarienvogel", "Zwitscherella", "CANARY-4711-XQ"
BIRTH, CODE, NOTE = "1961-07-23", "75622-1", "the canary sings of a rare disease"
STAFF = "Doctor Papageno"
CANARIES = (FAMILY, GIVEN, IDENTIFIER, BIRTH, CODE, NOTE, STAFF, "laboratory", "Observation", "8.8881")


def forms(text: str) -> list[bytes]:
    """The text as it could lie in a file: encodings, and base64 at each of its three offsets."""
    raw = text.encode()
    found = [raw, text.upper().encode(), text.lower().encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    found += [raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]]
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw)
        found.append(whole[4 if offset else 0 : len(whole) - 4])  # what does not depend on the neighbours
    return [form for form in found if len(form) >= 5]


def search(folder: Path) -> list[str]:
    """Return each file of the folder in which a canary was found."""
    needles = [(canary, form) for canary in CANARIES for form in forms(canary)]
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            hits += [f"{path.relative_to(folder)}: {canary}" for canary, form in needles if form in data]
    return hits


def planted() -> bytes:
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:oid:1.2.3.4", "value": IDENTIFIER}],
        "name": [{"family": FAMILY, "given": [GIVEN]}],
        "birthDate": BIRTH,
    }
    note = observation(urn(0), START_MS - DAY_MS, 8.8881, text=NOTE)
    note["code"] = {"coding": [{"system": "http://loinc.org", "code": CODE}], "text": NOTE}
    long = observation(urn(0), START_MS - DAY_MS, 8.8881, text=NOTE * 3000)  # a blob
    return bundle(person, note, long)


def correct_and_erase(story: Story, alma: Person, handle: bytes, received: Received) -> list[object]:
    """Petitions, statements, reasons and words with canaries in them, on their way and at rest; then all is erased."""
    home, (first, *_) = story.region.home, received.records
    disputed = petition(alma, handle, PetitionKind.AMEND, [first.header.record], NOTE, None)
    hold = place_hold(story.north, handle, f"{FAMILY} against {STAFF}")
    assert search(home) == []  # the letter lies in the exchange, sealed
    process_inbox(story.north)
    refused = refuse_petition(story.north, handle, disputed.petition, Ground.ACCURATE, NOTE)
    wished = petition(alma, handle, PetitionKind.ERASE, [], NOTE)
    process_inbox(story.north)
    deferred = erase(story.north, wished.petition)
    views, holds = list_open(story.north), list_holds(story.north, handle)
    assert search(home) == []
    lifted = lift_hold(story.north, handle, hold.hold)
    assert search(home) == []  # receipts and notices lie in the exchange
    receipts, told = collect(alma), process_inbox(story.clinic)
    assert len(receipts) == 3 and told
    assert {header.type for header in list_records(story.north, handle)} == {"Tombstone"}
    return [refused, deferred, lifted, hold, views, holds, list_petitions(alma, handle)]


def test_no_canary_is_in_any_file(story: Story) -> None:
    home = story.region.home
    (handle,) = deposit(story.north, planted()).handles
    anchor(story.north)
    alma = give_wallet(story, story.north, handle, "alma")
    request_own(alma, handle)
    process_inbox(story.north)
    assert search(home) == []  # the delivery lies in the exchange, sealed
    (view,) = collect(alma)
    assert isinstance(view, OwnView) and NOTE.encode() in b"".join(record.octets for record in view.records)
    grant_laboratory(story, alma, handle)
    badge = clinician(story)
    ask(story, handle, badge)
    assert search(home) == []
    process_inbox(story.north)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received)
    assert NOTE.encode() in b"".join(record.octets for record in got.outcome.records)
    for header in list_records(story.north, handle):
        read_record(story.north, handle, header.record)
    assert search(home) == []
    blobs = home / "organisations/north/vault/blobs"
    assert any(path.is_file() for path in blobs.rglob("*"))
    said_later = correct_and_erase(story, alma, handle, got.outcome)
    assert search(home) == []
    said = [
        repr(x) for x in (view, got, badge, story.north, alma, list_patients(story.north), view.records, *said_later)
    ]
    assert not any(canary in text for text in said for canary in CANARIES)
    story.region.close()
    assert search(home) == []
    assert not any(path.is_file() for path in blobs.rglob("*"))


def test_the_search_finds_what_lies_about(tmp_path: Path) -> None:
    for number, form in enumerate(forms(FAMILY)):
        (tmp_path / f"{number}").write_bytes(b"\0\1" + form + b"\2")
        assert any(hit.startswith(f"{number}:") for hit in search(tmp_path)), number
    for offset in range(3):
        (tmp_path / "b64").write_bytes(base64.b64encode(b"x" * offset + FAMILY.encode() + b"yz"))
        assert any(hit.startswith("b64") for hit in search(tmp_path)), offset
