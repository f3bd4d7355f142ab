"""A crash before and after each durable step of correction, erasure and restriction: opened again, it is whole.

A durable step is a transaction of the index, an envelope carried to the ledger, a letter posted, a file deleted, the
write-ahead log emptied. The one thing that may never be: something destroyed that the ledger did not agree to.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from e2e.story_region import (
    DAY_MS,
    PASSPHRASE,
    START_MS,
    Story,
    ask,
    bundle,
    clinician,
    found,
    give_wallet,
    grant_laboratory,
    observation,
    patient,
    urn,
)
from faults.first import First
from salus.bootstrap import open_region, rotate_vault
from salus.client.batcher import Carrier
from salus.contracts.records import queries as records
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.record import Status
from salus.fsck.home import fsck_home
from salus.services.amend import accept_amendment, correct, refuse_petition
from salus.services.anchor import anchor
from salus.services.authorise import for_decision
from salus.services.deposit import deposit
from salus.services.erase import erase
from salus.services.errors import NoSuchPetition
from salus.services.folder_exchange import FolderExchange
from salus.services.hold import lift_hold, list_holds, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.notify import changes_of, list_notices
from salus.services.petition import petition
from salus.services.petition_letters import Change
from salus.services.read_records import list_records
from salus.services.receive import Received
from salus.services.receive_receipt import ReceiptView
from salus.services.restrict import restrict_as_asked
from salus.testing.clock import FakeClock
from salus.vault import keystore
from salus.vault.files import LocalFiles
from salus.vault.index import Index


class Crash(BaseException):
    """The process is gone; nothing may handle it."""


class Steps:
    """Counts durable steps and crashes at one of them, before or after it took place."""

    def __init__(self) -> None:
        self.count, self.at, self.after = 0, 0, False

    @contextmanager
    def step(self) -> Iterator[None]:
        self.count += 1
        due = self.count == self.at
        if due and not self.after:
            raise Crash
        yield
        if due:
            raise Crash

    def watch(self, patched: pytest.MonkeyPatch) -> None:
        writing = Index.writing

        @contextmanager
        def transaction(index: Index) -> Iterator[Any]:
            with self.step(), writing(index) as connection:
                yield connection

        patched.setattr(Index, "writing", transaction)
        for owner, name in (
            (Carrier, "submit_now"),
            (FolderExchange, "post"),
            (LocalFiles, "delete"),
            (LocalFiles, "move"),
            (LocalFiles, "write"),
            (Index, "empty_log"),
        ):
            patched.setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            with self.step():
                return act(*arguments, **options)

        return watched


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


class World:
    """A hospital whose patient's results the clinic received: one small, one a blob. `prepare` leaves a petition."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @property
    def north(self):
        return self.story.north

    @property
    def handle(self) -> bytes:
        return self.north.vault.relations()[0]

    @property
    def wanted(self) -> bytes:
        """The record that is a blob, so that an erasure has a file to delete."""
        vault, scope = self.north.vault, for_decision(self.north, self.handle)
        return next(h.record for h in vault.headers(scope) if len(vault.read(scope, h.record).octets) > 70_000)

    def ask(self, kind: PetitionKind, **fields: object) -> None:
        petition(self.story.region.person("alma"), self.handle, kind, [self.wanted], **fields)

    def waiting(self) -> bytes:
        process_inbox(self.north)
        state = self.story.region.ledger.view()
        (key,) = [key for key, _ in records.petitions(state, self.handle)]
        return key

    def version(self, value: float) -> bytes:
        octets = self.north.vault.read(for_decision(self.north, self.handle), self.wanted).octets
        resource = orjson.loads(octets)
        resource["valueQuantity"]["value"] = value
        del resource["note"]  # what a person proposes must be small
        return orjson.dumps(resource)


def populate(story: Story) -> None:
    long = observation(urn(0), START_MS - DAY_MS, 1.5, text="x" * 80_000)
    resources = (patient("Alma", "N-1"), observation(urn(0), START_MS - 30 * DAY_MS, 1.1), long)
    (handle,) = deposit(story.north, bundle(*resources)).handles
    anchor(story.north)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received) and len(got.outcome.records) == 2


class Scenario:
    """A verb, what stands before it, and what must be true once it is done."""

    kind: PetitionKind
    change: Change | None = None
    outcome = Outcome.DONE

    def prepare(self, world: World) -> None:
        world.ask(self.kind, text="please", proposed=world.version(9.5) if self.kind is PetitionKind.AMEND else None)

    def act(self, world: World) -> None:
        raise NotImplementedError

    def whole(self, world: World, dead: bytes) -> None:
        raise NotImplementedError


class Erase(Scenario):
    kind, change = PetitionKind.ERASE, Change.ERASED

    def act(self, world: World) -> None:
        erase(world.north, world.waiting())

    def whole(self, world: World, dead: bytes) -> None:
        (header,) = [h for h in list_records(world.north, world.handle) if h.record == dead]
        assert header.status == Status.TOMBSTONE and header.version == 2
        assert [path for path in (world.north.vault.folder / "blobs").rglob("*") if path.is_file()] == []


class EraseAfterHold(Erase):
    def prepare(self, world: World) -> None:
        place_hold(world.north, world.handle, "case")
        super().prepare(world)
        erase(world.north, world.waiting())

    def act(self, world: World) -> None:
        for hold in list_holds(world.north, world.handle):
            lift_hold(world.north, world.handle, hold.hold)


class Amend(Scenario):
    kind, change = PetitionKind.AMEND, Change.AMENDED

    def act(self, world: World) -> None:
        accept_amendment(world.north, world.waiting())

    def whole(self, world: World, dead: bytes) -> None:
        (header,) = [h for h in list_records(world.north, world.handle) if h.record == dead]
        assert header.version == 2


