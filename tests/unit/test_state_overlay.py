"""Overlays: reads through layers, scans by prefix, merging and dropping."""

from random import Random

import pytest

from salus.state.overlay import PREFIX, Cached, Overlay
from salus.state.store import Store

A, B = b"\x04\x01" + b"a" * 32, b"\x04\x01" + b"b" * 32


def filled() -> Store:
    store = Store.in_memory()
    store.apply({A: b"itself", A + b"1": b"one", A + b"2": b"two", B + b"1": b"other", b"short": b"s"})
    return store


def test_reads_fall_through_and_writes_cover() -> None:
    overlay = Overlay(filled())
    overlay.put(A + b"1", b"new")
    overlay.delete(A + b"2")
    overlay.delete(b"nowhere")
    assert overlay.get(A + b"1") == b"new"
    assert overlay.get(A + b"2") is None
    assert overlay.get(b"nowhere") is None
    assert overlay.get(b"short") == b"s"
    assert overlay.writes == {A + b"1": b"new", A + b"2": None, b"nowhere": None}


def test_a_scan_is_sorted_and_leaves_out_the_prefix_itself() -> None:
    overlay = Overlay(filled())
    assert overlay.scan(A) == [(A + b"1", b"one"), (A + b"2", b"two")]
    overlay.put(A + b"0", b"zero")
    overlay.put(A + b"2", b"TWO")
    overlay.put(A, b"not scanned")
    overlay.delete(A + b"1")
    overlay.delete(A + b"9")
    assert overlay.scan(A) == [(A + b"0", b"zero"), (A + b"2", b"TWO")]
    assert overlay.scan(B) == [(B + b"1", b"other")]
    assert overlay.scan(bytes(PREFIX)) == []


def test_what_a_scan_returns_is_the_callers() -> None:
    overlay = Overlay(Overlay(filled()))
    overlay.scan(A).clear()
    assert len(overlay.scan(A)) == 2


def test_merge_moves_and_drop_forgets() -> None:
    below = Overlay(filled())
    above = Overlay(below)
    above.put(A + b"3", b"three")
    above.delete(A + b"1")
    above.merge()
    assert above.writes == {}
    assert below.writes == {A + b"3": b"three", A + b"1": None}
    assert above.scan(A) == below.scan(A) == [(A + b"2", b"two"), (A + b"3", b"three")]
    above.put(A + b"3", b"changed")
    above.drop()
    assert above.get(A + b"3") == b"three"
    assert above.scan(A) == below.scan(A)


def test_layers_see_what_is_merged_and_dropped_below_them() -> None:
    below = Overlay(filled())
    above = Overlay(below)
    below.put(A + b"3", b"three")
    assert above.get(A + b"3") == b"three"
    below.drop()
    assert above.get(A + b"3") is None
    below.put(A + b"3", b"again")
    assert above.get(A + b"3") == b"again"


def test_a_cached_reader_reads_once() -> None:
    store = filled()
    overlay = Overlay(Cached(store))
    assert (overlay.get(A), overlay.get(b"nowhere")) == (b"itself", None)
    store.apply({A: b"later", b"nowhere": b"now"})
    assert (overlay.get(A), overlay.get(b"nowhere")) == (b"itself", None)
    overlay.put(A, b"own")
    assert overlay.get(A) == b"own"
    assert overlay.scan(A) == store.scan(A)


def test_only_an_overlay_can_be_merged_into() -> None:
    with pytest.raises(TypeError):
        Overlay(filled()).merge()


@pytest.mark.parametrize("seed", range(20))
def test_layers_equal_a_plain_dictionary(seed: int) -> None:
    random = Random(seed)
    layers = [Overlay(Store.in_memory())]
    models: list[dict[bytes, bytes]] = [{}]
    for step in range(300):
        action = random.randrange(10)
        if action == 0 and len(layers) < 4:
            layers.append(Overlay(layers[-1]))
            models.append(dict(models[-1]))
        elif action == 1 and len(layers) > 1:
            layers.pop().merge()
            models[-2:] = models[-1:]
        elif action == 2 and len(layers) > 1:
            layers.pop().drop()
            models.pop()
        else:
            key = random.choice((A, B)) + bytes(random.randrange(3))
            if random.random() < 0.3:
                layers[-1].delete(key)
                models[-1].pop(key, None)
            else:
                value = b"%d" % step
                layers[-1].put(key, value)
                models[-1][key] = value
        for prefix in (A, B):
            wanted = sorted((k, v) for k, v in models[-1].items() if k.startswith(prefix) and k != prefix)
            assert layers[-1].scan(prefix) == wanted, f"seed {seed}, step {step}"
            assert layers[-1].get(prefix) == models[-1].get(prefix)
