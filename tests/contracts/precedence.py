"""Each refusal of a message alone, and every pair: of two that apply, the first defined wins.

A contract's test names, per message, a sound `Scene` and for each refusal the defects that bring it
about; everything else follows:

    CASES = (Case("GrantConsent", scene, {errors.NoSuchRelation: no_relation, errors.NotAuthorised: ...}),)

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_sound(case): case.accepts()

    @pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
    def test_refused_alone(case, refusal, defects): case.refuses(refusal, defects)

    @pytest.mark.parametrize(("case", "refusal", "later"), pairs(CASES))
    def test_first_defined_wins(case, refusal, later): case.wins(refusal, later)

    def test_every_refusal_has_a_case(): assert_complete(errors, contract.MESSAGES, CASES)
    def test_readme_names_the_order(): assert_documented(contract, CASES)
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import pytest

from salus.contracts.context import Context, Signer
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.signatures import verify
from salus.core.types import Message
from salus.state.overlay import Overlay

NETWORK = bytes(range(32))
NOW = 1_800_000_000_000  # block time of a scene, milliseconds
HEIGHT = 10


class Nothing:
    """A Reader without a key: the bottom of a scene's state."""

    def get(self, key: bytes) -> bytes | None:
        return None

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        assert len(prefix) == 34
        return []


class Outcome(NamedTuple):
    """What one message did: code 0 is success."""

    code: int
    writes: dict[bytes, bytes | None]
    events: tuple[Message, ...]


@dataclass
class Scene:
    """All that one message meets; its defects change it in place."""

    handler: Callable[[Context, Any], None]
    message: Message
    signers: list[Signer]
    state: Overlay = field(default_factory=lambda: Overlay(Nothing()))
    network: bytes = NETWORK
    height: int = HEIGHT
    time: int = NOW
    nonce: bytes = b"n" * 16
    index: int = 0
    notes: dict[str, Any] = field(default_factory=dict)  # from the scene's builder to its defects

    def change(self, **fields: Any) -> None:
        """Replace fields of the message."""
        self.message = msgspec.structs.replace(self.message, **fields)

    def context(self) -> Context:
        """A context over a layer of its own, so that what the message writes stands apart."""
        signers = tuple(self.signers)
        state = Overlay(self.state)
        return Context(self.network, self.height, self.time, self.nonce, self.index, signers, state, verify)

    def run(self) -> Outcome:
        """Run the message over the wire's bytes of it; `state` stays as it was."""
        message = decode(encode(self.message), type(self.message))
        context = self.context()
        before = dict(self.state.writes)
        code = 0
        try:
            self.handler(context, message)
        except Refusal as refusal:
            code = type(refusal).code
        assert self.state.writes == before, "a handler wrote past its context"
        return Outcome(code, dict(context.state.writes), tuple(context.events))

    def commit(self) -> Outcome:
        """Run the message, which must succeed, and keep what it wrote: for scenes of several steps."""
        outcome = self.run()
        assert outcome.code == 0, hex(outcome.code)
        for key, value in outcome.writes.items():
            self.state.put(key, value)
        return outcome


Defect = Callable[[Scene], None]
Defects = tuple[Defect, ...]
Pair = tuple[type[Refusal], type[Refusal]]
Later = tuple[tuple[type[Refusal], Defects], ...]  # each refusal beside one defined before it, and both their defects


