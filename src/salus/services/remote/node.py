"""The directory as its users ask it: at the node over HTTP, in its own process, or at every member of a network."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from salus.client.ledger import Ledger
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services.remote.addresses import Listed
from salus.services.remote.directory import Directory
from salus.services.remote.endpoint import on_this_machine
from salus.services.remote.errors import NotKeptHere
from salus.services.remote.gateways import Gateways

OCTETS, COSE = "application/octet-stream", "application/cose"
ASKED_AT_ONCE = 8
Found = TypeVar("Found")


class AskedDirectory(Protocol):
    """Where endpoints and sealing keys are listed. Every method may raise what `Gateways.ask` does."""

    @property
    def near(self) -> bool:
        """True if it is on this machine."""
        ...

    def listed(self) -> bytes:
        """Return the encoded `Listed`."""
        ...

    def register(self, endpoint: bytes) -> None:
        """Register a signed endpoint; raise what `Directory.register` does."""
        ...

    def find(self, key: bytes) -> bytes | None:
        """Return the public sealing key of an id, unchecked; None where there is none."""
        ...

    def publish(self, member: bytes, gateway: SigningKey, public: bytes) -> None:
        """Publish a member's public sealing key; raise what `Directory.publish` does."""
        ...


class NodeDirectory:
    """The directory of a node elsewhere."""

    def __init__(self, gateways: Gateways, node: str) -> None:
        self._gateways, self._url = gateways, f"{node.rstrip('/')}/directory"

    @property
    def near(self) -> bool:
        return on_this_machine(self._url)

    def listed(self) -> bytes:
        return self._gateways.ask("GET", self._url).body

    def register(self, endpoint: bytes) -> None:
        self._gateways.ask("POST", self._url, endpoint, COSE)

    def find(self, key: bytes) -> bytes | None:
        try:
            return self._gateways.ask("GET", f"{self._url}/keys/{key.hex()}").body
        except NotKeptHere:
            return None

    def publish(self, member: bytes, gateway: SigningKey, public: bytes) -> None:
        self._gateways.ask("POST", f"{self._url}/keys", public, OCTETS, key=gateway)


class OwnDirectory:
    """The directory of the node in this very process."""

    near = True

    def __init__(self, directory: Directory, ledger: Ledger) -> None:
        self._directory, self._ledger = directory, ledger

    def listed(self) -> bytes:
        return encode(Listed(self._directory.endpoints()))

    def register(self, endpoint: bytes) -> None:
        self._directory.register(self._ledger.view(), endpoint, self._ledger.now())

    def find(self, key: bytes) -> bytes | None:
        return self._directory.find(key)

    def publish(self, member: bytes, gateway: SigningKey, public: bytes) -> None:
        self._directory.publish(self._ledger.view(), member, public)


class MembersDirectory:
    """The directory of a network in which each member keeps one: its own, and what the others' know beyond it.

    Others are told and asked as far as they answer; who was away when something was told hears of it from whoever was
    not. `near` is True if all of them are on this machine.
    """

    def __init__(self, own: OwnDirectory, others: Sequence[NodeDirectory], *, near: bool) -> None:
        self._own, self._others, self._near = own, tuple(others), near

    @property
    def near(self) -> bool:
        return self._near

    def listed(self) -> bytes:
        known = dict.fromkeys(decode(self._own.listed(), Listed).endpoints)
        for raw in self._each(lambda other: decode(other.listed(), Listed).endpoints):
            known.update(dict.fromkeys(raw))
        return encode(Listed(tuple(known)))

    def register(self, endpoint: bytes) -> None:
        self._own.register(endpoint)
        self._each(lambda other: other.register(endpoint))

    def find(self, key: bytes) -> bytes | None:
        found = self._own.find(key)
        if found is not None:
            return found
        return next(filter(None, self._each(lambda other: other.find(key))), None)

    def publish(self, member: bytes, gateway: SigningKey, public: bytes) -> None:
        self._own.publish(member, gateway, public)
        self._each(lambda other: other.publish(member, gateway, public))

    def _each(self, ask: Callable[[NodeDirectory], Found]) -> list[Found]:
        """Return what those say that answer."""
        if not self._others:
            return []

        def asked(other: NodeDirectory) -> list[Found]:
            try:
                return [ask(other)]
            except Refusal:
                return []

        with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(self._others))) as pool:
            return [answer for answers in pool.map(asked, self._others) for answer in answers]
