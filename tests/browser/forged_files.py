"""Evidence changed at the level of its parts: some within what is shown, some under a validator's own signature.

A changed byte is mostly found by the first hash above it. What stands under the app hash, the log and the map is read
only if all of that is made anew around it: here it is, by the keys of the vectors' world.
"""

import random
from dataclasses import dataclass
from typing import Any

import cbor2
from msgspec.structs import replace

from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.record import leaf_hash
from salus.core.types import Message
from salus.evidence.format import RecordFact
from salus.evidence.state import LOG_KEY, AnswerValue, LogValue
from salus.merkle.log import Log
from vectors.core_vectors import genesis_file
from vectors.fixed import fixed
from vectors.grounds import Grounded
from vectors.world import NETWORK, RELATION, WITNESS

from .verifier_page import Question

VALUES: tuple[Any, ...] = (
    *(0, 1, 23, 24, 255, 256, 2**16 - 1, 2**16, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63 - 1, 2**63, -1),
    *(None, True, 1.0, b"", bytes(16), bytes(32), "", "x", [], [[]], {}, {1: 2}),
)
TEXTS = ("\ufeff", "\u00e9", "a" * 130, "\U0001f600" * 64, "\x00", "\n")


def reshaped(raw: bytes, pick: random.Random) -> bytes:
    """Return the CBOR in `raw` with one part left out, doubled, moved or changed; within byte strings too."""
    try:
        whole = cbor2.loads(raw)
    except (cbor2.CBORDecodeError, ValueError):
        return raw
    places = _places(whole)
    if not places:
        return raw
    around, at = pick.choice(places)
    _change(around, at, pick)
    encoded: bytes = cbor2.dumps(whole)
    return encoded


def _places(value: object) -> list[tuple[list[Any], int]]:
    if not isinstance(value, list):
        return []
    return [(value, at) for at in range(len(value))] + [place for item in value for place in _places(item)]


def _change(around: list[Any], at: int, pick: random.Random) -> None:
    part, way = around[at], pick.randrange(8)
    if isinstance(part, bytes) and len(part) > 40 and way < 4:
        around[at] = reshaped(part, pick)
    elif way == 0:
        del around[at]
    elif way == 1:
        around.insert(at, part)
    elif way == 2:
        other = pick.randrange(len(around))
        around[at], around[other] = around[other], part
    elif way == 3 or part is None or isinstance(part, bool):
        around[at] = pick.choice(VALUES)
    elif isinstance(part, int):
        around[at] = max(0, part + pick.choice((-1, 1, 7, 2**32)))
    elif isinstance(part, bytes):
        around[at] = _turned(part, pick)
    elif isinstance(part, str):
        around[at] = part + pick.choice(TEXTS)
    elif isinstance(part, list):
        pick.shuffle(part)


def _turned(part: bytes, pick: random.Random) -> bytes:
    if not part or not pick.randrange(4):
        return pick.choice((part[:-1], part + b"\x00"))
    changed = bytearray(part)
    changed[pick.randrange(len(part))] ^= pick.randrange(1, 256)
    return bytes(changed)


@dataclass
class Forged(Grounded):
    """A world whose validator signs whatever was changed: a value of the state, an event, a record's header."""

    spoils: str = "state"  # or "event", "header"
    pick: random.Random = None  # type: ignore[assignment]
    spoiled: bytes = b""  # the header of the first record

    def signed_header(self) -> bytes:
        """The header over the state with one value changed."""
        if self.spoils == "state":
            key = self.pick.choice([key for key in self.state if key[:1] in b"\x00\x02\x03\x05"])
            self.state[key] = reshaped(self.state[key], self.pick)
        return super().signed_header()

    def _write(self, release: bytes, answer: AnswerValue, *events: tuple[int, Message]) -> tuple[int, ...]:
        indexes = super()._write(release, answer, *events)
        if self.spoils == "event":
            at = self.pick.randrange(len(self.bodies))
            self.bodies[at] = reshaped(self.bodies[at], self.pick)
            entries = [fixed(f"entry {i}") for i in range(5)]
            entries += [T("event", NETWORK, body) for body in self.bodies]
            self.log = Log([*entries, fixed("entry after")])
            self.state[LOG_KEY] = encode(LogValue(self.log.size, self.log.root()))
        return indexes

    def raw(self, label: str) -> bytes:
        """The header of a record, of the first one changed."""
        if self.spoils != "header" or label != self.labels[0]:
            return encode(self.header(label))
        self.spoiled = self.spoiled or reshaped(encode(self.header(label)), self.pick)
        return self.spoiled

    def leaf(self, label: str) -> bytes:
        """The leaf of what `raw` gives."""
        return leaf_hash(NETWORK, RELATION, fixed("leaf salt " + label), self.raw(label))

    def record(self, label: str, whole: bool = False) -> RecordFact:
        """The record with what `raw` gives."""
        return replace(super().record(label, whole), header=self.raw(label))


def signed_forgeries(number: int, seed: int) -> list[Question]:
    """Return evidence of every kind in which a part is changed under sound signatures and proofs."""
    pick = random.Random(seed)
    made: list[Question] = []
    for _ in range(number):
        world = Forged(spoils=pick.choice(("state", "event", "header")), pick=pick)
        make = pick.choice((world.release, world.view, world.glass, world.push, world.page, world.session))
        made.append(Question(encode(make()), genesis_file(), (WITNESS,)))
    return made


def reshapings(question: Question, number: int, seed: int) -> list[Question]:
    """Return the question with a part of its file, or now and then of its genesis, changed, `number` times."""
    pick = random.Random(seed)
    out = [question._replace(raw=reshaped(question.raw, pick)) for _ in range(number)]
    genesis = question.genesis or b""
    return out + [question._replace(genesis=reshaped(genesis, pick)) for _ in range(number // 8)]
