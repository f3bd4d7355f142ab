"""What is done to a running network, each time under load: a fault begins, is watched, and is healed.

A fault takes a `World`, draws what it leaves open from the world's seed, and returns once the network is whole again.
It fails where the members that are well do not go on, or where one goes on that must not.
"""

import random
import resource
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from network.chaos import corrupting
from network.chaos.comet import like
from network.chaos.flooding import flood, replay
from network.chaos.load import Load
from network.chaos.members import COMETBFT, SALUS, Four, Node
from network.networks import until
from salus.bootstrap.network.halts import read_halt

GOING_ON = 8  # acknowledgements that show that members go on
SLOW_SYNC_MS = 200
CLOCK_MS = (120_000, 300_000)
SETTLES_S = 3.0  # after which no message from before a cut is under way any more


@dataclass
class World:
    """The network, what is written to it, and what a fault may draw from."""

    four: Four
    load: Load
    rng: random.Random
    say: Callable[[str], None]
    long: bool = False  # pauses as long as an operator's, not a test's

    def lasts_s(self, short: float, long: float) -> float:
        return long if self.long else short

    def victim(self) -> Node:
        return self.four.nodes[self.rng.choice(sorted(self.four.nodes))]

    def go_on(self, *but: Node) -> None:
        """Wait until members, all but some, have acknowledged more."""
        names = [node.name for node in self.four.others(*(node.name for node in but))]
        before = self.load.count(*names)
        until(
            lambda: self.load.count(*names) >= before + GOING_ON,
            f"acknowledgements by {names}: {self.load.by}, {self.load.refused[-5:]}{self.four.state()}",
        )

    def heal(self) -> None:
        """Wait until all nodes are up, near each other, and each has acknowledged something again."""
        self.four.wait_healthy()
        before = dict(self.load.by)

        def whole() -> bool:
            heights = self.four.heights()
            served = all(self.load.by.get(name, 0) > before.get(name, 0) for name in self.four.nodes)
            return served and min(heights) > 0 and max(heights) - min(heights) <= 3

        until(whole, f"every member serving again: {before} -> {self.load.by}{self.four.state()}")


Fault = Callable[[World], None]


def _kill(world: World, *what: str) -> None:
    victim = world.victim()
    world.say(f"kill -9 of {' and '.join(what)} of {victim.name}")
    killed = victim.signal(signal.SIGKILL, *what)
    assert len(killed) == len(what)
    world.go_on(victim)
    world.heal()
    assert not set(killed) & {victim.pid(SALUS), victim.pid(COMETBFT)}


def kill_validator(world: World) -> None:
    """Both processes of one member die at once."""
    _kill(world, COMETBFT, SALUS)


def kill_application(world: World) -> None:
    """The Salus process of one member dies; its CometBFT must end, and both come back."""
    _kill(world, SALUS)


def kill_cometbft(world: World) -> None:
    """CometBFT of one member dies; it alone comes back."""
    victim = world.victim()
    application = victim.pid(SALUS)
    world.say(f"kill -9 of CometBFT of {victim.name}")
    victim.signal(signal.SIGKILL, COMETBFT)
    world.go_on(victim)
    world.heal()
    assert victim.pid(SALUS) == application


def kill_all(world: World) -> None:
    """The power of the whole machine room fails: every process of every member dies at once."""
    world.say("kill -9 of all processes of all members")
    for node in world.four.nodes.values():
        node.signal(signal.SIGKILL, COMETBFT, SALUS)
    world.heal()
    world.go_on()


def pause(world: World) -> None:
    """One member, or one of its processes, stands still for a while."""
    victim = world.victim()
    what = world.rng.choice(((COMETBFT, SALUS), (SALUS,), (COMETBFT,)))
    seconds = world.lasts_s(5, 30)
    world.say(f"pause of {' and '.join(what)} of {victim.name} for {seconds} s")
    paused = victim.signal(signal.SIGSTOP, *what)
    begun = time.monotonic()
    world.go_on(victim)
    time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
    assert victim.signal(signal.SIGCONT, *what) == paused
    world.heal()


def cut_off_one(world: World) -> None:
    """One member reaches no other; the three go on, it decides nothing alone."""
    victim, how = world.victim(), world.rng.choice(("silent", "reset"))
    seconds = world.lasts_s(3, 20)
    world.say(f"{victim.name} is cut off ({how}) for {seconds} s and more")
    world.four.links.cut([(victim.name, node.name) for node in world.four.others(victim.name)], how)
    time.sleep(SETTLES_S)
    height = world.four.heights(victim)
    world.go_on(victim)
    time.sleep(seconds)
    assert world.four.heights(victim) == height, "a member that is alone has decided a block"
    world.four.links.heal()
    world.heal()


