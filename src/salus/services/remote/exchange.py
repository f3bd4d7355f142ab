"""The exchange among members and people with homes of their own; implements `ports.Exchange` over HTTP.

A letter to an organisation goes to its gateway, one to a person to her custodian's. It is put into the outbox
first and leaves it once the other side has it on its disk, or has refused it for good. Letters for one gateway leave
in the order they were posted. What is for an account of this home stays in it.

What an organisation asks is asked at the custodian's gateway, whose answer is kept as the letter that it is, before the
question leaves the outbox. Where that gateway is away the question waits; what it does not answer goes as a letter.
"""

import threading
import time
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Annotated

from msgspec import Meta

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode
from salus.core.errors import Kind, Refusal
from salus.core.types import Message
from salus.services import lookup
from salus.services.answering import ANSWERS
from salus.services.errors import UnknownSealKey
from salus.services.folder_exchange import FolderExchange
from salus.services.ports import KINDS, Letter
from salus.services.remote.addresses import Addresses
from salus.services.remote.errors import BadAnswer, NotKeptHere, NotLetIn
from salus.services.remote.gateways import Gateways
from salus.services.remote.node import AskedDirectory
from salus.services.remote.outbox import Outbox, Waiting
from salus.services.remote.sender import OrganisationSender, Sender

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 600.0
GIVEN_UP_MS = 14 * 86_400_000
COSE_TAG = b"\xd8\x62"
QUESTIONS = {"request": "requests", "session": "sessions", "page-request": "sessions/pages", "look-up": "match"}
LETTER = "salus-letter"  # the header field that says which kind of letter an answer is
_LATER = (Kind.UNAVAILABLE, Kind.EXHAUSTED)


class Fetched(Message, frozen=True):
    """A page of an inbox: (name, kind, body) of letters, and whether there are more after them."""

    letters: tuple[
        tuple[Annotated[str, Meta(max_length=128)], Annotated[str, Meta(max_length=32)], bytes],
        ...,
    ]
    more: bool