@dataclass(frozen=True)
class Case:
    """One message: a sound scene, and its refusals in order of precedence, each with its defects."""

    name: str  # of the message
    scene: Callable[[], Scene]  # fresh at each call
    defects: Mapping[type[Refusal], Defect | Sequence[Defect]]  # several: each way alone, and in every pair
    apart: Mapping[Pair, str] = field(default_factory=dict)  # pairs that cannot hold at once, and why

    def __str__(self) -> str:
        return self.name

    def ways(self, refusal: type[Refusal]) -> Defects:
        defects = self.defects[refusal]
        return (defects,) if callable(defects) else tuple(defects)

    def later(self, first: type[Refusal]) -> Later:
        """Return every refusal that is defined after `first` and can hold beside it, in each of their ways."""
        order = list(self.defects)
        return tuple(
            (second, both)
            for second in order[order.index(first) + 1 :]
            if (first, second) not in self.apart
            for both in itertools.product(self.ways(first), self.ways(second))
        )

    def accepts(self) -> Outcome:
        """Assert that the sound scene succeeds, with an event; return what it did."""
        scene = self.scene()
        assert type(scene.message).__name__ == self.name
        outcome = scene.run()
        assert outcome.code == 0, hex(outcome.code)
        assert outcome.events
        return outcome

    def wins(self, refusal: type[Refusal], later: Later) -> None:
        """Assert that `refusal` is met beside each of those defined later."""
        assert later
        for other, defects in later:
            self.refuses(refusal, defects, f" beside {other.__name__}")

    def refuses(self, refusal: type[Refusal], defects: Iterable[Defect], beside: str = "") -> None:
        """Assert that the scene with `defects` meets exactly `refusal`, and leaves nothing."""
        scene = self.scene()
        for defect in defects:
            defect(scene)
        outcome = scene.run()
        assert outcome.code == refusal.code, (
            f"0x{outcome.code:04x} instead of {refusal.__name__} (0x{refusal.code:04x}){beside}"
        )
        assert outcome.writes == {}
        assert outcome.events == ()


def alone(cases: Iterable[Case]) -> list[Any]:
    """Parameters (case, refusal, defects): each way of each refusal by itself."""
    return [
        pytest.param(case, refusal, (way,), id=f"{case}-{refusal.__name__}-{n}")
        for case in cases
        for refusal in case.defects
        for n, way in enumerate(case.ways(refusal))
    ]


def pairs(cases: Iterable[Case]) -> list[Any]:
    """Parameters (case, the one defined first, those defined later) of every two refusals, in each of their ways.

    Twelve thousand pairs are some seven hundred tests, since a test costs more than a pair.
    """
    return [
        pytest.param(case, first, later, id=f"{case}-{first.__name__}")
        for case in cases
        for first in case.defects
        if (later := case.later(first))
    ]


def refusals(errors: ModuleType) -> list[type[Refusal]]:
    """Return the refusals that a contract's `errors` module defines, in order."""
    return [
        r
        for r in vars(errors).values()
        if isinstance(r, type) and issubclass(r, Refusal) and r.__module__ == errors.__name__
    ]


def assert_complete(errors: ModuleType, messages: Mapping[int, type[Message]], cases: Sequence[Case]) -> None:
    """Assert that each message has one case, each refusal of the contract is in one, orders agree."""
    order = refusals(errors)
    codes = [r.code for r in order]
    assert codes == sorted(set(codes)), "codes rise in order of precedence"
    assert len({number >> 8 for number in messages} | {code >> 8 for code in codes}) == 1, "codes are of the contract"
    assert sorted(case.name for case in cases) == sorted(shape.__name__ for shape in messages.values())
    covered = {refusal for case in cases for refusal in case.defects}
    assert [r.__name__ for r in order if r not in covered] == [], "refusals without a case"
    for case in cases:
        own = [r for r in case.defects if r in order]
        assert own == sorted(own, key=order.index), f"{case}: not in the order of errors.py"
        for one, two in case.apart:
            assert list(case.defects).index(one) < list(case.defects).index(two)


def documented(readme: Path) -> dict[str, list[str]]:
    """Return {message: names of its refusals in order} from a README's table of errors.

    Rows under the heading `## Errors`: | `Message` | `First`, `Second` |
    """
    text = readme.read_text(encoding="utf-8").split("\n## Errors", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", cells) for name, cells in rows}


def assert_documented(contract: ModuleType, cases: Sequence[Case]) -> None:
    """Assert that the contract's README names, per message, exactly its refusals in their order."""
    assert contract.__file__ is not None
    names = documented(Path(contract.__file__).parent / "README.md")
    assert names == {case.name: [r.__name__ for r in case.defects] for case in cases}
