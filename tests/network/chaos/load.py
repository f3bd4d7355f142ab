"""Envelopes through several members at once; who posts keeps each acknowledgement.

An envelope whose answer does not come is posted again, as it is, to the next member, as a careful client would: it is
executed once all the same.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import httpx2

from network.chaos.members import Four
from salus.bootstrap.layout import keystore_path, organisation_file
from salus.client.envelopes import EnvelopeBuilder
from salus.client.submission import Submitted
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.encoding import decode
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.machine.errors import Replayed
from salus.vault.keystore import Keystore

COSE = "application/cose"
PATIENCE_S = 12.0  # for one answer, before another member is asked
PAUSE_S = 0.15  # of each writer between two envelopes
AGAIN_S = 0.3  # before the next member is asked


@dataclass(frozen=True)
class Writer:
    """A member whose gateway signs envelopes."""

    name: str
    account: bytes
    gateway: SigningKey


@dataclass(frozen=True)
class Sent:
    """An envelope: its own id, and the account that it opens."""

    id: bytes
    raw: bytes
    handle: bytes


@dataclass
class Load:
    """What was sent, and what was said of it."""

    network: bytes
    writers: Sequence[Writer]
    urls: dict[str, str]
    seed: int
    sent: dict[bytes, Sent] = field(default_factory=dict)
    acknowledged: dict[bytes, int] = field(default_factory=dict)  # id -> height; 0: "it was executed before"
    by: dict[str, int] = field(default_factory=dict)  # acknowledgements by member
    refused: list[tuple[str, int, int]] = field(default_factory=list)  # member, status, code
    _lock: Lock = field(default_factory=Lock)
    _ended: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def begin(self, threads: int) -> None:
        """Write from now on."""
        self._ended = Event()
        self._threads = [Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Write no more; wait for answers that are under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S * len(self.urls))
            assert not thread.is_alive(), "a post that never ends"

    def count(self, *members: str) -> int:
        """Return how many were acknowledged, by some members or by all."""
        with self._lock:
            return sum(count for name, count in self.by.items() if not members or name in members)

    def _run(self, number: int) -> None:
        rng = random.Random(f"{self.seed}/{number}")
        builder = EnvelopeBuilder(self.network, lambda: time.time_ns() // 1_000_000)
        with httpx2.Client(timeout=PATIENCE_S) as client:
            while not self._ended.wait(PAUSE_S):
                writer = rng.choice(self.writers)
                built = builder.build([(writer.account, writer.gateway)], OpenAccounts(writer.account, 1))
                sent = Sent(built.id, built.raw, built.created[0][0])
                with self._lock:
                    self.sent[sent.id] = sent
                self._post(client, sent, rng, built.not_after)

    def _post(self, client: httpx2.Client, sent: Sent, rng: random.Random, not_after: int) -> None:
        """Ask member after member until one says what became of it, it is too late, or the load has ended."""
        order = rng.sample(sorted(self.urls), len(self.urls))
        turn = 0
        while time.time_ns() // 1_000_000 < not_after:
            if self._ask(client, sent, order[turn % len(order)]):
                return
            turn += 1
            if turn >= len(order) and self._ended.is_set():
                return
            self._ended.wait(AGAIN_S) or time.sleep(AGAIN_S / 10)

    def _ask(self, client: httpx2.Client, sent: Sent, member: str) -> bool:
        try:
            answer = client.post(
                f"{self.urls[member]}/{member}/envelopes", content=sent.raw, headers={"content-type": COSE}
            )
        except httpx2.TransportError:
            return False
        if answer.status_code == 200:
            (outcome,) = decode(answer.content, Submitted).outcomes
            assert outcome.id == sent.id
            if outcome.code in (0, Replayed.code):
                self._keep(sent, member, 0 if outcome.code else outcome.height)
                return True
            code = outcome.code
        else:
            code = _code(answer)
            if code == Replayed.code:
                self._keep(sent, member, 0)
                return True
        with self._lock:
            self.refused.append((member, answer.status_code, code))
        return False

    def _keep(self, sent: Sent, member: str, height: int) -> None:
        with self._lock:
            self.acknowledged[sent.id] = height
            self.by[member] = self.by.get(member, 0) + 1


def _code(answer: httpx2.Response) -> int:
    try:
        return int(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return 0


def load_of(four: Four, seed: int) -> Load:
    """Return a load over all members, signed by the gateways of all."""
    genesis = next(iter(four.nodes.values())).home / "genesis.cbor"
    writers = [writer_of(node.home, name) for name, node in four.nodes.items()]
    urls = {name: node.url for name, node in four.nodes.items()}
    return Load(read_genesis(genesis.read_bytes())[0], writers, urls, seed)


def writer_of(home: Path, name: str) -> Writer:
    """Return a member's gateway out of its home."""
    secret = (home / "passphrase").read_text().strip()
    seed = Keystore.open(keystore_path(home, name), secret).get("gateway")
    return Writer(name, organisation_file(home, name).account, SigningKey.from_seed(seed))