def cut_in_halves(world: World) -> None:
    """Two see each other, and the other two; nobody decides anything until the cut is healed."""
    names = sorted(world.four.nodes)
    here = world.rng.choice([pair for pair in combinations(names, 2) if names[0] in pair])
    there, how = [name for name in names if name not in here], world.rng.choice(("silent", "reset"))
    seconds = world.lasts_s(5, 30)
    world.say(f"{' and '.join(here)} | {' and '.join(there)} ({how}) for {seconds} s")
    world.four.links.cut([(one, other) for one in here for other in there], how)
    time.sleep(SETTLES_S)
    heights, known = world.four.heights(), set(world.load.acknowledged)
    assert max(heights) - min(heights) <= 1
    time.sleep(seconds)
    assert world.four.heights() == heights, "a half has decided a block"
    late = [world.load.acknowledged[key] for key in set(world.load.acknowledged) - known]
    assert all(height <= max(heights) for height in late), "a half has acknowledged what no block can hold"
    world.four.links.heal()
    world.heal()


def _other_program(world: World, victim: Node, faults: str, program: Path, settings: Mapping[str, str]) -> None:
    """Start a member's processes anew, as they are or with faults."""
    victim.stop()
    victim.faults, victim.program, victim.settings = faults, program, dict(settings)
    victim.start()


def slow_disk(world: World) -> None:
    """Each sync of one member's application takes 200 ms; everybody goes on, it too."""
    victim = world.victim()
    program = victim.program
    world.say(f"each sync of {victim.name} takes {SLOW_SYNC_MS} ms")
    _other_program(world, victim, f"slow-sync={SLOW_SYNC_MS}", program, {})
    world.go_on(victim)
    world.heal()
    world.go_on()
    _other_program(world, victim, "", program, {})
    world.heal()


def full_disk(world: World) -> None:
    """One member's application cannot write a byte more; it waits, the others go on, and it goes on once it can."""
    victim = world.victim()
    pid = victim.pid(SALUS)
    assert pid is not None
    world.say(f"the disk of {victim.name} is full")
    room = (victim.home / "ledger/blocks").stat().st_size + world.rng.randrange(200)
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, hard))
    world.go_on(victim)
    height = world.four.heights(victim)
    world.go_on(victim)
    assert world.four.heights(victim) == height, "a block was committed that was not stored"
    assert "a block was not stored" in victim.log(SALUS)
    assert (victim.home / "ledger/blocks").stat().st_size <= room
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    world.heal()
    assert victim.pid(SALUS) == pid, "it went on without a restart"


