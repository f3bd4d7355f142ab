"""Evidence to ask two verifiers about: the vectors, what Python's own tests ask, a played region, and changed bytes."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from story_policies import emergency_group, policy_set, put_under, rule
from story_region import DAY_MS, START_MS, Story, ask, found, take_in
from test_life_outage import outage
from test_story_sessions import Chart

from salus.core.glass import GlassReason
from salus.evidence.case import Memory
from salus.evidence.report import Report
from salus.evidence.verify import verify
from salus.merkle.checkpoint import NoteKey
from salus.policy.policies import Mode
from salus.services.ahead import ReceivedAhead
from salus.services.break_glass import request_break_glass
from salus.services.bulk_release import bulk_release
from salus.services.inbox import collect, process_inbox
from salus.services.receive import Received
from salus.services.receive_bulk import ReceivedBulk
from salus.services.receive_own import OwnView
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.services.request import request_own
from salus.services.resume import resume
from salus.services.session_page import ask_close

from .verifier_page import ROOT, Question

VECTORS = json.loads((ROOT / "tests/vectors/evidence.json").read_text())
MOST_OF_A_TEST = 15  # questions; some tests try every byte


def of_vectors() -> dict[str, Question]:
    """Return each vector, by its name."""
    genesis = bytes.fromhex(VECTORS["genesis"])
    witnesses = tuple(NoteKey(one["name"], bytes.fromhex(one["public"])) for one in VECTORS["witnesses"])
    return {case["name"]: Question(bytes.fromhex(case["evidence"]), genesis, witnesses) for case in VECTORS["cases"]}


def of_tests(module: ModuleType, seed: int) -> list[Question]:
    """Run the tests of `module` and return what they asked of `verify`; of a test that asks much, a part."""
    asked: list[Question] = []

    def noted(
        raw: bytes, genesis: bytes | None, *, witnesses: Sequence[NoteKey] = (), remembered: Memory | None = None
    ) -> Report:
        asked.append(Question(raw, genesis, tuple(witnesses), remembered))
        return verify(raw, genesis, witnesses=witnesses, remembered=remembered)

    drawn: list[Question] = []
    pick = random.Random(seed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "verify", noted)
        for call in _calls(module):
            asked.clear()
            call()
            drawn += asked if len(asked) <= MOST_OF_A_TEST else pick.sample(asked, MOST_OF_A_TEST)
    return [question for question in drawn if len(question.raw) < 1024 * 1024]


def _calls(module: ModuleType) -> Iterator[Callable[[], None]]:
    """Yield each test with each of its parameters."""
    for name, test in vars(module).items():
        if not name.startswith("test_"):
            continue
        tables = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        for values in product(*(table[1] for table in tables)):
            arguments: dict[str, Any] = {}
            for (names, _), value in zip(tables, values, strict=True):
                arguments |= {names: value} if isinstance(names, str) else dict(zip(names, value, strict=True))
            yield lambda test=test, arguments=arguments: test(**arguments)  # type: ignore[misc]


def of_region(home: Path) -> dict[str, Question]:
    """Play a region and return one file of each kind that its people and members received."""
    with found(home) as story, pytest.MonkeyPatch.context() as patched:
        files = dict(_played(story, patched))
        return {name: Question(raw, story.region.genesis) for name, raw in files.items()}


def _played(story: Story, patched: pytest.MonkeyPatch) -> Iterator[tuple[str, bytes]]:
    chart = Chart(story)
    request_own(chart.alma, chart.handle)
    process_inbox(story.north)
    yield "view", _only(collect(chart.alma), OwnView).evidence
    ask(story, chart.handle, chart.badge)
    process_inbox(story.north)
    yield "release", _only(chart.received(), Received).evidence
    session = chart.open()
    chart.page(session, since=START_MS - 100 * DAY_MS)
    chart.page(session)
    ask_close(story.clinic, session)
    process_inbox(story.north)
    answers = chart.received()
    yield "page", _only(answers[:1], ReceivedPage).evidence
    yield "session", _only(answers[-1:], ClosedSession).evidence
    yield from _under_a_policy(story, chart, patched)


def _under_a_policy(story: Story, chart: Chart, patched: pytest.MonkeyPatch) -> Iterator[tuple[str, bytes]]:
    handle = take_in(story.north, "Bela", "N-2")
    rules = rule(story, "PUBHLTH", Mode.OPT_OUT)
    put_under(story, handle, policy_set(story, rules, group=emergency_group(story, "clinic")))
    request_break_glass(story.clinic, handle, chart.badge, GlassReason.LIFE_IN_DANGER)
    process_inbox(story.north)
    yield "break-glass", _only(chart.received(), Received).evidence
    bulk_release(story.north, story.clinic.account, "PUBHLTH")
    yield "bulk", _only(chart.received(), ReceivedBulk).parts[0].evidence
    with outage(story, patched):
        request_break_glass(story.clinic, handle, chart.badge, GlassReason.UNCONSCIOUS)
        process_inbox(story.north)
        yield "records in an outage", _only(chart.received(), ReceivedAhead).evidence
    resume(story.north)
    yield "deferred", _only(chart.received(), Received).evidence


def _only(outcomes: Sequence[object], shape: type[Any]) -> Any:
    (one,) = outcomes
    assert isinstance(one, shape), one
    return one


def changed(question: Question, number: int, seed: int) -> list[Question]:
    """Return the question with one byte of its file changed, `number` times, at random places."""
    pick = random.Random(seed)
    out = []
    for _ in range(number):
        raw = bytearray(question.raw)
        raw[pick.randrange(len(raw))] ^= pick.randrange(1, 256)
        out.append(question._replace(raw=bytes(raw)))
    return out
