"""Pruning: headers, hashes and state stay, bodies go; what is needed is not pruned; what is gone is said to be."""

import shutil
from pathlib import Path

import pytest

from salus.contracts.access.types import Review, SealedOrder, SealedRelease
from salus.contracts.governance.messages import Propose, SetParameter
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Proposal, ProposalStatus
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.evidence.header import parse_header
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.ledger import errors
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.needed import check_open
from salus.ledger.embedded.pruning import keeping, prune, to_height
from salus.machine.errors import Replayed
from salus.machine.execution import event_entry
from salus.merkle.log import Inclusion, verify_inclusion
from salus.services.inspect import inspect_block
from salus.services.proofs import prove_entry
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import LIFE_MS, START_MS, Region
from unit.pruned_samples import HOUR_MS, NOW_MS, fill, more, opened, pruned, short_region

ID = bytes(range(32))


@pytest.fixture
def region() -> Region:
    return short_region()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_headers_hashes_and_state_stay_and_bodies_go(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    with opened(folder, region) as ledger:
        before, height = ledger.status(), ledger.height()
        bodies = {event.index: event for event in ledger.events()}
        headers = [ledger.header(one) for one in range(1, height + 1)]
        blocks = {one: ledger.block(one) for one in range(first, height + 1)}
    done = pruned(folder, region, first)
    assert (done.height, done.blocks, done.bytes > 0) == (first, first - 1, True)
    with opened(folder, region) as ledger:
        after, gone = ledger.status(), ledger.pruned()
        assert gone is not None and (gone.height, gone.entries) == (first, done.entries)
        assert gone.time == parse_header(region.network, headers[first - 2]).header.time
        assert after._replace(blocks_bytes=0) == before._replace(blocks_bytes=0)
        assert after.blocks_bytes == before.blocks_bytes - done.bytes
        assert [ledger.header(one) for one in range(1, height + 1)] == headers
        assert {one: ledger.block(one) for one in range(first, height + 1)} == blocks
        assert list(ledger.events()) == [event for index, event in bodies.items() if index >= done.entries]
        for one in range(1, first):
            with pytest.raises(errors.PrunedBlock):
                ledger.block(one)
        for index in range(done.entries):
            with pytest.raises(errors.PrunedEvent):
                ledger.prove_event(index)
        for index, event in bodies.items():
            if event.body:
                entry = event_entry(region.network, event.body)
                proof = Inclusion(index, after.log_entries, ledger.prove_inclusion(index))
                assert verify_inclusion(ledger_root(ledger), entry, proof)
    shown = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "data.mdb")
    assert not any(event.body in shown for event in bodies.values() if event.body and event.index < done.entries)


def ledger_root(ledger: EmbeddedLedger) -> bytes:
    return ledger._chain.machine.log.root


