"""What CometBFT reads: config/config.toml, written anew from consensus.json at each start.

https://docs.cometbft.com/v0.38/references/config/config.toml. What is not written has CometBFT's own default. The
reasons of the numbers:

- A commit waits 150 ms for votes that are late, so that a LAN's blocks come several times in a second.
- There are no empty blocks but the heartbeat, without which nobody could tell an idle network from one that is cut off:
  its interval is below half of STALE_MS, after which gateways refuse to decide.
- A batch has up to 1 MiB, a block up to 4 MiB (genesis); the mempool keeps some blocks' worth.
- Nobody is found but who is listed: no peer exchange.
- No index: results are read from blocks, which Salus keeps itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from salus.bootstrap.consensus import ConsensusFile, Peer

COMMIT_MS = 150
MAX_TX_BYTES = 1024 * 1024
MEMPOOL_BATCHES, MEMPOOL_BYTES, MEMPOOL_CACHE = 5_000, 64 * 1024**2, 100_000
P2P_BYTES_S = 20 * 1024**2  # CometBFT's default is 5 MB/s
RPC_BODY_BYTES = 2 * 1024**2  # a batch in base64, and its call
SUBSCRIBERS = 100
HOME = Path("../..")  # from cometbft/config, where CometBFT looks for files of its RPC

Value = str | int | bool
Section = Mapping[str, Value]


def config_toml(consensus: ConsensusFile, socket: Path) -> str:
    """Return the text of config.toml for the home whose application listens at `socket`."""
    sections: dict[str, Section] = {
        "": _base(consensus, socket),
        "rpc": _rpc(consensus),
        "p2p": _p2p(consensus),
        "mempool": {
            "type": "flood",
            "recheck": True,
            "size": MEMPOOL_BATCHES,
            "max_txs_bytes": MEMPOOL_BYTES,
            "cache_size": MEMPOOL_CACHE,
            "max_tx_bytes": MAX_TX_BYTES,
        },
        "statesync": _statesync(consensus),
        "blocksync": {"version": "v0"},
        "consensus": {
            "timeout_propose": "1s",
            "timeout_propose_delta": "500ms",
            "timeout_prevote": "500ms",
            "timeout_prevote_delta": "250ms",
            "timeout_precommit": "500ms",
            "timeout_precommit_delta": "250ms",
            "timeout_commit": f"{COMMIT_MS}ms",
            "create_empty_blocks": False,
            "create_empty_blocks_interval": f"{consensus.heartbeat_ms}ms",
            "double_sign_check_height": 0,
        },
        "tx_index": {"indexer": "null"},
        "instrumentation": {"prometheus": True, "prometheus_listen_addr": consensus.metrics, "namespace": "cometbft"},
    }
    return "\n".join(_lines(name, section) for name, section in sections.items())


def dialled(peer: Peer) -> str:
    """Return a peer as CometBFT dials it."""
    return f"{peer.node}@{peer.p2p}"


def _base(consensus: ConsensusFile, socket: Path) -> Section:
    base: dict[str, Value] = {
        "proxy_app": f"unix://{socket}",
        "abci": "socket",
        "moniker": consensus.name,
        "db_backend": "goleveldb",
        "log_level": "error",
        "log_format": "json",
        "genesis_file": "config/genesis.json",
        "node_key_file": "config/node_key.json",
        "priv_validator_key_file": "config/priv_validator_key.json",
        "priv_validator_state_file": "signed/priv_validator_state.json",
    }
    if consensus.signer is not None:
        base["priv_validator_laddr"] = consensus.signer
    return base


def _rpc(consensus: ConsensusFile) -> Section:
    rpc: dict[str, Value] = {
        "laddr": f"tcp://{consensus.rpc}",
        "max_open_connections": 900,
        "max_subscription_clients": SUBSCRIBERS,
        "max_subscriptions_per_client": 10,
        "max_body_bytes": RPC_BODY_BYTES,
    }
    if consensus.rpc_certificate is not None and consensus.rpc_key is not None:
        files = consensus.rpc_certificate, consensus.rpc_key
        rpc["tls_cert_file"], rpc["tls_key_file"] = (str(HOME / file) for file in files)
    return rpc


def _p2p(consensus: ConsensusFile) -> Section:
    peers = ",".join(dialled(peer) for peer in consensus.peers if peer.p2p is not None)
    return {
        "laddr": f"tcp://{consensus.p2p}",
        "external_address": "" if consensus.external is None else consensus.external,
        "persistent_peers": peers,
        "unconditional_peer_ids": ",".join(peer.node for peer in consensus.peers),
        "persistent_peers_max_dial_period": "10s",
        "pex": False,
        "addr_book_strict": False,  # members' networks are often private ones
        "allow_duplicate_ip": consensus.one_machine,
        "send_rate": P2P_BYTES_S,
        "recv_rate": P2P_BYTES_S,
        "flush_throttle_timeout": "10ms",
    }


def _statesync(consensus: ConsensusFile) -> Section:
    """A node that was invited begins with a snapshot; CometBFT does so only while it has no block."""
    trust, servers = consensus.trust, [peer.rpc for peer in consensus.peers]
    if trust is None or not servers:
        return {"enable": False}
    return {
        "enable": True,
        "rpc_servers": ",".join(servers if len(servers) > 1 else servers * 2),  # it wants a witness too
        "trust_height": trust.height,
        "trust_hash": trust.hash,
        "trust_period": f"{trust.period_s}s",
        "discovery_time": "5s",
    }


def _lines(name: str, section: Section) -> str:
    head = [f"[{name}]"] if name else []
    return "\n".join([*head, *(f"{key} = {json.dumps(value)}" for key, value in section.items()), ""])
