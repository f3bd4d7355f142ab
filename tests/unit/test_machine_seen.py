"""Seen ids: those that were loaded and not looked for yet are as those that never left memory."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salus.core.hashing import T
from salus.machine.machine import SEEN_TABLE, Machine
from salus.machine.seen import MINUTE_MS, START, SeenIds, row_key, seen_key
from salus.state.store import Store
from salus.state.tables import Damaged
from salus.testing.region import Region

NETWORK = sha256(b"network").digest()
MINUTES = st.integers(0, 4)
BLOCKS = st.lists(
    st.tuples(
        st.lists(MINUTES, max_size=6),  # of the ids that it consumes
        st.integers(0, 2),  # minutes that pass before it
        st.sampled_from(("keep", "undo", "checkpoint", "open again")),
        st.lists(st.integers(0, 40), max_size=2),  # numbers of ids that are looked for after it
    ),
    max_size=14,
)


def key(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


class Plain:
    """The rule written down: per minute a list of groups."""

    def __init__(self) -> None:
        self.groups: dict[int, list[list[bytes]]] = {}

    def block(self, ids: list[tuple[bytes, int]], time: int) -> None:
        for minute in {minute for _, minute in ids}:
            self.groups.setdefault(minute, []).append([one for one, of in ids if of == minute])
        self.groups = {m: groups for m, groups in self.groups.items() if (m + 1) * MINUTE_MS > time}

    def copy(self) -> "Plain":
        other = Plain()
        other.groups = {minute: list(groups) for minute, groups in self.groups.items()}
        return other

    def items(self) -> list[tuple[int, int, bytes]]:
        return [(m, i, b"".join(ids)) for m in sorted(self.groups) for i, ids in enumerate(self.groups[m])]

    def hashes(self) -> dict[bytes, bytes]:
        found = {}
        for minute, groups in self.groups.items():
            value = START
            for ids in groups:
                value = T("seen", NETWORK, value, ids)
            found[seen_key(minute)] = value
        return found


def _saved(rows: dict[bytes, bytes], seen: SeenIds) -> None:
    """Make a checkpoint of `seen` in `rows`."""
    fresh, gone = seen.fresh()
    for start, stop in gone:
        for name in [name for name in rows if start <= name < stop]:
            del rows[name]
    rows |= {name: row for name, row in fresh if row is not None}
    seen.saved()


@given(blocks=BLOCKS)
@settings(max_examples=300, deadline=None)
def test_whatever_happens_the_buckets_are_those_of_the_rule(blocks: list) -> None:
    seen, plain, rows, time, number = SeenIds(NETWORK), Plain(), {}, 0, 0
    tree: dict[bytes, bytes] = {}
    minutes: dict[int, int] = {}  # of each id, by its number
    for consumed, passed, then, asked in blocks:
        before, earlier, tree_before = plain.copy(), time, dict(tree)
        time += passed * MINUTE_MS
        ids = []
        for ahead in consumed:
            minutes[number] = time // MINUTE_MS + ahead
            ids.append((key(number), minutes[number]))
            number += 1
        for one, minute in ids:
            assert not seen.has(one, minute * MINUTE_MS)
            seen.consume(one, minute * MINUTE_MS)
            assert seen.has(one, minute * MINUTE_MS + MINUTE_MS - 1)
        writes, undo = seen.close(time)
        plain.block(ids, time)
        tree |= {name: value for name, value in writes.items() if value is not None}
        tree = {name: value for name, value in tree.items() if writes.get(name, value) is not None}
        if then == "undo":
            seen.undo(undo)
            plain, time, tree = before, earlier, tree_before
        elif then != "keep":
            _saved(rows, seen)
            assert rows == {row_key(minute, i): row for minute, i, row in plain.items()}
        if then == "open again":
            seen = SeenIds(NETWORK)
            seen.load(sorted(rows.items()))
        assert seen.hashes() == plain.hashes() == tree
        for one in asked:
            minute = minutes.get(one, 0)
            there = any(key(one) in ids for ids in plain.groups.get(minute, []))
            assert seen.has(key(one), minute * MINUTE_MS) == there
            assert not seen.has(key(one), (minute + 1) * MINUTE_MS)  # its bucket alone
        assert seen.items() == plain.items()


def test_an_id_has_32_bytes() -> None:
    seen = SeenIds(NETWORK)
    for wrong in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="id"):
            seen.consume(wrong, MINUTE_MS)
    assert seen.close(0) == ({}, ({}, {}))
    with pytest.raises(ValueError, match="id"):
        seen.load([(row_key(1, 0), bytes(63))])


@pytest.fixture
def stored() -> Store:
    """A checkpoint after a block that consumed ids of two minutes, a batch and an envelope in the later one."""
    region, store = Region(), Store.in_memory()
    machine = Machine(store)
    machine.init(region.genesis_file)
    later = machine.time + 2 * MINUTE_MS
    machine.execute(
        1,
        machine.time,
        [region.batch(region.open_accounts(2, not_after=at)[0], not_after=later) for at in (later, later - MINUTE_MS)],
    )
    machine.commit()
    machine.checkpoint()
    assert [len(row) for _, row in store.table_scan(SEEN_TABLE)] == [32, 96]
    assert Machine(store).app_hash == machine.app_hash
    return store


@pytest.mark.parametrize(
    "damage",
    [
        lambda row: row[:40] + bytes((row[40] ^ 1,)) + row[41:],
        lambda row: row[32:] + row[:32],
        lambda row: row[:-32],
        lambda row: row + row[:32],
        lambda row: row[:-1],
        lambda row: b"",
        lambda row: None,
    ],
    ids=["a bit", "another order", "one less", "one twice", "cut", "empty", "missing"],
)
def test_damage_is_found_at_opening_before_any_id_is_looked_for(stored: Store, damage) -> None:
    _, (name, row) = stored.table_scan(SEEN_TABLE)
    stored.checkpoint(1, {}, {SEEN_TABLE: [(name, damage(row))]})
    with pytest.raises(Damaged, match="the seen ids are not those of the state"):
        Machine(stored)


@pytest.mark.parametrize("missing", [[0], [1], [0, 1]], ids=["the first", "the last", "all"])
def test_minutes_of_which_every_row_is_missing_are_found_at_opening(stored: Store, missing: list[int]) -> None:
    names = [name for name, _ in stored.table_scan(SEEN_TABLE)]
    stored.checkpoint(1, {}, {SEEN_TABLE: [(names[at], None) for at in missing]})
    with pytest.raises(Damaged, match="the seen ids are not those of the state"):
        Machine(stored)


def test_a_minute_that_the_tree_does_not_tell_of_is_found_at_opening(stored: Store) -> None:
    stored.checkpoint(1, {}, {SEEN_TABLE: [(row_key(1, 0), bytes(32))]})
    with pytest.raises(Damaged, match="the seen ids are not those of the state"):
        Machine(stored)
