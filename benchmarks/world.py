"""A region whose state holds many persons, and the signed envelopes of some of them: for benchmarks."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from salus.contracts.accounts import keeper
from salus.contracts.accounts.types import Key, KeyStatus, Person, PersonState
from salus.contracts.consent.messages import GrantConsent
from salus.core.keys import FOREVER, Role
from salus.core.signatures import ED25519, SigningKey
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.chain import STATE
from salus.machine.machine import NETWORK, TIME, Machine
from salus.policy.types import Capacity, Effect, GranteeKind
from salus.state.lmdb import DATA
from salus.state.overlay import Overlay
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, TREATMENT, Region
from salus.verifier.helper import Helper

KEYS_PER_PERSON = 3


def state_bytes(folder: Path) -> int:
    """Return the size of the state's file, with the free pages in it."""
    return (folder / STATE / DATA).stat().st_size


class World:
    """A region whose state holds many persons; some of them sign."""

    def __init__(self, folder: Path, keys: int, signers: int) -> None:
        self.region = Region()
        self._turn = 0
        self.people: list[tuple[bytes, SigningKey]] = []
        machine = Machine(Store.in_memory())
        machine.init(self.region.genesis_file)
        overlay = Overlay(machine.store)
        for number in range(keys // KEYS_PER_PERSON):
            self._person(overlay, number, number < signers)
        rows = dict(machine.store.items()) | {k: v for k, v in overlay.writes.items() if v is not None}
        self.keys = len(rows)
        folder.mkdir()
        store = Store.open(folder / STATE)
        store.load(rows.items())
        store.checkpoint(0, {NETWORK: self.region.network, TIME: START_MS.to_bytes(8, "big")})
        store.close()
        self.clock = FakeClock(START_MS + 1000)
        self.folder = folder
        self.state_bytes = state_bytes(folder)
        self.ledger = EmbeddedLedger.create(folder, self.region.genesis_file, self.region.node, self.clock)

    def reopen(self, helper: Helper | None = None) -> None:
        """Close the ledger and open it again, with what may check signatures beside it."""
        self.ledger.close()
        self.ledger = EmbeddedLedger.open(self.folder, self.region.node, self.clock, helper=helper)

    def _person(self, state: Overlay, number: int, signs: bool) -> None:
        handle = sha256(b"handle" + number.to_bytes(8, "big")).digest()
        seed = sha256(b"device" + number.to_bytes(8, "big")).digest()
        device = SigningKey.from_seed(seed) if signs else SigningKey(seed, seed)
        if signs:
            self.people.append((handle, device))
        keeper.put_person(state, handle, Person(self.region.hospital.id, int(PersonState.CLAIMED), 1, 1, seed, False))
        entry = Key(ED25519, int(Role.DEVICE), device.public, 0, FOREVER, 1, int(KeyStatus.LISTED))
        keeper.list_key(state, handle, device.id(self.region.network), entry)

    def grants(self, number: int) -> Iterator[bytes]:
        """Yield signed grants, each by the next person in turn."""
        for _ in range(number):
            handle, device = self.people[self._turn % len(self.people)]
            self._turn += 1
            yield self.region.envelope([(handle, device)], self._permit(handle))

    def _permit(self, handle: bytes) -> GrantConsent:
        return GrantConsent(
            handle,
            int(Capacity.SELF),
            None,
            (int(GranteeKind.ORGANISATION), self.region.clinic.id),
            int(Effect.PERMIT),
            (TREATMENT,),
            START_MS,
            START_MS + 10**9,
            0,
            0,
            (False, 0, False),
            handle,
        )
