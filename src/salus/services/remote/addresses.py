"""Where members' gateways are: the directory's list, each entry checked by the ledger, kept for when it is away."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from salus.client.ledger import Ledger
from salus.core.encoding import decode, encode
from salus.core.endpoint import Endpoint
from salus.core.errors import Malformed, Refusal
from salus.core.types import Message
from salus.services.remote.endpoint import MAX_BYTES, on_this_machine, read_endpoint
from salus.services.remote.errors import NotReachable
from salus.vault.files import Files, LocalFiles

FRESH_S, AGAIN_S = 60.0, 2.0  # how long a list is new enough, and how soon one is asked for again
MOST_MEMBERS = 10_000


class Listed(Message, frozen=True):
    """The directory's list: signed endpoints, sorted by member."""

    endpoints: Annotated[tuple[Annotated[bytes, Meta(max_length=MAX_BYTES)], ...], Meta(max_length=MOST_MEMBERS)]


class Addresses:
    """Members' URLs. `fetch` asks the directory; `near` is True if the directory is on this machine. Thread-safe.

    An address that was newer before stays: a directory cannot take anybody back to an older one. A loopback
    address counts only beside a directory that is on this machine itself.
    """

    def __init__(
        self,
        ledger: Ledger,
        fetch: Callable[[], bytes],
        kept: Path,
        *,
        near: bool,
        now_s: Callable[[], float] = time.monotonic,
        files: Files | None = None,
    ) -> None:
        self._ledger, self._fetch, self._kept, self._near, self._now_s = ledger, fetch, kept, near, now_s
        self._files = files or LocalFiles()
        self._lock = threading.Lock()
        self._known: dict[bytes, tuple[Endpoint, bytes]] = {}
        self._asked: float | None = None

    def url(self, member: bytes) -> str:
        """Return where a member's gateway is; raise NotReachable."""
        with self._lock:
            self._renew(FRESH_S if member in self._known else AGAIN_S)
            if member not in self._known:
                raise NotReachable
            return self._known[member][0].url

    def members(self) -> tuple[bytes, ...]:
        """Return the members that have an address, sorted."""
        with self._lock:
            self._renew(FRESH_S)
            return tuple(sorted(self._known))

    def doubt(self) -> None:
        """Ask the directory again soon: an address did not answer."""
        with self._lock:
            if self._asked is not None:
                self._asked = min(self._asked, self._now_s() - FRESH_S + AGAIN_S)

    def _renew(self, older_s: float) -> None:
        if self._asked is not None and self._now_s() - self._asked < older_s:
            return
        if self._asked is None:
            self._take(self._read_kept())
        self._asked = self._now_s()
        try:
            raw = self._fetch()
            changed = self._take(decode(raw, Listed).endpoints)
        except Refusal:
            return  # what is known already serves
        if changed:
            self._files.create_folder(self._kept.parent)
            self._files.write(self._kept, encode(Listed(tuple(raw for _, raw in self._known.values()))))

    def _take(self, endpoints: tuple[bytes, ...]) -> bool:
        state, network, now = self._ledger.view(), self._ledger.network, self._ledger.now()
        before: dict[bytes, tuple[Endpoint, bytes]] = self._known
        known: dict[bytes, tuple[Endpoint, bytes]] = {}
        for raw in (*(raw for _, raw in before.values()), *endpoints):
            try:
                endpoint = read_endpoint(state, network, raw, now)
            except Refusal:
                continue  # not its gateway's, or no longer
            held = known.get(endpoint.member)
            usable = self._near or not on_this_machine(endpoint.url)
            if usable and (held is None or held[0].time < endpoint.time):
                known[endpoint.member] = (endpoint, raw)
        self._known = known
        return known != before

    def _read_kept(self) -> tuple[bytes, ...]:
        try:
            return decode(self._files.read(self._kept), Listed).endpoints
        except (FileNotFoundError, Malformed):
            return ()
