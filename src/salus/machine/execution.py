"""Execute the batches of one block: protective envelopes first, then all others in their order.

An envelope is atomic: its messages run in an overlay of their own, which is merged or dropped as a
whole. Its id is consumed once all its signatures verify and the keys are live, also when a message
is refused. Protective envelopes (made only of protective messages) run before everything else by
id, with the keys that were live at the start of the block; one that is refused there is not
consumed but takes its ordinary place.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from salus.contracts.context import Context, Signer, ValidatorUpdate
from salus.contracts.registry import EVENTS, PROTECTIVE
from salus.core.encoding import decode, encode
from salus.core.envelope import Envelope
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.types import Message
from salus.machine.admission import Admission, Gate
from salus.machine.errors import UnknownMessage
from salus.machine.versions import Rules
from salus.state.overlay import Cached, Overlay, Reader

NO_NONCE = bytes(16)  # in the events that come of the height and of no envelope
NO_ID = bytes(32)  # of an envelope that cannot be parsed

_NUMBERS: dict[type[Message], int] = {shape: number for number, shape in EVENTS.items()}


class Outcome(NamedTuple):
    """What became of one envelope: 0 or the code of its refusal, and the bodies of its events."""

    id: bytes
    code: int
    events: tuple[bytes, ...]


class Event(NamedTuple):
    """An event and its body, as it stands in the log."""

    message: Message
    body: bytes


class Executed(NamedTuple):
    """What became of the block: per batch its outcomes (none where it was refused), and its events."""

    outcomes: list[tuple[Outcome, ...]]
    events: list[Event]  # in the order in which they happened
    validator_updates: tuple[ValidatorUpdate, ...]


class _Turn(NamedTuple):
    """An envelope that can be run, and where its outcome goes: a batch's list, and the number in it."""

    envelope: Envelope
    outcomes: list[Outcome | None]
    number: int


class Execution:
    """One block on its way, under `rules`. `state` collects its writes over `base`, the committed state."""

    __slots__ = ("_gate", "_layer", "_network", "_rules", "base", "events", "height", "state", "time")

    def __init__(self, network: bytes, gate: Gate, base: Reader, height: int, time: int, rules: Rules) -> None:
        self._network, self._gate, self._rules = network, gate, rules
        self.base = Cached(base)
        self.state = Overlay(self.base)
        self._layer = Overlay(self.state)  # of the envelope whose turn it is
        self.height, self.time = height, time
        self.events: list[Event] = []

    def run(self, admitted: Sequence[Admission]) -> Executed:
        """Run what is due at the height, then the envelopes of the admitted batches."""
        updates = self._begin()
        found, turns = self._parse(admitted)
        self._gate.ahead(self.base, self.time, [turn.envelope for turn in turns])
        protective = [turn for turn in turns if is_protective(turn.envelope, self._rules.protective)]
        for turn in sorted(protective, key=_id):  # stable: of equal ids the one that comes first
            outcome = self._first(turn.envelope)
            if not outcome.code:
                turn.outcomes[turn.number] = outcome
        for envelope, outcomes, number in turns:
            if outcomes[number] is None:
                outcomes[number] = self._in_turn(envelope)
        self._gate.ahead(self.base, self.time, ())
        done = [tuple([outcome for outcome in outcomes if outcome is not None]) for outcomes in found]
        return Executed(done, self.events, updates)

    def _parse(self, admitted: Sequence[Admission]) -> tuple[list[list[Outcome | None]], list[_Turn]]:
        """Return, per batch, places for its outcomes (none where it was refused), and all envelopes that can be run."""
        found: list[list[Outcome | None]] = []
        turns: list[_Turn] = []
        for admission in admitted:
            raws = () if admission.code or admission.batch is None else admission.batch.payload.envelopes
            outcomes: list[Outcome | None] = [None] * len(raws)
            found.append(outcomes)
            for number, raw in enumerate(raws):
                try:
                    turns.append(_Turn(self._gate.read(raw, keep=False), outcomes, number))
                except Refusal as refusal:
                    outcomes[number] = Outcome(NO_ID, refusal.code, ())
        return found, turns

    def _begin(self) -> tuple[ValidatorUpdate, ...]:
        updates: dict[bytes, ValidatorUpdate] = {}
        events: list[Message] = []
        for contract in self._rules.contracts:
            if contract.begin_block is not None:
                for update in contract.begin_block(self.state, self._network, self.height, self.time, events.append):
                    updates[update.public] = update
        self.events += [Event(event, event_body(NO_NONCE, index, event)) for index, event in enumerate(events)]
        return tuple(updates.values())

    def _first(self, envelope: Envelope) -> Outcome:
        """Run a protective envelope before all others; it is consumed only if it succeeds."""
        try:
            signers = self._gate.envelope(self.base, self.time, envelope, remember=True)
            outcome = self._messages(envelope, signers)
        except Refusal as refusal:
            return Outcome(envelope.id, refusal.code, ())
        self._gate.seen.consume(envelope.id, envelope.payload.not_after)
        return outcome

    def _in_turn(self, envelope: Envelope) -> Outcome:
        """Run an envelope in its place; it is consumed as soon as its signers are known to be good."""
        try:
            signers = self._gate.envelope(self.state, self.time, envelope, remember=False)
            self._gate.seen.consume(envelope.id, envelope.payload.not_after)
            return self._messages(envelope, signers)
        except Refusal as refusal:
            return Outcome(envelope.id, refusal.code, ())

    def _messages(self, envelope: Envelope, signers: tuple[Signer, ...]) -> Outcome:
        """Run all messages or none: a refusal leaves no write and no event."""
        state, nonce = self._layer, envelope.payload.nonce
        verify = self._gate.verified.verify
        events: list[Event] = []
        try:
            for index, (number, raw) in enumerate(envelope.payload.messages):
                handler, message = self._read(number, raw)
                context = Context(self._network, self.height, self.time, nonce, index, signers, state, verify)
                handler(context, message)
                events += [Event(event, event_body(nonce, index, event)) for event in context.events]
        except Refusal:
            state.drop()
            raise
        state.merge()
        self.events += events
        return Outcome(envelope.id, 0, tuple([event.body for event in events]))

    def _read(self, number: int, raw: bytes) -> tuple[Callable[[Context, Any], None], Message]:
        shape = self._rules.messages.get(number)
        if shape is None:
            raise UnknownMessage
        return self._rules.handlers[number], decode(raw, shape)


def is_protective(envelope: Envelope, protective: tuple[int, ...] = PROTECTIVE) -> bool:
    """True if every message of the envelope is protective, by the newest rules or those that say so."""
    messages = envelope.payload.messages
    return messages[0][0] in protective and all(number in protective for number, _ in messages)


def _id(turn: _Turn) -> bytes:
    return turn.envelope.id


def event_body(nonce: bytes, index: int, event: Message) -> bytes:
    """Return the body of an event: dCBOR [event number, envelope nonce, message index, event]."""
    return encode([_NUMBERS[type(event)], nonce, index, event])


def event_entry(network: bytes, body: bytes) -> bytes:
    """Return the entry of an event in the log: T("event", body)."""
    return T("event", network, body)


def block_entry(network: bytes, height: int, time: int, batches: bytes) -> bytes:
    """Return the first entry of a non-empty block: T("block", height, time, batches root)."""
    return T("block", network, height, time, batches)
