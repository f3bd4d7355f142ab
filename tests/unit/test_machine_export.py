"""Export and import: the same app hash and the same future; each damaged export is refused."""

from collections.abc import Callable

import pytest
from machine_world import T0, codes, founded, run

from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.machine import export as module
from salus.machine.errors import DamagedExport, Replayed
from salus.machine.export import Chunk, Manifest, Verified, export_hash, export_state, import_state
from salus.machine.machine import Machine
from salus.state.store import Store


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 4096)


def exported():  # type: ignore[no-untyped-def]
    world = founded(40)
    for group in range(3):
        run(world.machine, [world.region.batch(*[world.region.grant(h)[0] for h in world.handles])], T0 + group)
    manifest, chunks = export_state(world.machine)
    machine = world.machine
    return world, Verified(machine.network, machine.height, machine.time, machine.app_hash), manifest, chunks


@pytest.mark.usefixtures("small_chunks")
def test_imported_machine_goes_on_as_the_one_exported() -> None:
    world, known, manifest, chunks = exported()
    assert len(chunks) > 5
    assert all(len(chunk) <= 4096 for chunk in chunks)
    store = Store.in_memory()
    machine = import_state(store, known, manifest, chunks)
    assert machine.app_hash == world.machine.app_hash
    assert (machine.height, machine.time, machine.log.root) == (known.height, known.time, world.machine.log.root)
    assert machine.seen.items() == world.machine.seen.items()
    assert export_state(machine) == (manifest, chunks)
    used = world.region.grant(world.handles[0])[0]
    first = [world.region.batch(used)]
    assert [codes(run(one, first)) for one in (world.machine, machine)] == [[0], [0]]
    batches = [world.region.batch(used, world.region.grant(world.handles[1])[0])]
    assert [codes(run(m, batches)) for m in (world.machine, machine)] == [[Replayed.code, 0]] * 2
    assert machine.app_hash != known.app_hash
    machine.checkpoint()
    assert Machine(store).app_hash == machine.app_hash
    size = machine.log.size
    assert machine.log.inclusion(size - 1, size) == world.machine.log.inclusion(size - 1, size)


def test_export_is_named_by_its_manifest() -> None:
    world, _, manifest, _ = exported()
    assert export_hash(world.region.network, manifest) == T("export", world.region.network, manifest)


def _remade(manifest: bytes, chunks: list[bytes], network: bytes) -> tuple[bytes, list[bytes]]:
    """Give changed chunks a manifest that fits them, as a forger would."""
    head = decode(manifest, Manifest)
    hashes = tuple(T("chunk", network, chunk) for chunk in chunks)
    return encode(Manifest(1, head.network, head.height, head.time, head.app_hash, head.frontier, hashes)), chunks


Damage = Callable[[bytes, list[bytes]], tuple[bytes, list[bytes]]]
DAMAGES: dict[str, Damage] = {
    "flipped byte": lambda m, c: (m, [c[0][:-1] + bytes((c[0][-1] ^ 1,)), *c[1:]]),
    "truncated chunk": lambda m, c: (m, [c[0][:-1], *c[1:]]),
    "missing chunk": lambda m, c: (m, c[:-1]),
    "doubled chunk": lambda m, c: (m, [*c, c[-1]]),
    "permuted chunks": lambda m, c: (m, [c[1], c[0], *c[2:]]),
    "truncated manifest": lambda m, c: (m[:-1], c),
    "manifest of nothing": lambda m, c: (b"\x80", c),
}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_export_is_refused(name: str) -> None:
    _, known, manifest, chunks = exported()
    with pytest.raises(DamagedExport):
        import_state(Store.in_memory(), known, *DAMAGES[name](manifest, chunks))


def _without(kind: int) -> Callable[[list[list[object]]], list[list[object]]]:
    return lambda rows: [row for row in rows if row[0] != kind]


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["state", "seen ids", "tiles of the log"])
@pytest.mark.parametrize("change", ["dropped", "changed", "added"])
def test_forged_rows_are_refused_even_under_a_fitting_manifest(kind: int, change: str) -> None:
    world, known, manifest, chunks = exported()
    (chunk,) = chunks
    rows = [list(row) for row in decode(chunk, Chunk).rows]
    at = next(i for i, row in enumerate(rows) if row[0] == kind)
    if change == "dropped":
        del rows[at]
    elif change == "changed":
        rows[at][2] = bytes((rows[at][2][0] ^ 1,)) + rows[at][2][1:]  # type: ignore[index]
    else:
        rows.insert(at + 1, [kind, rows[at][1] + b"\x00", rows[at][2]])  # type: ignore[operator]
    forged = encode(Chunk(0, tuple(tuple(row) for row in rows)))  # type: ignore[misc]
    with pytest.raises(DamagedExport):
        import_state(Store.in_memory(), known, *_remade(manifest, [forged], world.region.network))


@pytest.mark.parametrize("field", ["network", "height", "time", "app_hash"])
def test_export_of_something_else_is_refused(field: str) -> None:
    _, known, manifest, chunks = exported()
    value = getattr(known, field)
    other = known._replace(**{field: value + 1 if isinstance(value, int) else bytes(32)})
    with pytest.raises(DamagedExport):
        import_state(Store.in_memory(), other, manifest, chunks)


def test_forged_log_is_refused() -> None:
    _, known, manifest, chunks = exported()
    head = decode(manifest, Manifest)
    frontier = bytearray(head.frontier)
    frontier[-1] ^= 1
    forged = encode(Manifest(1, head.network, head.height, head.time, head.app_hash, bytes(frontier), head.chunks))
    with pytest.raises(DamagedExport):
        import_state(Store.in_memory(), known, forged, chunks)