def test_it_goes_on_and_refuses_what_it_took_before(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    envelope, _ = region.open_accounts(1, not_after=NOW_MS + LIFE_MS)
    with opened(folder, region) as ledger:
        ledger.submit(region.batch(envelope, not_after=NOW_MS + LIFE_MS)).result(30)
    pruned(folder, region, first)
    for _ in range(2):
        with opened(folder, region) as ledger:
            again = ledger.submit(region.batch(envelope, not_after=NOW_MS + LIFE_MS)).result(30)
            assert [one.code for one in again.results] == [Replayed.code]
            more(ledger, region, 2)


def test_a_block_and_an_account_say_what_is_pruned(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    with opened(folder, region) as ledger:
        whole = [inspect_block(ledger, one) for one in range(1, first + 1)]
    pruned(folder, region, first)
    with opened(folder, region) as ledger:
        for one, before in enumerate(whole[:-1], start=1):
            shown = inspect_block(ledger, one)
            assert shown == before._replace(batches=0, envelopes=(), pruned=True)
        assert inspect_block(ledger, first) == whole[-1] and not whole[-1].pruned
        with pytest.raises(errors.PrunedEvent):
            prove_entry(ledger, 1)


def test_evidence_made_before_still_verifies(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    with opened(folder, region) as ledger:
        made = prove_entry(ledger, 1)
    before = verify(made, region.genesis_file)
    pruned(folder, region, first)
    assert verify(made, region.genesis_file) == before
    assert before.verdict is Verdict.UNWITNESSED
    with opened(folder, region) as ledger:
        young = prove_entry(ledger, ledger.status().log_entries - 1)
    assert verify(young, region.genesis_file).verdict is Verdict.UNWITNESSED


def test_a_lost_state_is_built_from_the_export_and_the_blocks(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    pruned(folder, region, first)
    with opened(folder, region) as ledger:
        before, events = ledger.status(), list(ledger.events())
        paths = [ledger.prove_inclusion(index) for index in range(before.log_entries)]
    shutil.rmtree(folder / "state")
    with EmbeddedLedger.open(folder, None, FakeClock(NOW_MS)) as reader:
        assert reader.status().app_hash == before.app_hash
    for _ in range(2):
        with opened(folder, region) as ledger:
            assert ledger.status()._replace(checkpoint_height=0) == before._replace(checkpoint_height=0)
            assert list(ledger.events()) == events
            assert [ledger.prove_inclusion(index) for index in range(before.log_entries)] == paths


def test_it_is_pruned_again_from_the_last_export(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    pruned(folder, region, first)
    later = NOW_MS + HOUR_MS
    with EmbeddedLedger.open(folder, region.node, FakeClock(later)) as ledger:
        second = more(ledger, region, 2, later)
        status, headers = ledger.status(), [ledger.header(one) for one in range(1, second + 1)]
    done = pruned(folder, region, second)
    assert (done.height, done.blocks) == (second, second - first)
    assert [path.name for path in (folder / "pruned").iterdir()] == [str(second)]
    with EmbeddedLedger.open(folder, region.node, FakeClock(later)) as ledger:
        assert ledger.status().app_hash == status.app_hash
        assert [ledger.header(one) for one in range(1, second + 1)] == headers
    shutil.rmtree(folder / "state")
    with EmbeddedLedger.open(folder, region.node, FakeClock(later)) as ledger:
        assert ledger.status().app_hash == status.app_hash


def test_a_dry_run_changes_nothing_and_says_the_same(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    before = contents(folder)
    said = prune(folder, None, to_height(first))
    after = contents(folder)
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {"state/lock.mdb"}
    assert said == pruned(folder, region, first)


def test_what_is_older_than_some_time_is_pruned(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    assert prune(folder, None, keeping(HOUR_MS // 2)).height == first
    with pytest.raises(errors.NothingToPrune):
        prune(folder, None, keeping(2 * HOUR_MS))


@pytest.mark.parametrize("height", [0, 1, 1000])
def test_no_height_to_prune_to(tmp_path: Path, region: Region, height: int) -> None:
    fill(tmp_path / "l", region)
    with pytest.raises(errors.NothingToPrune):
        pruned(tmp_path / "l", region, height)


def test_what_is_pruned_already_is_not_pruned_again(tmp_path: Path, region: Region) -> None:
    first = fill(tmp_path / "l", region)
    pruned(tmp_path / "l", region, first)
    with pytest.raises(errors.NothingToPrune):
        pruned(tmp_path / "l", region, first)


def test_nothing_after_the_checkpoint_is_pruned(tmp_path: Path, region: Region) -> None:
    first = fill(tmp_path / "l", region)
    shutil.rmtree(tmp_path / "l/state")
    with pytest.raises(errors.BeyondCheckpoint):
        pruned(tmp_path / "l", region, first)


def test_what_is_young_is_not_pruned(tmp_path: Path, region: Region) -> None:
    first = fill(tmp_path / "l", region)
    with pytest.raises(errors.TooRecent):
        pruned(tmp_path / "l", region, first + 1)


def test_a_window_that_members_made_long_keeps_blocks(tmp_path: Path) -> None:
    region = Region(
        parameters=((int(Parameter.REQUEST_WINDOW_MS), HOUR_MS), (int(Parameter.APPROVAL_WINDOW_MS), 60_000))
    )
    first = fill(tmp_path / "l", region)
    with pytest.raises(errors.TooRecent):
        pruned(tmp_path / "l", region, first)


def test_a_proposal_that_is_open_keeps_its_block(tmp_path: Path, region: Region) -> None:
    action = SetParameter(int(Parameter.MAX_KEYS), 9)
    message = Propose(region.hospital.id, 1000, ((3, encode(action)),))
    envelope = region.envelope([(region.hospital.id, region.hospital.administration)], message)
    first = fill(tmp_path / "l", region, envelope)
    before = contents(tmp_path / "l")
    with pytest.raises(errors.ProposalIsOpen):
        pruned(tmp_path / "l", region, first)
    with pytest.raises(errors.ProposalIsOpen):
        prune(tmp_path / "l", None, to_height(first))
    assert (tmp_path / "l/blocks").read_bytes() == before["blocks"]
    assert not (tmp_path / "l/pruned").exists()


def state(rows: dict[bytes, bytes]) -> Store:
    store = Store.in_memory()
    store.apply(rows)
    return store


REVIEW = Review(ID, ID, 1, START_MS, (), None)
ORDER = SealedOrder(ID, ID, START_MS, NOW_MS, NOW_MS + 1)
RELEASE = SealedRelease(ID, ID, START_MS, START_MS + 1, None)
PROPOSAL = Proposal(ID, 9, ((1, b""),), int(ProposalStatus.OPEN))
OPEN: list[tuple[type[Refusal], bytes, bytes]] = [  # in order of precedence
    (errors.ReviewIsOpen, b"\x05\x02" + ID + ID, encode(REVIEW)),
    (errors.SilenceNotOver, b"\x05\x10" + ID, encode(ORDER)),
    (errors.SilenceNotOver, b"\x05\x11" + ID + ID, encode(RELEASE)),
    (errors.ChangeIsPending, b"\x02\x07" + ID, b"claim"),
    (errors.ChangeIsPending, b"\x02\x21" + ID + ID, b"change"),
    (errors.ChangeIsPending, b"\x02\x22" + ID, b"recovery"),
    (errors.ProposalIsOpen, b"\x01\x02" + ID, encode(PROPOSAL)),
]


@pytest.mark.parametrize("at", range(len(OPEN)))
def test_what_somebody_waits_for_is_not_pruned(at: int) -> None:
    refusal, key, value = OPEN[at]
    with pytest.raises(refusal):
        check_open(state({k: v for _, k, v in OPEN[at:]}), state({key: value}), NOW_MS)
    check_open(state({key: value}), state({}), NOW_MS)  # what began it stays
    check_open(state({}), state({key: value}), NOW_MS)  # it came to its end


def test_the_first_refusal_is_told() -> None:
    everything = {key: value for _, key, value in OPEN}
    for at in range(len(OPEN)):
        rest = state({key: value for _, key, value in OPEN[at:]})
        with pytest.raises(OPEN[at][0]):
            check_open(rest, state(everything), NOW_MS)


def test_what_is_closed_opened_or_over_is_pruned() -> None:
    ended = {
        b"\x05\x02" + ID + ID: encode(Review(ID, ID, 1, START_MS, ((1, ID, 1, 2), (3, ID, 1, 2)), NOW_MS)),
        b"\x05\x10" + ID: encode(SealedOrder(ID, ID, START_MS, NOW_MS, NOW_MS)),
        b"\x05\x11" + ID + ID: encode(SealedRelease(ID, ID, START_MS, START_MS + 1, NOW_MS)),
        b"\x01\x02" + ID: encode(Proposal(ID, 9, ((1, b""),), int(ProposalStatus.APPLIED))),
    }
    check_open(state(ended), state(ended), NOW_MS)


def test_another_has_it_open_or_the_key_is_another(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    with opened(folder, region), pytest.raises(errors.LedgerLocked):
        pruned(folder, region, first)
    with pytest.raises(errors.WrongNodeKey):
        prune(folder, region.hospital.gateway, to_height(first))
    with pytest.raises(errors.NoLedger):
        prune(tmp_path / "none", region.node, to_height(first))


@pytest.mark.parametrize("name", ["point", "manifest.cbor", "entries", "chunk-000000.cbor"])
def test_a_damaged_export_builds_no_state(tmp_path: Path, region: Region, name: str) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    pruned(folder, region, first)
    path = folder / "pruned" / str(first) / name
    raw = path.read_bytes()
    shutil.rmtree(folder / "state")
    for damaged in (None, raw[:-1], bytes(len(raw))):
        path.unlink()
        if damaged is not None:
            path.write_bytes(damaged)
        with pytest.raises(errors.DamagedPruning):
            opened(folder, region)
        path.write_bytes(raw)
        shutil.rmtree(folder / "state", ignore_errors=True)
    opened(folder, region).close()


def test_blocks_put_back_beside_a_pruned_state_are_found(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    whole = (folder / "blocks").read_bytes()
    pruned(folder, region, first)
    (folder / "blocks").write_bytes(whole)
    for node in (region.node, None):
        with pytest.raises(errors.DamagedFile):
            EmbeddedLedger.open(folder, node, FakeClock(NOW_MS))
    shutil.rmtree(folder / "state")
    with opened(folder, region) as ledger:
        assert ledger.pruned() is None and len(list(ledger.events())) == ledger.status().log_entries


def test_a_pruned_record_stands_only_before_whole_ones(tmp_path: Path, region: Region) -> None:
    folder = tmp_path / "l"
    first = fill(folder, region)
    pruned(folder, region, first)
    path = folder / "blocks"
    raw = path.read_bytes()
    for at in (0, 8, 11):  # the mark, and the length that the body had
        changed = bytearray(raw)
        changed[at] ^= 0x80
        path.write_bytes(bytes(changed))
        with pytest.raises(errors.DamagedFile):
            opened(folder, region)
    path.write_bytes(raw)
    opened(folder, region).close()
