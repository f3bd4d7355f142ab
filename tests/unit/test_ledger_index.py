"""The own index is made anew from the blocks, proves itself equal, and puts right what was not."""

from pathlib import Path

import pytest
from consensus_world import Node
from snapshot_samples import NOW_MS, new_ledger, origin, reopened, take_over

from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.consensus.kinds import kind_of
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.indexing import Indexed, check_index
from salus.ledger.embedded.readmodel import ABOUT, EVENTS
from salus.ledger.errors import LedgerLocked, NoLedger
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import Region


def damage(folder: Path) -> None:
    """Change one row, remove one, add one."""
    store = Store.open(folder / "state")
    (first, row), (second, _), *_ = store.table_scan(EVENTS)
    (about, _), *_ = store.table_scan(ABOUT)
    changed = [(first, row[:-1] + bytes((row[-1] ^ 1,))), (second, None)]
    store.checkpoint(store.height, {}, {EVENTS: changed, ABOUT: [(about[:-1] + b"\xff", b"")]})
    store.close()


def events(folder: Path, region: Region) -> list[object]:
    with reopened(folder, region) as ledger:
        return list(ledger.events())


def test_a_sound_index_is_equal_and_nothing_is_written(tmp_path: Path) -> None:
    made = origin(tmp_path / "ledger", Region(), accounts=5, grants=2)
    before = (made.folder / "state" / "data.mdb").read_bytes()
    found = check_index(made.folder, write=False)
    assert found.equal and found.rows > 30
    assert (made.folder / "state" / "data.mdb").read_bytes() == before
    assert check_index(made.folder, write=True) == found


def test_a_damaged_index_is_found_and_put_right(tmp_path: Path) -> None:
    made = origin(tmp_path / "ledger", Region(), accounts=5, grants=2)
    was = events(made.folder, made.region)
    sound = check_index(made.folder, write=False)
    damage(made.folder)
    wrong = Indexed(sound.height, sound.rows, missing=1, changed=1, foreign=1)
    assert check_index(made.folder, write=False) == wrong
    assert check_index(made.folder, write=True) == wrong
    assert check_index(made.folder, write=False) == sound
    assert events(made.folder, made.region) == was


def test_the_index_of_a_ledger_that_began_with_a_snapshot(tmp_path: Path) -> None:
    made = origin(tmp_path / "origin", Region(), accounts=5, grants=2)
    folder = take_over(made, tmp_path / "ledger")
    with reopened(folder, made.region) as ledger:
        ledger.submit(made.region.batch(made.region.grant(made.handles[0])[0])).result(30)
    sound = check_index(folder, write=False)
    assert sound.equal and sound.rows > 0
    damage_of = Store.open(folder / "state")
    damage_of.checkpoint(damage_of.height, {}, {}, {EVENTS: [(b"", b"\xff" * 9)]})
    damage_of.close()
    assert check_index(folder, write=True).missing > 0
    assert check_index(folder, write=False) == sound


def test_the_index_of_a_consortiums_node(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node:
        opened, handles = node.region.open_accounts(3)
        node.block(node.region.batch(opened))
        node.block(node.region.batch(*[node.region.grant(h)[0] for h in handles]))
    assert kind_of(tmp_path / "ledger") is DecidedChain
    sound = check_index(tmp_path / "ledger", DecidedChain, write=False)
    assert sound.equal and sound.rows > 0
    damage(tmp_path / "ledger")
    assert not check_index(tmp_path / "ledger", DecidedChain, write=True).equal
    assert check_index(tmp_path / "ledger", DecidedChain, write=False) == sound


def test_no_ledger_and_an_open_one(tmp_path: Path) -> None:
    with pytest.raises(NoLedger):
        check_index(tmp_path, write=False)
    region = Region()
    folder = new_ledger(tmp_path / "ledger", region)
    assert kind_of(folder) is Chain
    with EmbeddedLedger.open(folder, region.node, FakeClock(NOW_MS)), pytest.raises(LedgerLocked):
        check_index(folder, write=False)
