"""How the nodes of a network are: heights, app hashes, peers, validators, what lags, versions.

Everything is asked at the nodes themselves and only shown. Two nodes agree if their headers of one height, the lowest
that all of them have, carry the same app hash.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from salus.api.ledger.errors import CatchingUp, NotReady, StateOld
from salus.bootstrap.consensus import ConsensusFile
from salus.bootstrap.network.asking import Asking
from salus.bootstrap.network.errors import ServerSilent
from salus.bootstrap.network.halts import WHY, read_halt
from salus.bootstrap.network.held import is_held
from salus.bootstrap.network.keeping import said_by, served_at
from salus.client.cometbft.rpc import NodeStatus as Answered
from salus.client.cometbft.rpc import Rpc
from salus.client.remote_errors import TlsFailed
from salus.client.tls import Authority, Local
from salus.core.errors import Refusal

ASKED_AT_ONCE, ANSWER_S = 8, 3.0
MOST_WORDS = 400  # of what a server says


class NodeStatus(msgspec.Struct, frozen=True):
    """A member's node as it answers; what it did not say is None."""

    name: str
    home: str | None  # where it is on this machine
    kept: bool | None  # by a `salus network up` of this machine
    up: bool  # CometBFT answers; where a home has none, its Salus server
    served: bool  # its Salus server answers, and takes blocks
    server: str | None  # its URL
    catching_up: bool | None = None
    height: int | None = None
    app_hash: str | None = None  # in the header at the height that is compared
    behind_ms: int | None = None  # how old the newest that it knows may be, as its server says
    peers: int | None = None
    power: int | None = None  # 0: no validator
    cometbft: str | None = None  # versions
    salus: str | None = None
    halted: str | None = None  # why its blocks do not go on, where its keeper or its server knows
    warning: str | None = None  # of its server: what is to be changed before it does harm; or why TLS fails


class NetworkStatus(msgspec.Struct, frozen=True):
    """The network as its nodes answer."""

    chain: str | None
    compared_at: int | None  # the height of the compared headers
    agree: bool | None  # None: fewer than two answered
    power: int | None  # of all validators
    nodes: tuple[NodeStatus, ...]


class _Place(msgspec.Struct, frozen=True):
    """Where a node is asked."""

    name: str
    rpc: Rpc | None
    url: str | None
    home: Path | None = None


def network_status(homes: Sequence[Path], *, peers: bool = True) -> NetworkStatus:
    """Return how the nodes of some homes are, and with `peers` those of the members they know.

    Raises NoConsensusHome, BadConsensus.
    """
    said = [(home, said_by(home)) for home in homes]
    authority = next((found for home, one in said if (found := one.authority(home)) is not None), None)
    places = _places(said, authority, peers=peers)
    try:
        with Asking(authority, ANSWER_S) as asking, ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            asked = list(pool.map(lambda place: _asked(asking, place), places))
            chain = next((found.chain_id for _, found in asked if found is not None), None)
            heights = [found.height for _, found in asked if found is not None and found.height]
            compared = min(heights, default=None)
            hashes = list(pool.map(lambda place: _app_hash(place, compared), places))
            power = next(filter(None, map(_power, places)), None)
    finally:
        for place in places:
            if place.rpc is not None:
                place.rpc.close()
    nodes = tuple(structs.replace(node, app_hash=digest) for (node, _), digest in zip(asked, hashes, strict=True))
    heard = [digest for digest in hashes if digest is not None]
    return NetworkStatus(chain, compared, None if len(heard) < 2 else len(set(heard)) == 1, power, nodes)


def _places(said: Sequence[tuple[Path, ConsensusFile]], authority: Path | None, *, peers: bool) -> list[_Place]:
    places = {one.name: _Place(one.name, _rpc(one.own_rpc, Local.OWN), served_at(one), home) for home, one in said}
    for _, one in said:
        for peer in one.peers if peers else ():
            if peer.name not in places:
                places[peer.name] = _Place(peer.name, _rpc(peer.rpc, authority), peer.url)
    return list(places.values())


def _rpc(url: str | None, authority: Authority) -> Rpc | None:
    return None if url is None else Rpc(url, authority, ANSWER_S)


def _asked(asking: Asking, place: _Place) -> tuple[NodeStatus, Answered | None]:
    kept = None if place.home is None else is_held(place.home)
    ready = _ready(asking, place.url)
    behind = ready.get("behind_ms")
    served = ready.get("status") == "ok" or ready.get("code") in (CatchingUp.code, StateOld.code)
    node = NodeStatus(
        place.name, None if place.home is None else str(place.home), kept, up=False, served=served, server=place.url
    )
    if isinstance(behind, int):
        node = structs.replace(node, behind_ms=behind)
    node = structs.replace(node, halted=_halted(place.home, ready), warning=_words(ready.get("warning")))
    try:
        if place.rpc is None:
            return structs.replace(node, up=served), None
        found = place.rpc.status(tries=1)
        peers, salus = len(place.rpc.peers()), _application(place.rpc)
    except TlsFailed as why:
        return structs.replace(node, warning=why.text), None
    except Refusal:
        return node, None
    return (
        structs.replace(
            node,
            up=True,
            catching_up=found.catching_up,
            height=found.height,
            peers=peers,
            power=found.power,
            cometbft=found.version,
            salus=salus,
        ),
        found,
    )


def _halted(home: Path | None, ready: Mapping[str, Any]) -> str | None:
    """Return why a node does not go on: as its keeper wrote it down here, else as its server says."""
    halt = None if home is None else read_halt(home)
    if halt is not None:
        return str(halt)
    if ready.get("code") in WHY:
        return _words(ready.get("title"))
    return _words(ready.get("why")) if ready.get("code") == NotReady.code else None


def _words(said: object) -> str | None:
    """Return a stranger's words, fit for a terminal."""
    return "".join(one for one in said[:MOST_WORDS] if one.isprintable()) or None if isinstance(said, str) else None


def _ready(asking: Asking, url: str | None) -> dict[str, Any]:
    try:
        return {} if url is None else asking.ready(url)
    except ServerSilent:
        return {}


def _application(rpc: Rpc) -> str | None:
    """Return the version of Salus behind a node."""
    found = rpc.call("abci_info", {})
    response = found.get("response") if isinstance(found, dict) else None
    version = response.get("version") if isinstance(response, dict) else None
    return version if isinstance(version, str) else None


def _app_hash(place: _Place, height: int | None) -> str | None:
    try:
        return None if place.rpc is None or height is None else place.rpc.commit(height)[0].app_hash.hex()
    except (Refusal, LookupError):
        return None


def _power(place: _Place) -> int | None:
    try:
        return None if place.rpc is None else sum(one.voting_power for one in place.rpc.validators().validators)
    except (Refusal, LookupError):
        return None
