"""Four `geth` nodes in Clique proof of authority with a small contract of permissions: a ledger of MedRec's kind."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.network.processes import HERE, Node, Running, call, free_ports, started, wait_for

GETH, VERSION = "github.com/ethereum/go-ethereum/cmd/geth", "v1.13.15"  # the last with Clique
FLAGS = "-ldflags=-checklinkname=0"  # one of its libraries reaches into Go's runtime
PERIOD_S = 1  # the shortest that Clique has


@contextmanager
def network(geth: Path, tool: Path, folder: Path, count: int) -> Iterator[list[Node]]:
    """Run a network of signers; it ends with the block."""
    made = subprocess.run(
        [str(tool), "network", str(folder), str(count), str(PERIOD_S)], check=True, capture_output=True
    )
    plan = json.loads(made.stdout)
    (folder / "genesis.json").write_text(json.dumps(plan["genesis"]))
    (folder / "password").write_text("benchmark\n")
    ports = free_ports(3 * count)
    p2p, http, auth = ports[:count], ports[count : 2 * count], ports[2 * count :]
    peers = [f"{enode}@127.0.0.1:{port}?discport=0" for enode, port in zip(plan["enodes"], p2p, strict=True)]
    commands = []
    for number in range(count):
        home = folder / f"geth-{number}"
        _run(geth, home, "init", "--state.scheme", "hash", str(folder / "genesis.json"))
        key = str(folder / f"signer-{number}.key")
        _run(geth, home, "account", "import", "--password", str(folder / "password"), key)
        commands.append(
            (
                f"geth-{number}",
                [
                    *(str(geth), "--datadir", str(home), "--networkid", str(plan["chain"]), "--verbosity", "1"),
                    *("--port", str(p2p[number]), "--nodekey", str(folder / f"node-{number}.key"), "--nodiscover"),
                    *("--http", "--http.port", str(http[number]), "--http.api", "eth,net,admin", "--ipcdisable"),
                    *("--authrpc.port", str(auth[number]), "--syncmode", "full", "--gcmode", "archive"),
                    *("--state.scheme", "hash", "--mine", "--miner.etherbase", plan["signers"][number]),
                    *("--unlock", plan["signers"][number], "--password", str(folder / "password")),
                    *("--allow-insecure-unlock", "--miner.gasprice", "1", "--miner.gaslimit", "800000000"),
                    *("--txpool.accountslots", "20000", "--txpool.globalslots", "200000"),
                    *("--txpool.accountqueue", "20000", "--txpool.globalqueue", "200000"),
                    *("--nat", "none", "--netrestrict", "127.0.0.0/8"),
                ],
            )
        )
    with started(folder, commands) as processes:
        nodes = [
            Node(f"http://127.0.0.1:{port}", {"geth": Running(process.pid)})
            for port, process in zip(http, processes, strict=True)
        ]
        wait_for(nodes, lambda node: call(node.url, "eth_chainId", []) is not None, "geth did not answer")
        for number, node in enumerate(nodes):
            for other in range(number):
                call(node.url, "admin_addPeer", [peers[other]])
        wait_for(nodes, lambda node: int(call(node.url, "net_peerCount", []), 16) == count - 1, "no peers")
        wait_for(nodes, lambda node: int(call(node.url, "eth_blockNumber", []), 16) >= 3, "no blocks")
        yield nodes


def compiled() -> str:
    """Return the bytecode of the contract, compiled by npm's solc."""
    folder = HERE / "ethereum"
    subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True)
    found = subprocess.run(["node", "compile.mjs"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return found.strip()


def deployed(tool: Path, folder: Path, node: Node) -> str:
    """Deploy the contract; return its address."""
    command = [str(tool), "deploy", str(folder), node.url, compiled()]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _run(geth: Path, home: Path, *arguments: str) -> None:
    subprocess.run([str(geth), "--datadir", str(home), *arguments], check=True, capture_output=True)