class Refuse(Scenario):
    kind, outcome = PetitionKind.AMEND, Outcome.REFUSED

    def act(self, world: World) -> None:
        refuse_petition(world.north, world.handle, world.waiting(), Ground.ACCURATE, "no")

    def whole(self, world: World, dead: bytes) -> None:
        headers = list_records(world.north, world.handle)
        assert [h.type for h in headers].count("Communication") == 1
        assert {h.version for h in headers} == {1}


class Restrict(Scenario):
    kind, change = PetitionKind.RESTRICT, Change.RESTRICTED

    def act(self, world: World) -> None:
        restrict_as_asked(world.north, world.waiting())

    def whole(self, world: World, dead: bytes) -> None:
        assert records.restricted(world.story.region.ledger.view(), world.handle)


SCENARIOS = (Erase, EraseAfterHold, Amend, Refuse, Restrict)


@contextmanager
def at(home: Path) -> Iterator[World]:
    clock = FakeClock(START_MS + 1000)
    story = Story(open_region(home, PASSPHRASE, clock=clock), clock)
    try:
        yield World(story)
    finally:
        story.region.close()


def destroyed(world: World, dead: bytes) -> bool:
    headers = world.north.vault.headers(for_decision(world.north, world.handle))
    return any(h.record == dead and h.status == Status.TOMBSTONE for h in headers)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_each_durable_step(tmp_path: Path, scenario: type[Scenario], after: bool, first: First) -> None:
    case, step, finished = scenario(), first - first.stride, False
    with found(tmp_path / "sound") as story:
        populate(story)
        case.prepare(World(story))
        dead = World(story).wanted
    while not finished:
        step += first.stride
        home = tmp_path / str(step)
        shutil.copytree(tmp_path / "sound", home)
        finished = crash(case, home, step, after, dead)
        finish(case, home, dead)
        if finished or step // first.stride % 3 == 0:  # it costs as much as all the rest
            assert fsck_home(home, PASSPHRASE).sound
        shutil.rmtree(home)
    assert step > 5


def crash(case: Scenario, home: Path, step: int, after: bool, dead: bytes) -> bool:
    """Act until the step, then let the process go; return True if it came to its end. Nothing unasked was destroyed."""
    steps = Steps()
    with at(home) as world:
        assert world.north
        with pytest.MonkeyPatch.context() as patched:
            steps.watch(patched)
            steps.at, steps.after = step, after
            with suppress(Crash):
                case.act(world)
        if destroyed(world, dead):
            state = world.story.region.ledger.view()
            assert {entry.outcome for _, entry in records.petitions(state, world.handle)} == {Outcome.DONE}
    return steps.count < step


def finish(case: Scenario, home: Path, dead: bytes) -> None:
    """Open again, do it again where it was not begun, and look whether everything is as if nothing had happened."""
    with at(home) as world:
        with suppress(NoSuchPetition):  # resumed already
            case.act(world)
        state = world.story.region.ledger.view()
        ((_, entry),) = records.petitions(state, world.handle)
        assert entry.outcome == case.outcome
        case.whole(world, dead)
        assert {task.kind for task in world.north.vault.outbox.next(99)} <= {"accounts"}
        receipts = [view for view in collect(world.story.region.person("alma")) if isinstance(view, ReceiptView)]
        assert receipts and receipts[-1].outcome == case.outcome
        process_inbox(world.story.clinic)
        assert set(changes_of(list_notices(world.story.clinic)).values()) == ({case.change} if case.change else set())
        for relation in world.north.vault.relations():
            anchor(world.north)
            held = records.relation(world.story.region.ledger.view(), relation)
            assert held is not None and held.root == world.north.vault.anchors.opening(relation).root


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_each_step_of_a_custodians_own_correction(tmp_path: Path, after: bool, first: First) -> None:
    step, finished = first - first.stride, False
    with found(tmp_path / "sound") as story:
        populate(story)
    while not finished:
        step += first.stride
        home, steps = Path(shutil.copytree(tmp_path / "sound", tmp_path / str(step))), Steps()
        with at(home) as world:
            wanted, octets = world.wanted, world.version(7.5)
            with pytest.MonkeyPatch.context() as patched:
                steps.watch(patched)
                steps.at, steps.after = step, after
                with suppress(Crash):
                    correct(world.north, world.handle, wanted, octets)
        finished = steps.count < step
        with at(home) as world:
            (header,) = [h for h in list_records(world.north, world.handle) if h.record == wanted]
            process_inbox(world.story.clinic)
            told = set(changes_of(list_notices(world.story.clinic)).values())
            assert told == ({Change.AMENDED} if header.version == 2 else set())  # told if it was done
        assert fsck_home(home, PASSPHRASE).sound
        shutil.rmtree(home)
    assert step > 4


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_each_step_of_a_rotation(tmp_path: Path, after: bool, first: First) -> None:
    step, finished = first - first.stride, False
    with found(tmp_path / "sound") as story:
        populate(story)
    while not finished:
        step += first.stride
        home, steps = Path(shutil.copytree(tmp_path / "sound", tmp_path / str(step))), Steps()
        with at(home) as world:
            assert world.north
            with pytest.MonkeyPatch.context() as patched:
                steps.watch(patched)
                steps.at, steps.after = step, after
                with suppress(Crash):
                    rotate_vault(world.story.region, "north")
        finished = steps.count < step
        assert fsck_home(home, PASSPHRASE).sound  # before it is opened: a note at most
        with at(home) as world:
            assert len(list_records(world.north, world.handle)) == 3
        assert fsck_home(home, PASSPHRASE).findings == ()
        shutil.rmtree(home)
    assert step > 5
