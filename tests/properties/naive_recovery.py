"""An account and its recovery as the words of the design have it, plainly: names instead of ids, one dictionary each.

Each act returns whether it is done, and if so does it. Nothing of the contract is used but its number of days.
"""

from typing import Any

DAY = 86_400_000
DELAY, CONTESTED, RECENT, PERIOD = 7 * DAY, 14 * DAY, 14 * DAY, 30 * DAY


class Account:
    """One account; devices and keyholders by name."""

    def __init__(self, devices: list[str], holders: list[str], time: int) -> None:
        self.time = time
        self.generation, self.version = 1, 1
        self.holders = list(holders)
        self.devices: dict[str, dict[str, Any]] = {name: self._device(None) for name in devices}
        self.dead: dict[str, dict[str, Any]] = {}  # ended ones of this generation
        self.vetoed: dict[str, int] = {}
        self.seen = {*devices, *holders}
        self.recovery: dict[str, Any] | None = None
        self.offered: dict[str, Any] | None = None
        self.frozen: int | None = None  # until when; -1: until lifted
        self.changes: dict[str, dict[str, Any]] = {}

    def _device(self, added: int | None) -> dict[str, Any]:
        return {"added": added, "frozen": False}

    def live(self) -> list[str]:
        return sorted(name for name, one in self.devices.items() if not one["frozen"])

    def barred(self) -> bool:
        return self.recovery is not None or self.is_frozen()

    def is_frozen(self) -> bool:
        return self.frozen is not None and (self.frozen == -1 or self.time < self.frozen)

    # keys

    def may_change(self, signers: list[str]) -> bool:
        return not self.barred() and len({name for name in signers if name in self.live()}) >= 2

    def add(self, signers: list[str], new: str) -> bool:
        if not self.may_change(signers) or new in self.seen:
            return False
        self.devices[new] = self._device(self.time)
        self.seen.add(new)
        return True

    def remove(self, signers: list[str], old: str) -> bool:
        if not self.may_change(signers) or old not in self.live():
            return False
        self._end(old, self.time)
        return True

    def remove_own(self, old: str) -> bool:
        if old not in self.live():
            return False
        self._end(old, None)
        return True

    def _end(self, old: str, by_others: int | None) -> None:
        self.dead[old] = {**self.devices.pop(old), "ended": by_others}
        self.changes.pop(old, None)

    def name_keyholders(self, signers: list[str], names: list[str]) -> bool:
        if not self.may_change(signers) or any(name in self.seen and name not in self.holders for name in names):
            return False
        self._name(names)
        return True

    def _name(self, names: list[str]) -> None:
        self.holders, self.version = list(names), self.version + 1
        self.seen.update(names)

    # delayed changes

    def propose(self, signer: str, what: str, target: str) -> bool:
        if self.barred() or signer not in self.live() or signer in self.changes:
            return False
        if not self._possible(what, target):
            return False
        self.changes[signer] = {"what": what, "target": target, "due": self.time + DELAY}
        return True

    def _possible(self, what: str, target: str) -> bool:
        return target in self.live() if what == "remove" else target not in self.seen

    def veto_change(self, signer: str, proposer: str) -> bool:
        if signer not in self.live() or proposer not in self.changes:
            return False
        del self.changes[proposer]
        return True

    def complete_change(self, proposer: str) -> bool:
        change = self.changes.get(proposer)
        if self.barred() or change is None or self.time < change["due"]:
            return False
        if proposer not in self.live() or not self._possible(change["what"], change["target"]):
            return False
        del self.changes[proposer]
        if change["what"] == "remove":
            self._end(change["target"], self.time)
        else:
            self.devices[change["target"]] = self._device(self.time)
            self.seen.add(change["target"])
        return True

    # recovery

    def start(self, approving: list[str], version: int, new: str) -> bool:
        enough = len(approving) >= 2 and all(name in self.holders for name in approving)
        if self.recovery is not None or not self.holders or version != self.version or new in self.seen or not enough:
            return False
        self._begin("keyholders", new)
        return True

    def _begin(self, kind: str, new: str) -> None:
        self.seen.add(new)
        due = self.time + DELAY
        self.recovery = {"kind": kind, "new": new, "from": self.time, "due": due, "contested": False, "checked": False}

    def may_veto(self, name: str) -> bool:
        assert self.recovery is not None
        window = self.recovery["from"] - RECENT
        found = self.devices.get(name) or self.dead.get(name)
        if found is None or (found["added"] is not None and found["added"] > window):
            return False
        return name in self.devices or (found["ended"] is not None and found["ended"] > window)

    def veto(self, name: str) -> bool:
        if self.recovery is None or not self.may_veto(name) or self.recovery["contested"]:
            return False
        if name in self.vetoed and self.time < self.vetoed[name] + PERIOD:
            if name in self.devices:
                self.devices[name]["frozen"] = True
            self.recovery.update(contested=True, due=self.time + CONTESTED)
            return True
        self.vetoed[name] = self.time
        self._drop()
        return True

    def _drop(self) -> None:
        self.recovery = None
        for one in self.devices.values():
            one["frozen"] = False

    def settle(self, is_she: bool) -> bool:
        if self.recovery is None or not self.recovery["contested"] or self.recovery["checked"]:
            return False
        if is_she:
            self.recovery["checked"] = True
        else:
            self._drop()
        return True

    def complete(self) -> bool:
        one = self.recovery
        if one is None or self.time < one["due"] or (one["contested"] and not one["checked"]):
            return False
        self.generation, self.version = self.generation + 1, self.version + 1
        if one["kind"] == "in person":
            self.holders = []
        self.devices, self.dead = {one["new"]: self._device(None)}, {}
        self.vetoed, self.changes = {}, {}
        self.recovery = self.offered = self.frozen = None
        return True

    # the desk

    def freeze(self) -> bool:
        if self.frozen == -1:
            return False
        self.frozen = -1
        return True

    def lift(self, signers: list[str]) -> bool:
        if len({name for name in signers if name in self.live()}) < 2 or self.frozen != -1:
            return False
        self.frozen = self.time + DELAY
        return True

    def reprove(self, new: str) -> bool:
        if self.recovery is not None or new in self.seen:
            return False
        self.offered = {"new": new}
        return True

    def confirm(self) -> bool:
        if self.recovery is not None or self.offered is None or self.offered["new"] in self.seen:
            return False
        new, self.offered = self.offered["new"], None
        self._begin("in person", new)
        return True
