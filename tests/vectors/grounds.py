"""The world of `world.py` with what other grounds than a directive leave on the ledger, and the evidence of each."""

from dataclasses import dataclass
from typing import Any

from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.request import GlassRequest, Request
from salus.core.types import Message
from salus.evidence.format import (
    ANNEXED,
    Annex,
    Annexed,
    Evidence,
    LogFact,
    Page,
    RequestFact,
    page_entry,
    session_root,
)
from salus.evidence.state import (
    LOG_KEY,
    AnswerValue,
    Broken,
    Closed,
    LogValue,
    Opened,
    Outcome,
    Pushed,
    answer_key,
    owner_key,
    relation_key,
)
from salus.merkle.log import Log

from .fixed import NOW, fixed
from .world import HOSPITAL, NETWORK, RECIPIENT_KEY, REGULATOR, RELATION, World, event_body

POLICY, ORDER = fixed("policy set"), fixed("order")
RELEASE = fixed("derived id of a push")
BY = NOW + 60_000
NO_SALT = bytes(32)


@dataclass
class Grounded(World):
    """A world in which the release came about in another way; change a part, then call the evidence of its kind."""

    reason: int = 1  # of a break-glass
    outcome: int = 0  # of the answer; 0: what belongs to the kind
    fields: tuple[tuple[str, Any], ...] = ()  # of the event, instead of the sound ones

    @property
    def commitment(self) -> bytes:
        return T("leaves", NETWORK, fixed("leaves salt"), self.sorted_leaves())

    def sorted_leaves(self) -> list[bytes]:
        return sorted(self.leaf(label) for label in self.shown)

    def keys(self, release: bytes, *others: bytes) -> tuple[bytes, ...]:
        return (LOG_KEY, answer_key(RELATION, release), *others)

    def _write(self, release: bytes, answer: AnswerValue, *events: tuple[int, Message]) -> tuple[int, ...]:
        """Put the events into the log and the answer into the state; return the indexes of the events."""
        self.bodies = [event_body(number, event) for number, event in events]
        self.log = Log(fixed(f"entry {i}") for i in range(5))
        indexes = tuple(self.log.append(T("event", NETWORK, body)) for body in self.bodies)
        self.log.append(fixed("entry after"))
        self.state[answer_key(RELATION, release)] = encode(answer)
        self.state[LOG_KEY] = encode(LogValue(self.log.size, self.log.root()))
        return indexes

    def _events(self, indexes: tuple[int, ...]) -> tuple[LogFact, ...]:
        return tuple(
            LogFact(index, self.log.size, body, self.log.inclusion(index).path)
            for index, body in zip(indexes, self.bodies, strict=True)
        )

    def _answer(self, outcome: Outcome, leaves: bytes | None) -> AnswerValue:
        return AnswerValue(self.outcome or int(outcome), REGULATOR, NOW, leaves, BY, None)

    def _event(self, shape: type[Message], **sound: Any) -> Message:
        values = sound | dict(self.fields)
        return shape(**{name: values[name] for name in shape.__struct_fields__})

    def _common(self, request: bytes, payload: Request | None) -> dict[str, Any]:
        asked = {} if payload is None else {n: getattr(payload, n) for n in ("filter", "staff", "seal_key")}
        return asked | {
            "relation": RELATION, "recipient": REGULATOR, "custodian": HOSPITAL, "request": request,
            "release": request, "purpose": 1, "use": 0, "relation_root": self.root, "leaves": self.commitment,
            "trigger": 1, "deliver_by": BY, "ends": BY, "reason": self.reason,
        }  # fmt: skip

    def _evidence(
        self, kind: int, keys: tuple[bytes, ...], events: tuple[LogFact, ...], request: RequestFact | None
    ) -> Evidence:
        shown = kind != 6
        return Evidence(
            1, NETWORK, kind, self.signed_header(), self.facts(*keys), events, self.checkpoint(),
            self.opening if shown else None, self.records(self.shown) if shown else (), request, None,
        )  # fmt: skip

    @property
    def _owner(self) -> bytes:
        return owner_key(RECIPIENT_KEY.id(NETWORK))

    def glass(self) -> Evidence:
        """A release by break-glass, whose request names its reason."""
        asked = Request(RELATION, fixed("filter"), 1, None, fixed("seal key"), fixed("request nonce", 16), BY)
        payload = GlassRequest(*(getattr(asked, name) for name in asked.__struct_fields__), self.reason)
        raw = cose.sign("break-glass", NETWORK, encode(payload), [RECIPIENT_KEY])
        release = T("request", NETWORK, encode(payload))
        event = self._event(Broken, basis=(5, POLICY, 3), **self._common(release, payload))
        at = self._write(release, self._answer(Outcome.BREAK_GLASS, self.commitment), (0x0504, event))
        fact = RequestFact(raw, RECIPIENT_KEY.public, fixed("leaves salt"))
        return self._evidence(1, self.keys(release, relation_key(RELATION), self._owner), self._events(at), fact)

    def push(self) -> Annexed:
        """A push by the law, under a mandate."""
        event = self._event(Pushed, basis=(3, POLICY, 3), **self._common(RELEASE, None))
        at = self._write(RELEASE, self._answer(Outcome.PUSHED, self.commitment), (0x0508, event))
        evidence = self._evidence(4, self.keys(RELEASE, relation_key(RELATION)), self._events(at), None)
        return Annexed(ANNEXED, encode(evidence), Annex(fixed("leaves salt"), None, ()))

    def page(self, **fields: Any) -> Annexed:
        """A page of a session that is open."""
        at = self._open(None)
        page = encode(self.entry(**fields))
        fact = RequestFact(self.request, RECIPIENT_KEY.public, NO_SALT)
        keys = self.keys(self.request_id, relation_key(RELATION), self._owner)
        evidence = self._evidence(5, keys, self._events(at), fact)
        return Annexed(ANNEXED, encode(evidence), Annex(fixed("page salt"), page, ()))

    def entry(self, **fields: Any) -> Page:
        sound = {"session": self.request_id, "number": 2, "time": NOW, "filter": fixed("search")}
        return Page(**(sound | {"leaves": tuple(self.sorted_leaves())} | fields))

    def session(self) -> Annexed:
        """A session of three pages that was closed."""
        pages = (fixed("page 1"), page_entry(NETWORK, fixed("page salt"), encode(self.entry())), fixed("page 3"))
        at = self._open(session_root(NETWORK, self.request_id, fixed("closing salt"), pages))
        fact = RequestFact(self.request, RECIPIENT_KEY.public, NO_SALT)
        evidence = self._evidence(6, self.keys(self.request_id, self._owner), self._events(at), fact)
        return Annexed(ANNEXED, encode(evidence), Annex(fixed("closing salt"), None, pages))

    def _open(self, root: bytes | None) -> tuple[int, ...]:
        asked = Request(RELATION, fixed("filter"), 1, None, fixed("seal key"), fixed("request nonce", 16), BY)
        common = self._common(self.request_id, asked)
        events: list[tuple[int, Message]] = [(0x0506, self._event(Opened, basis=self.basis, **common))]
        if root is not None:
            events.append((0x0507, self._event(Closed, root=root, **common)))
        return self._write(self.request_id, self._answer(Outcome.SESSION, root), *events)
