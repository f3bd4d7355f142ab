"""Four members of a consortium with a filled state: real homes, real CometBFT, one consent change an envelope."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from benchmarks.commitments import RECORDS, commit
from benchmarks.network.processes import Node, Running, call, free_ports, wait_for
from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.keys import keys_of
from salus.bootstrap.layout import GENESIS, keystore_path
from salus.bootstrap.network import found_network, kept
from salus.bootstrap.network.held import holding
from salus.bootstrap.network.plan import PlannedMember, places
from salus.bootstrap.split import SECRET
from salus.client.envelopes import NUMBERS
from salus.contracts.accounts import keeper
from salus.contracts.accounts.types import Key, KeyStatus, Person, PersonState
from salus.contracts.consent.messages import GrantConsent
from salus.contracts.records.messages import AnchorRelations
from salus.core.envelope import seal_batch, seal_envelope
from salus.core.genesis import founder_id, read_genesis
from salus.core.keys import FOREVER, Role
from salus.core.signatures import ED25519, SigningKey
from salus.core.types import Message
from salus.ledger.embedded.chain import STATE
from salus.machine.machine import NETWORK, TIME, Machine
from salus.policy.types import Capacity, Effect, GranteeKind
from salus.state.overlay import Overlay
from salus.state.store import Store
from salus.vault.keystore import Keystore

PASSPHRASE, LIFE_MS, DAY_MS = "benchmark", 480_000, 86_400_000
NAMES = ("north", "south", "clinic", "regulator")
ROLES = ("hospital", "hospital", "clinic", "regulator")
TREATMENT = 1
ANCHORED = 100  # relations in an envelope of anchors


class Consortium:
    """The homes of four members, and the keys of many persons who grant in turn."""

    def __init__(self, folder: Path, persons: int, signers: int) -> None:
        ports = free_ports(4 * len(NAMES))
        planned = [
            PlannedMember(name, name.title(), (role,), p2p=ports[4 * n], rpc=ports[4 * n + 1],
                          metrics=ports[4 * n + 2], listen=ports[4 * n + 3])
            for n, (name, role) in enumerate(zip(NAMES, ROLES, strict=True))
        ]  # fmt: skip
        self.homes = found_network(folder, "Benchmark", places(planned), lambda home: PASSPHRASE)
        for home in self.homes:
            (home / SECRET).write_text(PASSPHRASE + "\n")
            (home / SECRET).chmod(0o600)
        self.genesis = (self.homes[0] / GENESIS).read_bytes()
        self.network, document = read_genesis(self.genesis)
        self.members = [founder_id(founder) for founder in document.founders]
        opened = [
            Keystore.open(keystore_path(home, name), PASSPHRASE) for home, name in zip(self.homes, NAMES, strict=True)
        ]
        self.gateways = [keys_of(one).gateway for one in opened]
        self.people = [self._device(number) for number in range(signers)]
        rows = self._rows(persons, signers)
        self.keys = len(rows)
        for home in self.homes:
            (home / "ledger").mkdir(exist_ok=True)
            store = Store.open(home / "ledger" / STATE)
            store.load(rows.items())
            store.checkpoint(0, {NETWORK: self.network, TIME: document.time.to_bytes(8, "big")})
            store.close()
        self._nonces, self._turn = itertools.count(1), 0

    def _device(self, number: int) -> tuple[bytes, SigningKey]:
        handle = sha256(b"handle" + number.to_bytes(8, "big")).digest()
        return handle, SigningKey.from_seed(sha256(b"device" + number.to_bytes(8, "big")).digest())

    def _rows(self, persons: int, signers: int) -> dict[bytes, bytes]:
        machine = Machine(Store.in_memory())
        machine.init(self.genesis)
        state = Overlay(machine.store)
        for number in range(persons):
            seed = sha256(b"public" + number.to_bytes(8, "big")).digest()
            handle, device = self.people[number] if number < signers else (seed, SigningKey(seed, seed))
            person = Person(self.members[0], int(PersonState.CLAIMED), 1, 1, seed, False)
            keeper.put_person(state, handle, person)
            entry = Key(ED25519, int(Role.DEVICE), device.public, 0, FOREVER, 1, int(KeyStatus.LISTED))
            keeper.list_key(state, handle, device.id(self.network), entry)
        return dict(machine.store.items()) | {k: v for k, v in state.writes.items() if v is not None}

    @contextmanager
    def running(self) -> Iterator[list[Node]]:
        """Run all members; they end with the block."""
        with kept(self.homes) as members:
            members.wait_healthy(within_s=120)
            nodes = []
            for home in self.homes:
                said = read_consensus(home)
                assert said is not None
                nodes.append(Node(f"http://{said.rpc}", self._processes(home)))
            wait_for(nodes, lambda node: height_of(node) >= 1, "no blocks")
            yield nodes

    def _processes(self, home: Path) -> dict[str, Running]:
        found = holding(home)
        assert found is not None
        cometbft, application = found.children
        return {"cometbft": Running(cometbft.pid), "salus": Running(application.pid)}

    def grants(self, count: int, per_batch: int) -> Iterator[tuple[bytes, int]]:
        """Yield batches of signed grants, carried by the members in turn, with the number of grants in each."""
        while count > 0:
            size = min(per_batch, count)
            yield self._batch([self._grant() for _ in range(size)]), size
            count -= size

    def anchors(self, relations: int) -> Iterator[tuple[bytes, int]]:
        """Yield batches of an envelope with the roots of relations that got ten records each; weight is in records."""
        for first in range(0, relations, ANCHORED):
            handles = [self.people[(first + n) % len(self.people)][0] for n in range(ANCHORED)]
            entries = tuple((handle, None, commit(self.network, self.members[0], handle)[0]) for handle in handles)
            signer = (self.members[0], self.gateways[0])
            yield self._batch([self._envelope([signer], AnchorRelations(self.members[0], entries))]), ANCHORED * RECORDS

    def _grant(self) -> bytes:
        handle, device = self.people[self._turn % len(self.people)]
        self._turn += 1
        now = _now_ms()
        grantee = (int(GranteeKind.ORGANISATION), self.members[2])
        message = GrantConsent(
            handle, int(Capacity.SELF), None, grantee, int(Effect.PERMIT), (TREATMENT,), now, now + DAY_MS, 0, 0,
            (False, 0, False), handle,
        )  # fmt: skip
        return self._envelope([(handle, device)], message)

    def _envelope(self, signers: list[tuple[bytes, SigningKey]], message: Message) -> bytes:
        numbered = [(NUMBERS[type(message)], message)]
        return seal_envelope(self.network, self._nonce(), _now_ms() + LIFE_MS, signers, numbered)

    def _batch(self, envelopes: list[bytes]) -> bytes:
        nonce = next(self._nonces)
        at = nonce % len(self.members)
        raw = nonce.to_bytes(16, "big")
        return seal_batch(self.network, raw, _now_ms() + LIFE_MS, self.members[at], self.gateways[at], envelopes)

    def _nonce(self) -> bytes:
        return next(self._nonces).to_bytes(16, "big")


def refused(node: Node, height: int) -> dict[int, int]:
    """Return code -> how many transactions of a block had it, of those that were refused."""
    found: dict[int, int] = {}
    for one in call(node.url, "block_results", {"height": str(height)})["txs_results"] or ():
        if one["code"]:
            found[one["code"]] = found.get(one["code"], 0) + 1
    return found


def height_of(node: Node) -> int:
    """Return the height of a node's newest block; raises OSError."""
    return int(call(node.url, "status", {})["sync_info"]["latest_block_height"])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
