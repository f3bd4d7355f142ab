"""Random acts upon one account against a naive model; a failure prints its seed and the act."""

import random
from typing import Any

from contracts import people, recovering
from contracts.founding import Network, key
from contracts.precedence import NOW
from contracts.recovering import DEVICES, HOLDERS, STAFF
from properties.naive_recovery import DAY, Account
from salus.contracts.accounts import invariants, queries, recovery_keeper
from salus.contracts.accounts import recovery_messages as m
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey
from salus.core.encoding import encode
from salus.core.keys import Role
from salus.core.types import Message

NETWORK = Network()
FIRST, SECOND, CARRIER = NETWORK.members[0].id, NETWORK.members[1].id, NETWORK.members[3].id
RUNS, ACTS = 40, 80
KNOWN = {"phone": DEVICES[0], "tablet": DEVICES[1], "laptop": DEVICES[2]}
KNOWN |= {"sister": HOLDERS[0], "friend": HOLDERS[1], "lawyer": HOLDERS[2]}


class Pair:
    """The contract and the model, side by side."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.state = NETWORK.state()
        self.handle = recovering.helped(NETWORK, self.state)
        self.model = Account(["phone", "tablet", "laptop"], ["sister", "friend", "lawyer"], NOW)
        self.count = 0
        self.names = [*KNOWN]

    def fresh(self) -> str:
        """A name for a key, mostly a new one."""
        if self.chance.random() < 0.1:
            return self.chance.choice(self.names)
        self.count += 1
        self.names.append(f"key {self.count}")
        return self.names[-1]

    def key(self, name: str) -> Any:
        return KNOWN[name] if name in KNOWN else key(name)

    def device(self) -> str:
        pool = sorted(self.model.devices) * 3 + sorted(self.model.dead) + self.names[:6]
        return self.chance.choice(pool)

    def signers(self, *names: str) -> list[Any]:
        """Who of these the machine would let sign: live keys."""
        live = queries.live_keys(self.state, self.handle, Role.DEVICE, self.model.time)
        found = [NETWORK.signer(self.handle, self.key(name), Role.DEVICE) for name in names]
        return [one for one in found if one.key in live]

    def done(self, message: Message, signers: list[Any] | None = None) -> bool:
        scene = NETWORK.scene(message, NETWORK.gateway(3) if signers is None else signers, self.state)
        self.count += 1
        scene.time, scene.nonce = self.model.time, self.count.to_bytes(16, "big")
        outcome = scene.run()
        for name, value in outcome.writes.items():
            if value is None:
                self.state.delete(name)
            else:
                self.state.put(name, value)
        return outcome.code == 0

    def recovery(self) -> bytes:
        pending = queries.pending_recovery(self.state, self.handle)
        return b"?" * 32 if pending is None else pending.id

    # acts: each asks both, and returns what they said

    def act(self) -> tuple[str, bool, bool]:
        name = self.chance.choice(
            ("add", "remove", "own", "keyholders", "propose", "unpropose", "make", "start", "start", "veto", "veto",
             "settle", "complete", "complete", "freeze", "lift", "reprove", "confirm", "pass", "pass", "pass")
        )  # fmt: skip
        found, expected = getattr(self, f"_{name}")()
        return name, found, expected

    def _pass(self) -> tuple[bool, bool]:
        days = self.chance.choice((0, 1, 3, 7, 7, 14, 30))
        self.model.time += days * DAY + self.chance.choice((-1, 0, 0, 1)) * (days > 0)
        return True, True

    def _add(self) -> tuple[bool, bool]:
        two, new = [self.device(), self.device()], self.fresh()
        message = AddKey(self.handle, people.device(NETWORK, self.handle, self.key(new)))
        return self.done(message, self.signers(*two)), self.model.add(two, new)

    def _remove(self) -> tuple[bool, bool]:
        two, old = [self.device(), self.device()], self.device()
        message = RevokeKey(self.handle, self.key(old).id(NETWORK.id))
        return self.done(message, self.signers(*two)), self.model.remove(two, old)

    def _own(self) -> tuple[bool, bool]:
        old = self.device()
        if self.chance.random() < 0.9:
            return True, True  # seldom, or nothing is left
        message = RevokeOwnKey(self.handle, self.key(old).id(NETWORK.id))
        return self.done(message, self.signers(old)), self.model.remove_own(old)

    def _keyholders(self) -> tuple[bool, bool]:
        two = [self.device(), self.device()]
        names = [self.model.holders[0] if self.model.holders else self.fresh(), self.fresh(), self.fresh()]
        if len(set(names)) < 3:
            return True, True
        message = recovering.keyholders(NETWORK, self.handle, [self.key(name) for name in names])
        return self.done(message, self.signers(*two)), self.model.name_keyholders(two, names)

    def _propose(self) -> tuple[bool, bool]:
        signer, what = self.device(), self.chance.choice(("add", "remove"))
        target = self.fresh() if what == "add" else self.device()
        wanted: Message = RevokeKey(self.handle, self.key(target).id(NETWORK.id))
        if what == "add":
            wanted = AddKey(self.handle, people.device(NETWORK, self.handle, self.key(target)))
        message = m.ProposeChange(self.handle, 0x020B if what == "add" else 0x020C, encode(wanted))
        return self.done(message, self.signers(signer)), self.model.propose(signer, what, target)

    def _change_of(self, proposer: str) -> bytes:
        entry = recovery_keeper.get_change(self.state, self.handle, self.key(proposer).id(NETWORK.id))
        return b"?" * 32 if entry is None else entry.id

    def _unpropose(self) -> tuple[bool, bool]:
        signer, proposer = self.device(), self.device()
        message = m.VetoChange(self.handle, self._change_of(proposer))
        return self.done(message, self.signers(signer)), self.model.veto_change(signer, proposer)

    def _make(self) -> tuple[bool, bool]:
        proposer = self.chance.choice([*self.model.changes, *self.model.changes, self.device()])
        message = m.CompleteChange(CARRIER, self.handle, self._change_of(proposer))
        return self.done(message), self.model.complete_change(proposer)

    def _start(self) -> tuple[bool, bool]:
        pool = self.model.holders * 3 + ["lawyer", "friend"]
        approving = list(dict.fromkeys(self.chance.choice(pool) for _ in range(self.chance.choice((1, 2, 3, 3)))))
        version, new = self.model.version - (self.chance.random() < 0.1), self.fresh()
        self.count += 1
        wanted = recovering.payload(NETWORK, self.handle, version=version, new=self.key(new), since=None,
                                    nonce=self.count.to_bytes(16, "big"))  # fmt: skip
        message = recovering.start(NETWORK, wanted, [self.key(name) for name in approving])
        return self.done(message), self.model.start(approving, version, new)

    def _veto(self) -> tuple[bool, bool]:
        name = self.device()
        message = recovering.veto(NETWORK, self.handle, self.recovery(), self.key(name))
        return self.done(message), self.model.veto(name)

    def _settle(self) -> tuple[bool, bool]:
        is_she = self.chance.random() < 0.6
        message = m.SettleRecovery(FIRST, STAFF, self.handle, self.recovery(), is_she)
        return self.done(message, NETWORK.gateway(0)), self.model.settle(is_she)

    def _complete(self) -> tuple[bool, bool]:
        return self.done(m.CompleteRecovery(CARRIER, self.handle, self.recovery())), self.model.complete()

    def _freeze(self) -> tuple[bool, bool]:
        if self.chance.random() < 0.9:
            return True, True  # seldom, since it bars for long
        message = m.FreezeInPerson(FIRST, STAFF, self.handle)
        return self.done(message, NETWORK.gateway(0)), self.model.freeze()

    def _lift(self) -> tuple[bool, bool]:
        two = [self.device(), self.device()]
        return self.done(m.LiftFreeze(self.handle), self.signers(*two)), self.model.lift(two)

    def _reprove(self) -> tuple[bool, bool]:
        new = self.fresh()
        keys = (people.device(NETWORK, self.handle, self.key(new)),)
        message = recovering.reprove(NETWORK, self.handle, keys=keys, since=None)
        return self.done(message, NETWORK.gateway(0)), self.model.reprove(new)

    def _confirm(self) -> tuple[bool, bool]:
        offered = queries.offered_reproof(self.state, self.handle)
        message = m.ConfirmReproof(SECOND, STAFF, self.handle, b"?" * 32 if offered is None else offered.id)
        return self.done(message, NETWORK.gateway(1)), self.model.confirm()

    def agree(self) -> None:
        """Assert that both see the same account, and that its invariants hold."""
        model, state = self.model, self.state
        person = queries.person(state, self.handle)
        assert person is not None and person.generation == model.generation
        live = sorted(self.key(name).id(NETWORK.id) for name in model.live())
        assert queries.live_keys(state, self.handle, Role.DEVICE, model.time) == live
        assert queries.barred(state, self.handle, model.time) == model.barred()
        held = queries.keyholding(state, self.handle)
        assert (held.version, [public for _, public in held.holders]) == (
            model.version,
            [self.key(name).public for name in model.holders],
        )
        assert len(queries.pending_changes(state, self.handle)) == len(model.changes)
        rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
        assert list(invariants.violations(NETWORK.id, rows)) == []


def run(seed: int, reached: dict[str, int]) -> None:
    pair = Pair(seed)
    for number in range(ACTS):
        name, found, expected = pair.act()
        assert found == expected, f"seed {seed}, act {number}: {name} done {found}, expected {expected}"
        reached[name] = reached.get(name, 0) + found
        pair.agree()


def test_random_acts_do_what_the_model_does() -> None:
    first = random.randrange(2**40)
    for seed in range(first, first + RUNS):
        try:
            run(seed, {})
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_fixed_seeds_reach_every_act() -> None:
    reached: dict[str, int] = {}
    for seed in range(80):
        run(seed, reached)
    assert all(reached[name] >= 3 for name in reached) and len(reached) == 16, reached
