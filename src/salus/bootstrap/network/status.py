"""How the nodes of a network are: heights, app hashes, peers, validators, what lags, versions.

Everything is asked at the nodes themselves and only shown. Two nodes agree if their headers of one height, the lowest
that all of them have, carry the same app hash.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from salus.bootstrap.consensus import ConsensusFile
from salus.bootstrap.network.asking import Asking
from salus.bootstrap.network.errors import NodeSilent
from salus.bootstrap.network.held import is_held
from salus.bootstrap.network.keeping import said_by

ASKED_AT_ONCE = 8


class NodeStatus(msgspec.Struct, frozen=True):
    """A member's node as it answers; what it did not say is None."""

    name: str
    home: str | None  # where it is on this machine
    kept: bool | None  # by a `salus network up` of this machine
    up: bool
    catching_up: bool | None = None
    height: int | None = None
    app_hash: str | None = None  # of the header at the height that is compared
    behind_ms: int | None = None  # how old the newest block is, as its server says
    peers: int | None = None
    power: int | None = None  # 0: no validator
    cometbft: str | None = None
    salus: str | None = None
    server: str | None = None  # its URL
    served: bool | None = None


class NetworkStatus(msgspec.Struct, frozen=True):
    """The network as its nodes answer."""

    chain: str | None
    compared_at: int | None  # the height of the compared headers
    agree: bool | None  # None: fewer than two answered
    validators: int | None
    power: int | None  # of all validators
    nodes: tuple[NodeStatus, ...]


def network_status(homes: Sequence[Path]) -> NetworkStatus:
    """Return how the nodes of some homes, and of the members they know, are; raise NoConsensusHome, BadConsensus."""
    said = [(home, said_by(home)) for home in homes]
    here = {consensus.name: home for home, consensus in said}
    places = [_own(home, consensus) for home, consensus in said]
    for _, consensus in said:
        places += [
            (peer.name, peer.rpc, peer.url, None)
            for peer in consensus.peers
            if peer.name not in here and peer.name not in {name for name, *_ in places}
        ]
    authority = next((found for home, one in said if (found := one.authority(home)) is not None), None)
    with Asking(authority) as asking, ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        asked = list(pool.map(lambda place: _asked(asking, place), places))
        heights = [found["height"] for found in asked if found["up"] and found["height"]]
        compared = min(heights, default=None)
        hashes = list(pool.map(lambda pair: _app_hash(asking, *pair, compared), zip(places, asked, strict=True)))
        validators = _validators(asking, [place for place, found in zip(places, asked, strict=True) if found["up"]])
    nodes = [_node(found, digest, validators) for found, digest in zip(asked, hashes, strict=True)]
    heard = [digest for digest in hashes if digest is not None]
    chain = next((found["chain"] for found in asked if found["chain"]), None)
    powers = None if validators is None else sum(validators.values())
    return NetworkStatus(
        chain,
        compared,
        None if len(heard) < 2 else len(set(heard)) == 1,
        None if validators is None else len(validators),
        powers,
        tuple(nodes),
    )


_Place = tuple[str, str | None, str | None, Path | None]  # name, rpc, url, home


def _own(home: Path, consensus: ConsensusFile) -> _Place:
    url = consensus.url or f"{'http' if consensus.certificate is None else 'https'}://{consensus.listen}"
    return consensus.name, consensus.own_rpc, url, home


def _asked(asking: Asking, place: _Place) -> dict[str, Any]:
    name, rpc, url, home = place
    found: dict[str, Any] = {
        "name": name,
        "home": None if home is None else str(home),
        "kept": None if home is None else is_held(home),
        "server": url,
        **dict.fromkeys(("catching_up", "height", "peers", "address", "cometbft", "salus", "behind_ms", "chain")),
        "up": False,
        "served": None,
    }
    if rpc is not None:
        found |= _of_node(asking, rpc)
    if url is not None:
        try:
            ready = asking.ready(url)
            found |= {"served": ready.get("status") == "ok", "behind_ms": ready.get("behind_ms")}
        except NodeSilent:
            found["served"] = False
    return found


def _of_node(asking: Asking, rpc: str) -> dict[str, Any]:
    try:
        status = asking.rpc(rpc, "status")
        sync, node = status["sync_info"], status["node_info"]
        found: dict[str, Any] = {
            "up": True,
            "catching_up": bool(sync["catching_up"]),
            "height": int(sync["latest_block_height"]),
            "address": str(status["validator_info"]["address"]).upper(),
            "cometbft": str(node["version"]),
            "chain": str(node["network"]),
        }
        found["peers"] = int(asking.rpc(rpc, "net_info")["n_peers"])
        found["salus"] = str(asking.rpc(rpc, "abci_info")["response"].get("version", "")) or None
    except (NodeSilent, KeyError, TypeError, ValueError):
        return {"up": False}
    return found


def _app_hash(asking: Asking, place: _Place, found: dict[str, Any], height: int | None) -> str | None:
    rpc = place[1]
    if rpc is None or height is None or not found["up"]:
        return None
    try:
        header = asking.rpc(rpc, "header", height=height)["header"]
        return str(header["app_hash"]).lower()
    except (NodeSilent, KeyError, TypeError):
        return None


def _validators(asking: Asking, places: Sequence[_Place]) -> dict[str, int] | None:
    """Return {address: power}, as the first node that answers says."""
    for _, rpc, _, _ in places:
        try:
            if rpc is not None:
                listed = asking.rpc(rpc, "validators", per_page=100)["validators"]
                return {str(one["address"]).upper(): int(one["voting_power"]) for one in listed}
        except (NodeSilent, KeyError, TypeError, ValueError):
            continue
    return None


def _node(found: dict[str, Any], app_hash: str | None, validators: dict[str, int] | None) -> NodeStatus:
    power = None if validators is None or not found["up"] else validators.get(found["address"], 0)
    known = {name: found[name] for name in NodeStatus.__struct_fields__ if name in found}
    return NodeStatus(**known, app_hash=app_hash, power=power)
