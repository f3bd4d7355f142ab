"""CometBFT with the key-value store that is built into it: real nodes before any application of ours."""

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from tempfile import mkdtemp

import httpx2
import pytest

from salus.client.cometbft.rpc import Rpc
from salus.client.tls import Local
from salus.core.errors import Refusal
from salus.services.certificates import Certificates

ROOT = Path(__file__).parents[2]
STARTS_S, STOPS_S = 30.0, 10.0


def program() -> str:
    """Return CometBFT's path; skip the test where it is absent."""
    built = ROOT / ".tools/bin/cometbft"
    found = str(built) if built.is_file() else shutil.which("cometbft")
    if found is None:
        pytest.skip("no CometBFT (make cometbft)")
    return found


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses now."""
    taken = [socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


def until(true: Callable[[], bool], within_s: float = STARTS_S) -> None:
    """Wait until something holds; fail where it does not in time."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "did not come in time"
        time.sleep(0.02)


class KvNode:
    """A process of CometBFT in a folder of its own."""

    def __init__(self, home: Path, rpc: int, p2p: int) -> None:
        self.home, self.rpc_port, self.p2p_port = home, rpc, p2p
        self.url = f"http://127.0.0.1:{rpc}"
        self._process: subprocess.Popen[bytes] | None = None
        subprocess.run([program(), "init", "--home", home], check=True, capture_output=True, timeout=STARTS_S)

    @property
    def node_id(self) -> str:
        """Return its p2p id."""
        said = subprocess.run(
            [program(), "show-node-id", "--home", self.home], check=True, capture_output=True, timeout=STARTS_S
        )
        return said.stdout.decode().split()[-1]

    def configure(self, settings: Mapping[str, str]) -> None:
        """Change lines of its configuration; each name must be there."""
        path = self.home / "config/config.toml"
        text = path.read_text()
        for name, value in settings.items():
            text, count = re.subn(rf"(?m)^{re.escape(name)} = .*$", f"{name} = {value}", text)
            assert count, name
        path.write_text(text)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            *(program(), "node", "--home", str(self.home), "--proxy_app", "kvstore"),
            *("--rpc.laddr", f"tcp://127.0.0.1:{self.rpc_port}", "--p2p.laddr", f"tcp://127.0.0.1:{self.p2p_port}"),
        ]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers)

    def stop(self, hard: bool = True) -> None:
        """End it; nothing if it does not run."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        self._process.wait(STOPS_S)
        self._process = None

    def secure(self, certificates: Certificates) -> None:
        """Have its RPC speak TLS."""
        files = {"tls_cert_file": certificates.certificate, "tls_key_file": certificates.key}
        self.configure({name: f'"{path}"' for name, path in files.items()})
        self.url = self.url.replace("http:", "https:")

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, (self.home / "log").read_text()[-2000:]
        rpc = Rpc(self.url, Local.OWN)
        try:
            return rpc.status(tries=1).height >= 1
        except Refusal:
            return False
        finally:
            rpc.close()


@contextmanager
def kv_nodes(
    chain: str, count: int = 1, settings: Mapping[str, str] | None = None, certificates: Certificates | None = None
) -> Iterator[list[KvNode]]:
    """Give nodes of one chain, the first its only validator, the others connected with it; all are started."""
    folder = Path(mkdtemp(prefix="kv-", dir="/tmp"))
    ports = free_ports(2 * count)
    nodes: list[KvNode] = []
    try:
        for number in range(count):
            nodes.append(KvNode(folder / str(number), ports[2 * number], ports[2 * number + 1]))
        genesis = json.loads((nodes[0].home / "config/genesis.json").read_text()) | {"chain_id": chain}
        peer = f'"{nodes[0].node_id}@127.0.0.1:{nodes[0].p2p_port}"'
        base = {
            "addr_book_strict": "false",
            "allow_duplicate_ip": "true",
            "max_body_bytes": "2097152",
            "max_tx_bytes": "1048576",
            "timeout_commit": '"200ms"',
        }
        for node in nodes:
            (node.home / "config/genesis.json").write_text(json.dumps(genesis))
            node.configure(base | ({} if node is nodes[0] else {"persistent_peers": peer}) | dict(settings or {}))
            if certificates is not None:
                node.secure(certificates)
            node.start()
        yield nodes
    finally:
        for node in nodes:
            node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def txs_of(rpc: Rpc) -> list[bytes]:
    """Return the transactions of all blocks there are, in order."""
    return [tx for height in range(1, rpc.status().height + 1) for tx in rpc.block(height).txs]


@contextmanager
def losing(url: str) -> Iterator[str]:
    """Give the URL of what passes questions on to a node, but loses each batch and its answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if b"broadcast_tx_sync" in body:
                self.close_connection = True
                return
            answer = httpx2.post(url, content=body)
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
