"""Tending: what a serving process does for its organisations without being asked.

It deals with letters as they come, sends those that waited for others, does what is due, and tells the directory
where its gateways are and which sealing keys they have. Outcomes stand where they always do: on the ledger, in vaults,
in inboxes where trying again may help. People's letters stay until they collect them.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from salus.contracts.governance import queries as governance
from salus.core.errors import Refusal
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.anchor_windows import DEFAULT, WindowRule
from salus.services.due import due
from salus.services.folder_exchange import Lying
from salus.services.inbox import FOR_PEOPLE, process_inbox
from salus.services.remote.endpoint import read_endpoint, sign_endpoint
from salus.services.remote.exchange import RemoteExchange
from salus.services.remote.node import AskedDirectory

LOG = logging.getLogger("salus.tending")
TICK_S, DUE_S, TOLD_S = 2.0, 60.0, 3600.0
LATER_S = 30.0  # before letters for which it was too early are looked at again
FIRST_S, LONGEST_S = 1.0, 300.0  # before the directory is told again what it did not take, each time twice as long


@dataclass(slots=True)
class _Times:
    """When something was last done for an organisation, of a clock that only grows."""

    due: float = field(default=-1e9)
    tell: float = field(default=-1e9)  # when the directory is to be told next
    pause: float = FIRST_S
    letters: float = field(default=-1e9)
    names: tuple[str, ...] = ()  # of letters that lay there after that


class Tending:
    """A thread that tends the organisations of a home until it is closed.

    `url` gives the address of an organisation's gateway by its slug, None where nobody else can reach it; `lying`
    what lies in an account's inbox.
    """

    def __init__(
        self,
        slugs: Callable[[], tuple[str, ...]],
        organisation: Callable[[str], Organisation],
        directory: AskedDirectory | None,
        url: Callable[[str], str] | None,
        lying: Callable[[bytes], Sequence[Lying]],
        rule: WindowRule = DEFAULT,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slugs, self._organisation, self._directory, self._url = slugs, organisation, directory, url
        self._lying, self._rule, self._now_s = lying, rule, now_s
        self._times: dict[str, _Times] = {}
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="tending", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def arrived(self, account: bytes) -> None:
        """Say that a letter came: it is dealt with at once."""
        self._wake.set()

    def close(self) -> None:
        """End what is under way, then the thread."""
        self._closed.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def tend(self) -> None:
        """Do once what there is to do for each organisation; what fails is noted and tried again later."""
        for slug in self._slugs():
            for act in (self._tell, self._letters, self._send, self._due):
                if self._closed.is_set():
                    return
                try:
                    act(slug, self._organisation(slug))
                except Refusal as refusal:
                    LOG.info("put off", extra={"act": act.__name__.strip("_"), "code": refusal.code})
                except Exception as error:  # noqa: BLE001 - one organisation's bug must not stop the others' mail
                    LOG.error("bug", extra={"act": act.__name__.strip("_"), "kind": type(error).__name__})

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            self.tend()
            self._wake.wait(TICK_S)

    def _tell(self, slug: str, organisation: Organisation) -> None:
        """Tell the directory where the gateway is and what its sealing key is, now and then."""
        times = self._times.setdefault(slug, _Times())
        if self._directory is None or self._now_s() < times.tell:
            return
        state, now = organisation.ledger.view(), organisation.ledger.now()
        if governance.member(state, organisation.account) is None:
            return
        times.tell, times.pause = self._now_s() + times.pause, min(2 * times.pause, LONGEST_S)
        if self._url is not None:
            url = self._url(slug)
            made = sign_endpoint(organisation.network, organisation.account, url, now, organisation.gateway)
            read_endpoint(state, organisation.network, made, now)  # or its key is not live yet: later
            self._directory.register(made)
        named = lookup.organisation(state, organisation.account).seal_key
        if lookup.opens(organisation.network, named, organisation.seal_key):
            organisation.exchange.publish_key(organisation.seal_key.public)
        times.tell, times.pause = self._now_s() + TOLD_S, FIRST_S

    def _letters(self, slug: str, organisation: Organisation) -> None:
        """Deal with letters where there are new ones, and now and then with those for which it was too early."""
        times = self._times.setdefault(slug, _Times())
        names = self._names(organisation)
        if names and (names != times.names or self._now_s() - times.letters >= LATER_S):
            process_inbox(organisation)
            times.names, times.letters = self._names(organisation), self._now_s()

    def _names(self, organisation: Organisation) -> tuple[str, ...]:
        lying = self._lying(organisation.account)
        return tuple(letter.name for letter in lying if letter.kind not in FOR_PEOPLE)

    def _send(self, slug: str, organisation: Organisation) -> None:
        if isinstance(organisation.exchange, RemoteExchange):
            organisation.exchange.flush()

    def _due(self, slug: str, organisation: Organisation) -> None:
        times = self._times.setdefault(slug, _Times())
        if self._now_s() - times.due < DUE_S:
            return
        times.due = self._now_s()
        due(organisation, self._rule)
