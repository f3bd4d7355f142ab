"""Relations that wander between vaults, against a plain dictionary: contents, history and proofs never change on the
way, and each is in one place. A failure prints its seed."""

import random
from pathlib import Path

from salus.core.encoding import decode, encode
from salus.vault.check import check
from salus.vault.custody import RelationCopy
from salus.vault.erasure import Erasure
from salus.vault.vault import Vault
from unit.vault_samples import NETWORK, NOW, scope, write

RUNS, STEPS = 6, 60
PLACES = tuple(bytes((n,)) * 32 for n in range(1, 4))
RELATIONS = tuple(bytes((n,)) * 32 for n in range(11, 14))
Model = dict[bytes, dict[bytes, list[bytes | None]]]  # relation -> record -> octets of each version, None: erased


class World:
    """Three vaults, and what must be in them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.vaults = {one: Vault.create(folder / one.hex(), one, NETWORK, one) for one in PLACES}
        self.at = dict.fromkeys(RELATIONS, PLACES[0])
        self.model: Model = {relation: {} for relation in RELATIONS}
        self.roots: dict[bytes, list[bytes]] = {relation: [] for relation in RELATIONS}

    def vault(self, relation: bytes) -> Vault:
        return self.vaults[self.at[relation]]

    def anchor(self, relation: bytes) -> None:
        (entry,) = self.vault(relation).anchors.gather([relation])
        assert entry.previous == (self.roots[relation][-1] if self.roots[relation] else None)
        assert entry.seq == len(self.roots[relation]) + 1
        self.vault(relation).mark_anchored(relation, entry.seq, entry.seq)
        self.roots[relation].append(entry.root)

    def write(self, relation: bytes) -> None:
        number = self.random.randrange(6)
        octets = self.random.randbytes(self.random.choice((1, 50, 70_000)))
        one = write(relation, number, octets)
        history = self.model[relation].setdefault(one.record, [])
        if None not in history:
            self.vault(relation).deposit([one])
            history.append(octets)

    def erase(self, relation: bytes) -> None:
        alive = [record for record, history in self.model[relation].items() if history and None not in history]
        if alive:
            record = self.random.choice(alive)
            self.vault(relation).erase(Erasure(relation, [record], NOW))
            self.model[relation][record].append(None)

    def read(self, relation: bytes) -> None:
        if any(self.model[relation].values()):
            self.vault(relation).log_access(relation, [b"\x18" + self.random.randbytes(1)])

    def move(self, relation: bytes) -> None:
        if not any(self.model[relation].values()):
            return
        self.anchor(relation)
        old, new = self.vault(relation), self.random.choice([one for one in PLACES if one != self.at[relation]])
        copy = decode(encode(old.copy_out(scope(relation))), RelationCopy)
        self.vaults[new].take_in(copy, self.roots[relation][-1], keep=False)
        self.vaults[new].take_in(copy, self.roots[relation][-1])
        old.surrender(relation, [])
        self.at[relation] = new

    def holds(self) -> None:
        for place, vault in self.vaults.items():
            there = [one for one in RELATIONS if self.at[one] == place and any(self.model[one].values())]
            assert vault.relations() == there
        for relation, model in self.model.items():
            vault = self.vault(relation)
            if not any(model.values()):
                continue
            headers = {header.record: header for header in vault.headers(scope(relation))}
            assert {record for record, history in model.items() if history} == set(headers)
            for record, header in headers.items():
                history = model[record]
                assert header.version == len(history)
                assert vault.read(scope(relation), record).octets == (history[-1] or b"")
            for seq, root in enumerate(self.roots[relation], start=1):
                assert vault.anchors.opening(relation, seq).root == root

    def close(self) -> None:
        for place, vault in self.vaults.items():
            vault.close()
            assert check(vault.folder, place, NETWORK) == []


def test_relations_that_wander_stay_what_they_are(tmp_path: Path) -> None:
    first = random.randrange(2**32)
    for seed in range(first, first + RUNS):
        world = World(tmp_path / str(seed), seed)
        acts = (world.write, world.write, world.write, world.erase, world.read, world.move)
        try:
            for _ in range(STEPS):
                world.random.choice(acts)(world.random.choice(RELATIONS))
            world.holds()
            world.close()
        except BaseException:
            print(f"seed {seed}")
            raise
