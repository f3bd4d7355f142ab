"""The embedded engine through its port: answers, proofs, views, events, locks, damage, reopening."""

import os
import shutil
from pathlib import Path

import pytest

from salus.core.encoding import decode_plain
from salus.core.envelope import WINDOW_MS, parse_batch, seal_batch
from salus.core.errors import Malformed
from salus.evidence.format import origin
from salus.evidence.header import read_block, read_header
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.blockfile import HEAD_BYTES, NAME
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import (
    ClockBehind,
    DamagedFile,
    LedgerExists,
    LedgerLocked,
    LedgerStopped,
    NoLedger,
    OtherGenesis,
    ReadOnly,
    WrongNodeKey,
)
from salus.machine.errors import NotAMember, Replayed
from salus.machine.execution import event_entry
from salus.machine.machine import LOG_KEY
from salus.merkle.checkpoint import NoteKey, cosign, parse, signed_by, witnessed_by
from salus.merkle.log import Consistency, Inclusion, verify_consistency, verify_inclusion
from salus.merkle.smt import verify_absence, verify_membership
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region, key


@pytest.fixture
def region() -> Region:
    return Region()


BLOCKS = 3  # that `filled` makes: two and the empty one at the end


def create(folder: Path, region: Region, clock: FakeClock | None = None) -> EmbeddedLedger:
    return EmbeddedLedger.create(folder, region.genesis_file, region.node, clock or FakeClock())


def opened(folder: Path, region: Region) -> EmbeddedLedger:
    return EmbeddedLedger.open(folder, region.node, FakeClock())


def filled(folder: Path, region: Region, number: int = 3) -> list[bytes]:
    """Make a ledger of one block of accounts and one of grants; return the handles."""
    with create(folder, region) as ledger:
        envelope, handles = region.open_accounts(number)
        ledger.submit(region.batch(envelope)).result(30)
        ledger.submit(region.batch(*[region.grant(h)[0] for h in handles])).result(30)
    return handles


def validators(region: Region) -> dict[bytes, tuple[bytes, int]]:
    return {region.node.id(region.network): (region.node.public, 1)}