class RemoteExchange:
    """Letters of one sender. `here` holds the organisations whose letters lie in this home. Thread-safe."""

    def __init__(
        self,
        ledger: Ledger,
        local: FolderExchange,
        here: Callable[[], Container[bytes]],
        gateways: Gateways,
        addresses: Addresses,
        directory: AskedDirectory,
        outbox: Outbox,
        sender: Sender,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._local, self._here, self._sender = ledger, local, here, sender
        self._gateways, self._addresses, self._directory = gateways, addresses, directory
        self._outbox, self._now_s = outbox, now_s
        self._sending, self._putting = threading.Lock(), threading.Lock()
        self._again = False
        self._asking: set[str] = set()  # letters that a thread of their own asks with
        self._pauses: dict[object, tuple[float, float]] = {}  # of a member or a letter: until when, and how long

    def post(self, recipient: bytes, kind: str, body: bytes) -> None:
        """Leave a letter; raise the other's refusal where it is final, UnknownRelation where nobody is of that id."""
        if kind not in KINDS:
            raise ValueError(kind)
        if self._member(recipient) in self._here():
            self._local.post(recipient, kind, body)
            return
        if kind not in QUESTIONS or not self._ask_apart(recipient, kind, body):
            self.flush(self._outbox.put(recipient, kind, body))

    def inbox(self, recipient: bytes) -> list[Letter]:
        """Return the letters to `recipient`, oldest first; a person's are fetched from her custodian's gateway."""
        if self._member(recipient) in self._here():
            return self._local.inbox(recipient)
        now, *before = self._places(recipient)
        letters = self._fetch(recipient, now)
        for member in before:
            with suppress(Refusal):  # a former custodian that is away keeps nothing from her that matters today
                letters += self._fetch(recipient, member)
        return letters

    def done(self, recipient: bytes, name: str) -> None:
        """Remove a letter, wherever it lies."""
        if self._member(recipient) in self._here():
            self._local.done(recipient, name)
            return
        key, _ = self._sender.fetches(recipient)
        now, *before = self._places(recipient)
        self._gateways.ask("DELETE", f"{self._box(now, recipient)}/{name}", key=key)
        for member in before:
            with suppress(Refusal):
                self._gateways.ask("DELETE", f"{self._box(member, recipient)}/{name}", key=key)

    def publish_key(self, public: bytes) -> None:
        """Publish a sealing key of the organisation whose exchange this is, here and in the directory."""
        self._local.publish_key(public)
        if isinstance(self._sender, OrganisationSender) and self._is_member(self._sender.account):
            self._directory.publish(self._sender.account, self._sender.gateway, public)

    def find_key(self, key: bytes) -> bytes:
        """Return a public sealing key, from the directory the first time."""
        try:
            return self._local.find_key(key)
        except UnknownSealKey:
            public = self._directory.find(key)
        if public is None or not lookup.names_seal_key(self._ledger.network, key, public):
            raise UnknownSealKey
        self._local.publish_key(public)
        return public

    @property
    def outbox(self) -> Outbox:
        """What waits, and what was given up."""
        return self._outbox

    def flush(self, wanted: str | None = None) -> None:
        """Send what waits and whose pause is over. Raises the final refusal of the letter `wanted`.

        Where another thread is sending already, that one goes over the outbox again.
        """
        self._again = True
        refused: Refusal | None = None
        while self._again and self._sending.acquire(blocking=False):
            try:
                self._again = False
                refused = self._pass(wanted) or refused
            finally:
                self._sending.release()
        if refused is not None:
            raise refused

    def _ask_apart(self, recipient: bytes, kind: str, body: bytes) -> bool:
        """Ask in this thread, so that nobody's letters wait for an answer; False where others go before it."""
        with self._putting:
            if any(letter.recipient == recipient for letter in self._outbox.waiting()):
                return False
            name = self._outbox.put(recipient, kind, body)
            self._asking.add(name)
        try:
            refusal = self._send(Waiting(name, recipient, kind, time.time_ns() // 1_000_000), set())
        finally:
            self._asking.discard(name)
        if refusal is not None:
            raise refusal
        return True

    def _pass(self, wanted: str | None) -> Refusal | None:
        held: set[bytes] = set()  # members whose letters wait on, in their order
        found: Refusal | None = None
        with self._putting:
            waiting = [letter for letter in self._outbox.waiting() if letter.name not in self._asking]
        for letter in waiting:
            refusal = self._send(letter, held)
            if refusal is not None and letter.name == wanted:
                found = refusal
        return found

    def _send(self, letter: Waiting, held: set[bytes]) -> Refusal | None:
        """Send one letter; return the refusal with which it was given up."""
        try:
            member = self._member(letter.recipient)
        except Refusal:
            return self._put_off(letter)
        if self._pausing(member):
            held.add(member)
        if member in held or self._pausing(letter.name):
            return None
        try:
            self._deliver(member, letter)
        except FileNotFoundError:
            return None  # another process of this home sent it
        except (NotKeptHere, NotLetIn):  # perhaps not yet: the other may be behind
            return self._put_off(letter)
        except Refusal as refusal:
            if refusal.kind in _LATER:
                held.add(member)
                self._pause(member)
                self._addresses.doubt()
                return self._put_off(letter, pause=False)
            self._give_up(letter)
            return refusal
        self._pauses.pop(member, None)
        self._pauses.pop(letter.name, None)
        self._outbox.drop(letter.name)
        return None

    def _deliver(self, member: bytes, letter: Waiting) -> None:
        body = self._outbox.body(letter.name)
        if member in self._here():  # custody came here meanwhile
            self._local.post(letter.recipient, letter.kind, body)
            return
        if letter.kind in QUESTIONS and self._asked(member, letter.kind, body):
            return
        media_type = "application/cose" if body.startswith(COSE_TAG) else "application/cbor"
        url = f"{self._box(member, letter.recipient)}/{letter.kind}"
        self._gateways.ask("POST", url, body, media_type, key=self._sender.signs(member, body))

    def _asked(self, member: bytes, kind: str, body: bytes) -> bool:
        """Ask a member's gateway and keep what it answers; False where the question has to go as a letter.

        Raises as `Gateways.ask` where it may be asked later; BadAnswer.
        """
        if not isinstance(self._sender, OrganisationSender) or self._sender.account not in self._here():
            return False  # a person's answers come to her custodian's, wherever she is by then
        try:
            answer = self._gateways.ask(
                "POST", f"{self._addresses.url(member)}/{QUESTIONS[kind]}", body, "application/cbor"
            )
        except Refusal as refusal:
            if refusal.kind in _LATER:
                raise
            return False
        answered = answer.fields.get(LETTER, "")
        if answered and answered not in ANSWERS:
            raise BadAnswer
        self._gateways.catch_up(answer.height)
        if answered:  # else it says of a session what the ledger says too
            self._local.post(self._sender.account, answered, answer.body)
        return True

    def _put_off(self, letter: Waiting, *, pause: bool = True) -> Refusal | None:
        """Let a letter wait on, unless it has waited for too long."""
        if pause:
            self._pause(letter.name)
        if time.time_ns() // 1_000_000 - letter.since_ms < GIVEN_UP_MS:
            return None
        self._give_up(letter)
        return NotKeptHere()

    def _give_up(self, letter: Waiting) -> None:
        self._outbox.give_up(letter.name)
        self._pauses.pop(letter.name, None)

    def _pausing(self, what: object) -> bool:
        return self._now_s() < self._pauses.get(what, (0.0, 0.0))[0]

    def _pause(self, what: object) -> None:
        pause = min(LONGEST_PAUSE_S, 2 * self._pauses.get(what, (0.0, FIRST_PAUSE_S / 2))[1])
        self._pauses[what] = (self._now_s() + pause, pause)

    def _fetch(self, recipient: bytes, member: bytes) -> list[Letter]:
        key, _ = self._sender.fetches(recipient)
        letters: list[Letter] = []
        more = True
        while more:
            after = f"?after={letters[-1].name}" if letters else ""
            answer = self._gateways.ask("GET", self._box(member, recipient) + after, key=key)
            self._gateways.catch_up(answer.height)
            page = decode(answer.body, Fetched)
            letters += [Letter(*one) for one in page.letters]
            more = page.more and bool(page.letters)
        return letters

    def _box(self, member: bytes, recipient: bytes) -> str:
        return f"{self._addresses.url(member)}/letters/{recipient.hex()}"

    def _places(self, recipient: bytes) -> list[bytes]:
        """Return the custodian of today and, if the wallet knows another from before, that too."""
        _, before = self._sender.fetches(recipient)
        return list(dict.fromkeys((self._member(recipient), *before)))

    def _is_member(self, account: bytes) -> bool:
        return governance.member(self._ledger.view(), account) is not None

    def _member(self, recipient: bytes) -> bytes:
        state = self._ledger.view()
        return recipient if accounts.is_organisation(state, recipient) else lookup.person(state, recipient).custodian
