"""The state in the server: what it was told of, over checkpoints that come when they please."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from executor_thread import Second

from salus.ledger.apart.shadow import Shadow
from salus.ledger.embedded.views import View
from salus.state.lmdb import LmdbTables
from salus.state.names import HEIGHT
from salus.state.tables import Changes

PREFIXES = [bytes((0, number)) + bytes((number,)) * 32 for number in range(3)]
KEYS = [prefix + bytes((number,)) for prefix in PREFIXES for number in range(8)] + [b"\x00\x02", b"\x00\x03"]

Writes = dict[bytes, bytes | None]
State = dict[bytes, bytes]


class Writer:
    """The executor's state: blocks, and the checkpoints it writes of them."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.tables = LmdbTables(folder)
        self.chance = chance
        self.states: list[State] = [{}]  # after each block
        self.told: list[Writes] = [{}]
        self.saved = 0
        self._save()

    def block(self) -> None:
        """Make a block: some keys get new values, some go; sometimes nothing."""
        keys = self.chance.sample(KEYS, self.chance.choice((0, 1, 4, 12)))
        writes: Writes = {key: None if self.chance.random() < 0.3 else self.chance.randbytes(4) for key in keys}
        after = self.states[-1] | {key: value for key, value in writes.items() if value is not None}
        for key, value in writes.items():
            if value is None:
                after.pop(key, None)
        self.states.append(after)
        self.told.append(writes)

    def save(self) -> None:
        """Write a checkpoint of the last block, or of one before it."""
        self.saved = self.chance.randint(self.saved, len(self.states) - 1)
        self._save()

    def _save(self) -> None:
        state = self.states[self.saved]
        values: Writes = {key: state.get(key) for key in KEYS}
        self.tables.commit(Changes(values, [], {HEIGHT: self.saved.to_bytes(8, "big")}, {}, {}))
        self.tables.renew()


def same(view: View, state: State) -> None:
    assert view.get_all(KEYS) == [state.get(key) for key in KEYS]
    for prefix in PREFIXES:
        rows = sorted((key, value) for key, value in state.items() if key.startswith(prefix))
        assert view.scan(prefix) == rows


@pytest.mark.parametrize("seed", range(20))
def test_views_are_of_what_was_told_however_far_the_checkpoint_on_disk_is(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    writer = Writer(tmp_path, chance)
    shadow = Shadow(Second(writer.tables), 0, 0, {})
    views: dict[int, View] = {}

    def told() -> None:
        height = shadow.height + 1
        if height < len(writer.states):
            shadow.executed(height, 1_000 * height, writer.told[height])

    def looked() -> None:
        views[shadow.height] = shadow.view()

    def let_go() -> None:
        if views:
            del views[chance.choice(list(views))]

    steps: list[Callable[[], None]] = [writer.block, told, told, writer.save, shadow.saved, looked, let_go]
    for _ in range(300):
        chance.choice(steps)()
        view = shadow.view()
        assert (view.height, view.time) == (shadow.height, 1_000 * shadow.height)
        same(view, writer.states[shadow.height])
        for height, older in views.items():
            same(older, writer.states[height])
    shadow.close()
    writer.tables.close()


def test_what_a_checkpoint_holds_is_let_go_of(tmp_path: Path) -> None:
    writer = Writer(tmp_path, Random(1))
    shadow = Shadow(Second(writer.tables), 0, 0, {})
    for height in range(1, 40):
        writer.block()
        shadow.executed(height, height, writer.told[height])
    for _ in range(2):  # the newer half becomes the older one first
        writer.saved = 39
        writer._save()
        shadow.saved()
    assert shadow.keys() == []
    same(shadow.view(), writer.states[39])
    shadow.close()
    writer.tables.close()


def test_a_checkpoint_that_is_ahead_is_gone_over_to_as_soon_as_its_block_was_told(tmp_path: Path) -> None:
    writer = Writer(tmp_path, Random(2))
    shadow = Shadow(Second(writer.tables), 0, 0, {})
    for _ in range(5):
        writer.block()
    writer.saved = 5
    writer._save()
    shadow.executed(1, 1, writer.told[1])
    shadow.saved()  # of the checkpoint before, say
    same(shadow.view(), writer.states[1])
    for height in range(2, 6):
        shadow.executed(height, height, writer.told[height])
        same(shadow.view(), writer.states[height])
    shadow.saved()
    assert shadow.keys() == []
    shadow.close()
    writer.tables.close()


def test_it_begins_with_what_no_checkpoint_holds_yet(tmp_path: Path) -> None:
    writer = Writer(tmp_path, Random(3))
    writer.block()
    writer.block()
    fresh: Writes = {key: writer.states[2].get(key) for key in {*writer.told[1], *writer.told[2]}}
    shadow = Shadow(Second(writer.tables), 2, 7, fresh)
    same(shadow.view(), writer.states[2])
    writer.saved = 2
    writer._save()
    shadow.saved()
    assert shadow.keys() == []
    same(shadow.view(), writer.states[2])
    shadow.close()
    writer.tables.close()