def test_answers_come_per_envelope_in_order(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        envelope, handles = region.open_accounts(2)
        batch = region.batch(envelope, b"garbage", region.grant(handles[1])[0])
        result = ledger.submit(batch).result(30)
        assert (result.code, result.height, result.time) == (0, 1, START_MS)
        assert result.id == parse_batch(region.network, batch).id
        assert [one.code for one in result.results] == [0, Malformed.code, 0]
        assert [len(one.events) for one in result.results] == [1, 0, 1]


def test_refused_batch_is_not_stored(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        good = region.batch(b"x")
        assert ledger.submit(good).result(30).code == 0
        height = ledger.height()
        refused = [(good, Replayed.code), (b"\x00", Malformed.code), (Region("other").batch(b"x"), None)]
        for raw, code in refused:
            result = ledger.submit(raw).result(30)
            assert result.code == code if code else result.code != 0
            assert result.results == ()
        stranger = key("stranger")
        raw = seal_batch(region.network, region.nonce(), START_MS + 9, b"s" * 32, stranger, [b"x"])
        assert ledger.submit(raw).result(30).code == NotAMember.code
        ledger.prove([LOG_KEY])
        assert ledger.height() <= height + 1


def test_batches_that_gather_share_a_block(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        with ledger._lock:  # the writer cannot take its turn
            futures = [ledger.submit(region.batch(region.open_accounts(1)[0])) for _ in range(20)]
        heights = {future.result(30).height for future in futures}
        assert len(heights) <= 2
        sizes = [len(read_block(ledger.block(height)).batches) for height in sorted(heights)]
        assert sum(sizes) == 20


def test_blocks_are_linked_and_signed(tmp_path: Path, region: Region) -> None:
    filled(tmp_path / "l", region)
    with opened(tmp_path / "l", region) as ledger:
        previous, time = region.network, 0
        for height in range(1, ledger.height() + 1):
            signed = read_header(region.network, read_block(ledger.block(height)).header, validators(region))
            assert (signed.header.height, signed.header.previous) == (height, previous)
            assert signed.header.time >= time
            previous, time = signed.hash, signed.header.time
        for height in (0, ledger.height() + 1):
            with pytest.raises(LookupError):
                ledger.block(height)


def test_proofs_hold_under_the_header_after(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        envelope, (handle,) = region.open_accounts(1)
        ledger.submit(region.batch(envelope)).result(30)
        present, absent = b"\x02\x04" + handle, b"\x02\x04" + bytes(32)
        proof = ledger.prove([present, absent, LOG_KEY])
        root = read_header(region.network, proof.header, validators(region)).header.app_hash
        assert proof.height == ledger.height() == 2
        assert proof.values[0] is not None
        assert verify_membership(root, present, proof.values[0], proof.proofs[0])
        assert proof.values[1] is None
        assert verify_absence(root, absent, proof.proofs[1])
        assert ledger.prove([present]).header == proof.header  # no further block was needed


def test_proof_before_the_first_block(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        proof = ledger.prove([LOG_KEY])
        root = read_header(region.network, proof.header, validators(region)).header.app_hash
        assert verify_absence(root, LOG_KEY, proof.proofs[0])


def test_events_and_their_proofs(tmp_path: Path, region: Region) -> None:
    handles = filled(tmp_path / "l", region)
    with opened(tmp_path / "l", region) as ledger:
        (size, root) = decode_plain(ledger.prove([LOG_KEY]).values[0] or b"")
        events = list(ledger.events())
        assert [event.index for event in events] == list(range(size))
        assert [bool(event.body) for event in events] == [False, True, False, True, True, True]
        about = list(ledger.events(subject=handles[1]))
        assert {event.index for event in about} <= {event.index for event in events}
        assert about[-1].body == events[4].body
        assert list(ledger.events(4)) == events[4:]
        for index in (1, 4):
            proof = ledger.prove_event(index, size)
            entry = event_entry(region.network, proof.body)
            assert verify_inclusion(root, entry, Inclusion(proof.index, proof.size, proof.path))
        growth = ledger.prove_growth(2, size)
        assert verify_consistency(ledger._chain.machine.log.root_at(2), root, Consistency(2, size, growth))
        for call in (lambda: ledger.prove_event(size), lambda: ledger.prove_growth(0, 1)):
            with pytest.raises(LookupError):
                call()


def test_view_stays_as_it_was(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region) as ledger:
        envelope, handles = region.open_accounts(2)
        ledger.submit(region.batch(envelope)).result(30)
        prefix = b"\x04\x01" + handles[0]
        views = [(ledger.view(), 0)]
        directives = []
        for number in range(1, 4):
            grant, directive = region.grant(handles[0])
            ledger.submit(region.batch(grant)).result(30)
            directives.append(directive)
            views.append((ledger.view(), number))
        ledger.submit(region.batch(region.revoke(handles[0], directives[0]))).result(30)
        ledger.save()
        for view, number in views:
            assert len(view.scan(prefix)) == number
            assert view.get(prefix + directives[2]) == (dict(view.scan(prefix)).get(prefix + directives[2]))
        revoked = ledger.view().get(prefix + directives[0])
        assert revoked != views[3][0].get(prefix + directives[0]) != views[0][0].get(prefix + directives[0])


def test_second_opening_of_a_folder_is_refused(tmp_path: Path, region: Region) -> None:
    with create(tmp_path / "l", region):
        for node in (region.node, None):
            with pytest.raises(LedgerLocked):
                EmbeddedLedger.open(tmp_path / "l", node, FakeClock())
    opened(tmp_path / "l", region).close()


def test_wrong_folder_genesis_or_key(tmp_path: Path, region: Region) -> None:
    with pytest.raises(NoLedger):
        opened(tmp_path / "none", region)
    filled(tmp_path / "l", region)
    with pytest.raises(LedgerExists):
        create(tmp_path / "l", region)
    with pytest.raises(WrongNodeKey):
        EmbeddedLedger.open(tmp_path / "l", key("another"), FakeClock())
    (tmp_path / "l/genesis").write_bytes(Region("other").genesis_file)
    with pytest.raises(OtherGenesis):
        opened(tmp_path / "l", region)


def test_time_never_goes_back_and_a_late_clock_is_refused(tmp_path: Path, region: Region) -> None:
    clock = FakeClock(START_MS + 50_000)
    with create(tmp_path / "l", region, clock) as ledger:
        assert ledger.submit(region.batch(b"x")).result(30).time == START_MS + 50_000
        clock.advance(-20_000)
        assert ledger.now() == START_MS + 50_000
        assert ledger.submit(region.batch(b"y")).result(30).time == START_MS + 50_000
    with pytest.raises(ClockBehind):
        EmbeddedLedger.open(tmp_path / "l", region.node, FakeClock(START_MS + 50_000 - WINDOW_MS - 1))
    EmbeddedLedger.open(tmp_path / "l", region.node, FakeClock(START_MS + 50_000 - WINDOW_MS)).close()


def test_reading_changes_no_file_and_takes_no_batch(tmp_path: Path, region: Region) -> None:
    filled(tmp_path / "l", region)
    with open(tmp_path / "l" / NAME, "ab") as file:
        file.write(b"\x00\x00\x10\x00torn")
    before = {path: path.read_bytes() for path in sorted((tmp_path / "l").rglob("*")) if path.is_file()}
    with EmbeddedLedger.open(tmp_path / "l", None, FakeClock()) as one:
        assert (one.height(), one.status().log_entries) == (3, 6)
        with pytest.raises(ReadOnly):
            one.submit(region.batch(b"x"))
        assert one.prove([LOG_KEY]).values[0] is not None
    after = {path: path.read_bytes() for path in sorted((tmp_path / "l").rglob("*")) if path.is_file()}
    assert after == before


def test_state_is_rebuilt_from_the_blocks(tmp_path: Path, region: Region) -> None:
    handles = filled(tmp_path / "l", region)
    with opened(tmp_path / "l", region) as ledger:
        status, events = ledger.status(), list(ledger.events())
        about = list(ledger.events(subject=handles[0]))
    shutil.rmtree(tmp_path / "l/state")
    with opened(tmp_path / "l", region) as ledger:
        assert ledger.status()._replace(checkpoint_height=0) == status._replace(checkpoint_height=0)
        assert list(ledger.events()) == events
        assert list(ledger.events(subject=handles[0])) == about


def test_closed_ledger_takes_nothing(tmp_path: Path, region: Region) -> None:
    ledger = create(tmp_path / "l", region)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerStopped):
        ledger.submit(region.batch(b"x"))


def test_checkpoint_is_a_signed_note_that_witnesses_can_cosign(tmp_path: Path, region: Region) -> None:
    filled(tmp_path / "l", region)
    witness = key("witness")
    with opened(tmp_path / "l", region) as ledger:
        note = parse(ledger.checkpoint())
        name = origin(region.network)
        assert (note.checkpoint.origin, note.checkpoint.size) == (name, 6)
        assert signed_by(note, NoteKey(name, region.node.public))
        ledger.keep_cosigned(cosign(note, "example.org/witness", witness, 1_700_000_000).note().encode())
        with pytest.raises(Malformed):
            ledger.keep_cosigned(note._replace(checkpoint=note.checkpoint._replace(size=5)).note().encode())
    with opened(tmp_path / "l", region) as ledger:
        kept = parse(ledger.checkpoint())
        assert witnessed_by(kept, [NoteKey("example.org/witness", witness.public)]) == 1
        ledger.submit(region.batch(b"x")).result(30)
        assert witnessed_by(parse(ledger.checkpoint()), [NoteKey("example.org/witness", witness.public)]) == 0


def records(folder: Path) -> list[tuple[int, int]]:
    """(start, end) of each record of the block file."""
    raw, at, found = (folder / NAME).read_bytes(), 0, []
    while at < len(raw):
        end = at + HEAD_BYTES + int.from_bytes(raw[at : at + 4], "big")
        found.append((at, end))
        at = end
    return found


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("which", [0, 1, -1])
@pytest.mark.parametrize("part", ["length up", "length down", "sum", "body", "last byte"])
def test_changed_record_stops_the_opening(tmp_path: Path, region: Region, part: str, which: int, state: str) -> None:
    folder = tmp_path / "l"
    filled(folder, region)
    start, end = records(folder)[which]
    at = {"length up": start + 2, "length down": start + 3, "sum": start + 5, "body": start + 40, "last byte": end - 1}
    raw = bytearray((folder / NAME).read_bytes())
    raw[at[part]] = raw[at[part]] + 8 & 255 if part == "length up" else raw[at[part]] - 1 & 255
    (folder / NAME).write_bytes(raw)
    if state == "lost":
        shutil.rmtree(folder / "state")
        with pytest.raises(DamagedFile) as caught:
            opened(folder, region)
        assert (caught.value.file, caught.value.offset) == (NAME, start)
        assert f"byte {start}" in str(caught.value)
    else:  # the checkpoint vouches for earlier blocks: found at opening or when the block is read
        height = which % BLOCKS + 1
        with pytest.raises(DamagedFile) as caught, opened(folder, region) as ledger:
            ledger.block(height)
    assert (folder / NAME).read_bytes() == bytes(raw)  # nothing was cut off


@pytest.mark.parametrize("keep", [0, 1, 4, 7, 8, 9, 100, -1])
def test_torn_last_record_is_cut_off(tmp_path: Path, region: Region, keep: int) -> None:
    folder = tmp_path / "l"
    filled(folder, region)
    shutil.rmtree(folder / "state")
    start, end = records(folder)[-1]
    os.truncate(folder / NAME, end - 1 if keep == -1 else start + keep)
    with opened(folder, region) as ledger:
        assert ledger.height() >= len(records(folder)) - 1
        assert ledger.submit(region.batch(b"x")).result(30).code == 0


def test_blocks_that_are_missing_stop_the_opening(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    filled(folder, region)
    os.truncate(folder / NAME, records(folder)[-1][0])
    with pytest.raises(DamagedFile, match="missing"):
        opened(folder, region)


def test_block_of_another_ledger_stops_the_opening(tmp_path: Path, region: Region) -> None:
    filled(tmp_path / "a", region)
    filled(tmp_path / "b", Region("other"))
    shutil.rmtree(tmp_path / "a/state")
    shutil.copy(tmp_path / "b" / NAME, tmp_path / "a" / NAME)
    with pytest.raises(DamagedFile, match="block 1"):
        opened(tmp_path / "a", region)


def test_cosignatures_of_several_witnesses_stand_under_the_ledgers_own(tmp_path: Path, region: Region) -> None:
    filled(tmp_path / "l", region)
    with opened(tmp_path / "l", region) as ledger:
        own = parse(ledger.checkpoint())
        one, two = (cosign(own, f"witness.example/{name}", key(name), 1_790_000_000) for name in ("one", "two"))
        stripped = two._replace(signatures=two.signatures[1:])  # without the ledger's line
        for note in (one, stripped, one):
            ledger.keep_cosigned(note.note().encode())
        kept = parse(ledger.checkpoint())
        assert kept.signatures == (own.signatures[0], one.signatures[1], two.signatures[1])
        assert parse(ledger.witnessed()).checkpoint == own.checkpoint
        ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
        later = cosign(parse(ledger.checkpoint()), "witness.example/one", key("one"), 1_790_000_001)
        ledger.keep_cosigned(later.note().encode())
        ledger.keep_cosigned(one.note().encode())  # over a shorter log: let go
        assert parse(ledger.witnessed()) == later
    with opened(tmp_path / "l", region) as ledger:
        assert parse(ledger.witnessed()) == later


def test_a_ledger_publishes_a_little_later_and_at_the_latest_when_it_is_closed(tmp_path: Path, region: Region) -> None:
    tiles = tmp_path / "tiles"
    ledger = EmbeddedLedger.create(tmp_path / "l", region.genesis_file, region.node, FakeClock(), tiles=tiles)
    ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    assert ledger.publish().checkpoint.size == 2
    ledger.submit(region.batch(region.open_accounts(1)[0])).result(30)
    ledger.close()
    published = parse((tiles / "checkpoint").read_bytes())
    assert published.checkpoint.size == 4
    reader = EmbeddedLedger.open(tmp_path / "l", None, FakeClock(), tiles=tiles)
    with reader, pytest.raises(ReadOnly):
        reader.publish()
    with opened(tmp_path / "l", region) as ledger, pytest.raises(ReadOnly):
        ledger.publish()  # no folder was named


def test_every_durable_write_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("fsync", "fdatasync"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda d, real=real, name=name: (calls.append(name), real(d))[1])
    files = LocalFiles()
    files.create_folder(tmp_path / "a/b")
    assert calls == ["fsync", "fsync"]  # the parent of each new folder
    calls.clear()
    files.write(tmp_path / "a/b/f", b"x")
    assert calls == ["fsync", "fsync"]  # content, then name
    calls.clear()
    files.publish(tmp_path / "a/p/f", b"x")
    assert calls == ["fsync"] * 3  # the new folder, content, name
    calls.clear()
    file = files.open_append(tmp_path / "a/b/g")
    file.append(b"x")
    assert calls == ["fsync"]
    file.sync()
    assert calls == ["fsync", "fdatasync"]
    file.truncate(0)
    assert calls == ["fsync", "fdatasync", "fsync"]
    file.close()