def wrong_clock(world: World) -> None:
    """The clock of one member's machine is minutes off: block time stays right, the others go on."""
    victim = world.victim()
    own = victim.program
    off_ms = world.rng.choice((-1, 1)) * world.rng.randrange(*CLOCK_MS)
    world.say(f"the clock of {victim.name} is off by {off_ms / 1000:.0f} s")
    program = like(own)
    _other_program(world, victim, f"clock={off_ms}", program, {"CHAOS_CLOCK_MS": str(off_ms)})
    world.go_on(victim)
    until(victim.healthy, f"{victim.name} up in spite of its clock")
    world.go_on(victim)
    times = [node.rpc.status().time for node in world.four.others(victim.name) if node.rpc is not None]
    assert all(abs(time.time_ns() // 1_000_000 - one) < 60_000 for one in times), "one clock has moved block time"
    _other_program(world, victim, "", own, {})
    world.heal()


def _address(node: Node) -> bytes:
    """Return the address of a node's validator."""
    assert node.rpc is not None
    return node.rpc.status().validator


def _signs_nothing(world: World, victim: Node, address: bytes) -> None:
    """See that no signature of one member's validator counts in the blocks that come, while the others go on."""
    other = world.four.others(victim.name)[0]
    assert other.rpc is not None
    first = world.four.heights(other)[0] + 1
    world.go_on(victim)
    for height in range(first, world.four.heights(other)[0]):
        _, commit = other.rpc.commit(height)
        signed = [one.validator_address for one in commit.signatures if one.signature]
        assert signed and address not in signed


def _halts_and_heals(world: World, victim: Node, address: bytes, words: tuple[str, ...]) -> None:
    """See one member halt with a reason, signing nothing, and heal by state sync while the others go on."""
    before = {what: len(victim.log(what)) for what in (SALUS, COMETBFT)}
    victim.start()

    def reason() -> str | None:
        said = "".join(victim.log(what)[size:] for what, size in before.items()) + str(read_halt(victim.home))
        return next((word for word in words if word in said), None)

    found = until(lambda: world.go_on(victim) or reason(), f"a reason why {victim.name} halts, of {words}")
    world.say(f"{victim.name} has halted: {found}")
    height = world.four.heights(victim)
    _signs_nothing(world, victim, address)
    assert world.four.heights(victim) in (height, [0]), "a member goes on with a state that is not the network's"
    victim.stop()
    other = world.four.others(victim.name)[0]
    until(lambda: list(other.home.glob("ledger/snapshots/*/manifest.cbor")), "a snapshot at another member")
    victim.reset(world.four.trust(other))
    victim.start()
    world.say(f"{victim.name} begins anew with a snapshot")
    world.heal()


def corrupt_state(world: World) -> None:
    """A value in one member's state rots on disk: it halts, and heals by state sync."""
    victim = world.victim()
    address = _address(victim)
    victim.stop()
    world.say(f"in the state of {victim.name}, {corrupting.value(victim.home / 'ledger/state', world.rng)} is changed")
    _halts_and_heals(world, victim, address, ("0x7062", "CONSENSUS FAILURE", "a request failed", "0x7009"))


def corrupt_blocks(world: World) -> None:
    """A byte of one member's newest blocks rots on disk: it does not open them, and heals by state sync."""
    victim = world.victim()
    address = _address(victim)
    victim.signal(signal.SIGKILL, SALUS)
    victim.stop()
    world.say(f"in the blocks of {victim.name}, {corrupting.last_block(victim.home / 'ledger/blocks', world.rng)}")
    _halts_and_heals(world, victim, address, ("0x7007",))


def propose_invalid(world: World) -> None:
    """One member proposes blocks with invalid batches; the others reject them, and propose others."""
    victim = world.victim()
    program = victim.program
    world.say(f"{victim.name} proposes invalid blocks")
    _other_program(world, victim, "propose", program, {})
    until(victim.healthy, f"{victim.name} up")
    others = world.four.others(victim.name)
    until(
        lambda: world.go_on(victim) or all("a proposal was rejected" in node.log(SALUS) for node in others),
        "proposals rejected by all others",
    )
    world.go_on(victim)
    _other_program(world, victim, "", program, {})
    world.heal()


def sign_with_wrong_key(world: World) -> None:
    """One member signs votes and proposals with a key that is not its validator's; they count for nothing."""
    victim = world.victim()
    own = victim.program
    world.say(f"{victim.name} signs with another key")
    address = _address(victim)
    program = like(own)
    _other_program(world, victim, "", program, {"CHAOS_WRONG_KEY": "1"})
    world.go_on(victim)
    time.sleep(SETTLES_S)
    other = world.four.others(victim.name)[0]
    _signs_nothing(world, victim, address)
    victim.stop()
    victim.program, victim.settings = own, {}
    until(lambda: list(other.home.glob("ledger/snapshots/*/manifest.cbor")), "a snapshot at another member")
    victim.reset(world.four.trust(other))  # it kept commits that nobody else believes
    victim.start()
    world.heal()


def replay_old(world: World) -> None:
    """One member proposes, and sends to everybody, batches that were executed before; none is executed again."""
    victim = world.victim()
    program = victim.program
    world.say(f"{victim.name} replays old batches, and passes on whatever it is shown")
    _other_program(world, victim, "accept", program, {})
    until(victim.healthy, f"{victim.name} up")
    sent = replay(world.four, victim, world.rng, world.lasts_s(4, 15))
    world.say(f"{sent} batches were sent again")
    assert sent
    world.go_on(victim)
    _other_program(world, victim, "", program, {})
    world.heal()


def flood_all(world: World) -> None:
    """One member floods all nodes with garbage and with batches that it signed: bounds hold, others go on."""
    victim = world.victim()
    program = victim.program
    world.say(f"{victim.name} floods all nodes")
    _other_program(world, victim, "accept", program, {})
    until(victim.healthy, f"{victim.name} up")
    writer = next(one for one in world.load.writers if one.name == victim.name)
    found = flood(world.four, world.load.network, writer, world.rng, world.lasts_s(4, 15), lambda: world.go_on(victim))
    world.say(f"flooded: {found}")
    _other_program(world, victim, "", program, {})
    world.heal()


FAULTS: dict[str, Fault] = {
    fault.__name__.replace("_", "-"): fault
    for fault in (
        kill_validator,
        kill_application,
        kill_cometbft,
        kill_all,
        pause,
        cut_off_one,
        cut_in_halves,
        slow_disk,
        full_disk,
        wrong_clock,
        corrupt_state,
        corrupt_blocks,
        propose_invalid,
        sign_with_wrong_key,
        replay_old,
        flood_all,
    )
}
