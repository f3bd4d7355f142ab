"""The directory that a node keeps: members' endpoints as they signed them, and public sealing keys by their ids.

`endpoints/<member>` holds the newest signed endpoint, `keys/<member>/<key id>` a public key that the member brought.
The node vouches for nothing of it: endpoints are checked by the ledger's keys, sealing keys against their ids.
"""

import threading
from pathlib import Path

from salus.contracts.governance import queries as governance
from salus.core.endpoint import Endpoint
from salus.core.errors import Refusal
from salus.core.hashing import NO_NETWORK
from salus.services.remote.endpoint import read_endpoint
from salus.services.remote.errors import NotASealKey, NotItsGateway, OlderEndpoint, TooManySealKeys
from salus.state.overlay import Reader
from salus.vault.files import TEMPORARY, Files, LocalFiles
from salus.vault.seals import PUBLIC_BYTES, seal_key_id

MOST_KEYS = 64  # of one member: it rotates them now and then
AHEAD_MS = 300_000  # an endpoint's time may lie so far ahead of the ledger's


class Directory:
    """Endpoints and sealing keys of one network. What a method took is durable once it returns. Thread-safe."""

    def __init__(self, folder: Path, network: bytes, files: Files | None = None) -> None:
        self._folder, self._network = folder, network
        self._files = files or LocalFiles()
        self._lock = threading.Lock()
        self._keys: dict[bytes, Path] = {}
        for path in sorted(folder.glob("keys/*/*")):
            if not path.name.endswith(TEMPORARY):
                self._know(path, self._files.read(path))

    def register(self, state: Reader, raw: bytes, now: int) -> Endpoint:
        """Keep a signed endpoint instead of an older one; the same again changes nothing.

        Raises Malformed, BadEndpoint, NotItsGateway, OlderEndpoint.
        """
        endpoint = read_endpoint(state, self._network, raw, now)
        if endpoint.time > now + AHEAD_MS:
            raise OlderEndpoint
        path = self._folder / "endpoints" / endpoint.member.hex()
        with self._lock:
            kept = self._kept(state, path, now)
            if kept is not None and (kept.time > endpoint.time or (kept.time == endpoint.time and kept != endpoint)):
                raise OlderEndpoint
            self._files.create_folder(path.parent)
            self._files.write(path, raw)
        return endpoint

    def endpoints(self) -> tuple[bytes, ...]:
        """Return the signed endpoints, sorted by member."""
        folder = self._folder / "endpoints"
        return tuple(self._files.read(folder / name) for name in self._files.names(folder) if _whole(name))

    def publish(self, state: Reader, member: bytes, public: bytes) -> bytes:
        """Keep a public sealing key that a member brought; return its id. The same again changes nothing.

        Raises NotItsGateway (no member), NotASealKey, TooManySealKeys.
        """
        if governance.member(state, member) is None:
            raise NotItsGateway
        if len(public) != PUBLIC_BYTES:
            raise NotASealKey
        key = seal_key_id(self._network, public)
        path = self._folder / "keys" / member.hex() / key.hex()
        with self._lock:
            if key in self._keys:
                return key
            if len(self._files.names(path.parent)) >= MOST_KEYS:
                raise TooManySealKeys
            self._files.create_folder(path.parent)
            self._files.write(path, public)
            self._know(path, public)
        return key

    def find(self, key: bytes) -> bytes | None:
        """Return the public sealing key of an id, on this network or on none, as a genesis names a founder's."""
        path = self._keys.get(key)
        return None if path is None else self._files.read(path)

    def _kept(self, state: Reader, path: Path, now: int) -> Endpoint | None:
        try:
            return read_endpoint(state, self._network, self._files.read(path), now)
        except (FileNotFoundError, Refusal):  # of a key that is no more: whatever is signed by a live one replaces it
            return None

    def _know(self, path: Path, public: bytes) -> None:
        for network in (self._network, NO_NETWORK):
            self._keys[seal_key_id(network, public)] = path


def _whole(name: str) -> bool:
    return not name.endswith(TEMPORARY)
