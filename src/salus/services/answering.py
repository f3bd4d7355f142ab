"""Answer a request to whoever waits for it, and not by a letter that is fetched later.

The answer leaves from where it would be posted: what was committed stays in the outbox until the peer has taken all
of it. A peer that goes away before gets it as a letter, and so it does after a crash. While it is sent others decide;
what resumes interrupted work waits, since it would take this for interrupted.
"""

from collections.abc import Callable
from dataclasses import replace
from threading import RLock

from salus.services.actors import Organisation
from salus.services.answer_lookup import LookupAnswered, answer_lookup
from salus.services.defer import Deferred
from salus.services.deliver import Delivery, Withheld
from salus.services.open_session import SessionOpened, open_session
from salus.services.ports import Exchange, Letter
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.session_page import PageSent, SessionOver, session_page

ANSWERS = ("delivery", "refusal", "emergency", "page", "closing", "ticket")  # kinds of letters that answer
HandOver = Callable[[str, bytes], bool]  # (kind, body): True once the peer has taken all of it; waits for that


class _Waited:
    """An exchange whose first answer goes to who waits; implements `ports.Exchange`."""

    def __init__(self, exchange: Exchange, hand_over: HandOver, turn: RLock) -> None:
        self._exchange, self._hand_over, self._turn = exchange, hand_over, turn
        self._answered = False

    def post(self, recipient: bytes, kind: str, body: bytes) -> None:
        """Hand the answer over, or leave it as a letter; others decide meanwhile."""
        if kind in ANSWERS and not self._answered:
            self._answered = True
            self._turn.release()
            try:
                if self._hand_over(kind, body):
                    return
            finally:
                self._turn.acquire()
        self._exchange.post(recipient, kind, body)

    def inbox(self, recipient: bytes) -> list[Letter]:
        return self._exchange.inbox(recipient)

    def done(self, recipient: bytes, name: str) -> None:
        self._exchange.done(recipient, name)

    def publish_key(self, public: bytes) -> None:
        self._exchange.publish_key(public)

    def find_key(self, key: bytes) -> bytes:
        return self._exchange.find_key(key)


def answer_request(
    organisation: Organisation, package: bytes, hand_over: HandOver
) -> Delivery | Refused | Withheld | Deferred:
    """Answer a request of either kind, as `release.release`, which see."""
    with organisation.dealing.together(), organisation.turn:
        return release(_waited(organisation, hand_over), package)


def answer_session(organisation: Organisation, package: bytes, hand_over: HandOver) -> SessionOpened | Refused:
    """Open a session, as `open_session.open_session`; only a refusal is handed over."""
    with organisation.dealing.together(), organisation.turn:
        return open_session(_waited(organisation, hand_over), package)


def answer_page(organisation: Organisation, package: bytes, hand_over: HandOver) -> PageSent | SessionOver:
    """Answer a search of a session, or close it, as `session_page.session_page`."""
    with organisation.dealing.together(), organisation.turn:
        return session_page(_waited(organisation, hand_over), package)


def answer_match(organisation: Organisation, package: bytes, hand_over: HandOver) -> LookupAnswered:
    """Answer a look-up, as `answer_lookup.answer_lookup`."""
    with organisation.dealing.together(), organisation.turn:
        return answer_lookup(_waited(organisation, hand_over), package)


def _waited(organisation: Organisation, hand_over: HandOver) -> Organisation:
    return replace(organisation, exchange=_Waited(organisation.exchange, hand_over, organisation.turn))
