"""Vectors of the published log: names and contents of tiles, and the proof of two histories."""

from salus.core.encoding import encode
from salus.core.genesis import network_id
from salus.evidence.equivocation import prove
from salus.evidence.format import origin
from salus.merkle import checkpoint as notes
from salus.merkle.log import Log, leaf_hash
from salus.merkle.tiles import ENTRIES, TileName, bundle, tile_names

from .core_vectors import genesis_document, genesis_file
from .fixed import fixed, key

Vectors = dict[str, object]


def tiles() -> Vectors:
    """Paths of tiles; which a log has; the partial tile and bundle of a log of three entries (C2SP tlog-tiles)."""
    entries = [fixed(f"entry {i}") for i in range(3)]
    named = [TileName(0, 0, 1), TileName(1, 1_000, 256), TileName(2, 1_234_067, 17), TileName(ENTRIES, 273, 112)]
    return {
        "paths": [{"level": n.level, "number": n.number, "width": n.width, "path": n.path()} for n in named],
        "logs": [{"size": size, "files": [n.path() for n in tile_names(0, size)]} for size in (0, 1, 256, 257, 700)],
        "entries": [entry.hex() for entry in entries],
        "bundle": bundle(b"".join(entries)).hex(),
        "tile": b"".join(map(leaf_hash, entries)).hex(),
    }


def forks() -> Vectors:
    """Two checkpoints of one log that cannot both be true, and the object that proves it."""
    network, node = genesis_network(), key("node")
    first = Log(fixed(f"entry {i}") for i in range(3))
    second = Log(fixed(f"other {i}") for i in range(5))
    name = origin(network)
    shorter, longer = (notes.sign(notes.Checkpoint(name, log.size, log.root()), name, node) for log in (first, second))
    root, growth = second.root(3), second.consistency(3).path
    return {
        "network": network.hex(),
        "genesis": genesis_file().hex(),
        "shorter": shorter.note(),
        "longer": longer.note(),
        "root_of_the_longer_at_the_shorter": root.hex(),
        "growth": [node.hex() for node in growth],
        "proof": prove(network, shorter, longer, root, growth).hex(),
    }


def genesis_network() -> bytes:
    """The network of the genesis of these vectors."""
    return network_id(encode(genesis_document()))
