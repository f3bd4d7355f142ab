"""Evidence under headers that CometBFT's validators committed: what a consortium's members hand out."""

from dataclasses import dataclass

from salus.core.encoding import encode
from salus.evidence.decided import FORMAT as DECIDED
from salus.evidence.decided import Decided
from salus.merkle.plain import plain_root
from vectors import consortium
from vectors.consortium import Powers, powers, shown
from vectors.core_vectors import genesis_file
from vectors.fixed import NOW, fixed
from vectors.world import GENESIS, NETWORK, WITNESS, World

from .verifier_page import Question

FOUNDER = powers(("node", GENESIS.validators[0].power))
JOINED = {**FOUNDER, **powers(("second", 1), ("third", 1))}
LATER = powers(("second", 40), ("third", 30), ("fourth", 30))
STRANGERS = powers(("w1", 10), ("w2", 10))


@dataclass
class Committed(World):
    """A world whose header was committed by `by`, at the end of `bridges`."""

    by: Powers = None  # type: ignore[assignment]
    bridges: tuple[consortium.Decided, ...] = ()
    nil: tuple[str, ...] = ()

    def signed_header(self) -> bytes:
        last = consortium.header(NETWORK, 9, self.by or FOUNDER, app_hash=plain_root(self.state.items()))
        return shown(NETWORK, *self.bridges, consortium.decide(last, self.by or FOUNDER, nil=self.nil))


@dataclass
class Undecided(World):
    """A world whose header is one that nobody signed."""

    def signed_header(self) -> bytes:
        root = plain_root(self.state.items())
        parts = (fixed("previous"), fixed("batches"), root, fixed("block"), fixed("proposer", 20))
        return encode(Decided(DECIDED, NETWORK, 9, NOW, *parts))


def committed_files() -> dict[str, Question]:
    """Return evidence by what its header is."""
    bridge = consortium.block(NETWORK, 7, JOINED, LATER)
    over = consortium.block(NETWORK, 8, LATER)
    worlds: dict[str, World] = {
        "by the founder": Committed(),
        "by the founder and two who joined": Committed(by=JOINED),
        "over a bridge": Committed(by=LATER, bridges=(bridge, over)),
        "without the bridge": Committed(by=LATER),
        "by strangers": Committed(by=STRANGERS),
        "by too few": Committed(by=LATER, bridges=(bridge, over), nil=("second",)),
        "decided and not signed": Undecided(),
    }
    files = {}
    for name, world in worlds.items():
        files[name] = Question(encode(world.release()), genesis_file(), (WITNESS,))
        files[f"{name}, unwitnessed"] = Question(encode(world.view()), genesis_file())
    return files
