"""CometBFT's own `kvstore` in its process, four validators: what the engine can do with an application of nothing.

It verifies nothing and keeps a map in memory; users run it as it is here, one change a transaction.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.network.processes import Node, Running, call, free_ports, started, wait_for

COMMIT_MS = 150  # as in our own network


@contextmanager
def network(cometbft: Path, folder: Path, count: int) -> Iterator[list[Node]]:
    """Run a network of validators; it ends with the block."""
    command = [str(cometbft), "testnet", "--v", str(count), "--o", str(folder), "--populate-persistent-peers=false"]
    subprocess.run(command, check=True, capture_output=True)
    homes = [folder / f"node{number}" for number in range(count)]
    ports = free_ports(2 * count)
    p2p, rpc = ports[:count], ports[count:]
    ids = [
        subprocess.run([str(cometbft), "show-node-id", "--home", str(home)], check=True, capture_output=True, text=True)
        .stdout.strip()
        for home in homes
    ]  # fmt: skip
    peers = [f"{key}@127.0.0.1:{port}" for key, port in zip(ids, p2p, strict=True)]
    for number, home in enumerate(homes):
        others = ",".join(peer for at, peer in enumerate(peers) if at != number)
        configure(home / "config/config.toml", p2p[number], rpc[number], others)
    commands = [(f"kvstore-{n}", [str(cometbft), "start", "--home", str(home)]) for n, home in enumerate(homes)]
    with started(folder, commands) as processes:
        nodes = [
            Node(f"http://127.0.0.1:{port}", {"cometbft": Running(process.pid)})
            for port, process in zip(rpc, processes, strict=True)
        ]
        wait_for(nodes, lambda node: _height(node) >= 2, "kvstore did not make blocks")
        yield nodes


def _height(node: Node) -> int:
    return int(call(node.url, "status", {})["sync_info"]["latest_block_height"])


def configure(file: Path, p2p: int, rpc: int, peers: str) -> None:
    """Set what a network on one machine needs, and the same bounds and times as ours has."""
    text = file.read_text()
    for section, name, value in (
        ("", "proxy_app", '"kvstore"'),
        ("", "log_level", '"error"'),
        ("rpc", "laddr", f'"tcp://127.0.0.1:{rpc}"'),
        ("rpc", "max_body_bytes", "8388608"),
        ("rpc", "pprof_laddr", '""'),
        ("p2p", "laddr", f'"tcp://127.0.0.1:{p2p}"'),
        ("p2p", "persistent_peers", f'"{peers}"'),
        ("p2p", "addr_book_strict", "false"),
        ("p2p", "allow_duplicate_ip", "true"),
        ("p2p", "pex", "false"),
        ("p2p", "send_rate", "20480000"),
        ("p2p", "recv_rate", "20480000"),
        ("p2p", "flush_throttle_timeout", '"10ms"'),
        ("mempool", "size", "50000"),
        ("mempool", "cache_size", "100000"),
        ("consensus", "timeout_commit", f'"{COMMIT_MS}ms"'),
        ("tx_index", "indexer", '"null"'),
    ):
        text = setting(text, section, name, value)
    file.write_text(text)


def setting(text: str, section: str, name: str, value: str) -> str:
    """Return a TOML text with one value replaced, which must be there once in its section."""
    begin = text.index(f"\n[{section}]\n") if section else 0
    end = text.find("\n[", begin + 1)
    part, changed = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text[begin : end if end > 0 else None])
    if changed != 1:
        raise ValueError(f"{section}.{name}")
    return text[:begin] + part + (text[end:] if end > 0 else "")
