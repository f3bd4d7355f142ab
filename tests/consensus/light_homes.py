"""Replicas over the RPC of real nodes, and a relay that changes what a node says."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson

from salus.client.cometbft.rpc import Rpc
from salus.client.light import Kept, LightClient, RpcProvider, Trust
from salus.client.light.trust import DAY_NS
from salus.cometbft import chain_id
from salus.cometbft.validators import validators
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.embedded.clock import Clock
from salus.ledger.embedded.files import Files
from salus.ledger.light import LightLedger
from salus.ledger.light.beginning import Beginning, Server
from salus.ledger.light.ledger import Noting
from salus.ledger.light.source import Source
from salus.testing.region import Region
from salus.vault.files import LocalFiles

LONG = Trust(period_ns=100 * 365 * DAY_NS)  # the genesis of the tests is old
Change = Callable[[str, dict[str, Any], Any], Any]  # method, parameters, result -> result


def light_client(folder: Path, region: Region, rpcs: Sequence[Rpc], trust: Trust | None = None) -> LightClient:
    """Return a light client that begins at the region's genesis."""
    founders = validators((one.public, one.power) for one in region.genesis.validators)
    kept = Kept(folder / "trusted", region.network, LocalFiles())
    return LightClient(chain_id(region.network), founders, [RpcProvider(rpc) for rpc in rpcs], kept, trust or LONG)


def replica(
    folder: Path,
    region: Region,
    *urls: str,
    noting: Sequence[Noting] = (),
    clock: Clock | None = None,
    servers: Sequence[Server] | None = None,
    files: Files | None = None,
) -> LightLedger:
    """Open a replica in `folder` over these nodes; with `servers` a new one begins with a snapshot of theirs."""
    folder.mkdir(exist_ok=True)
    rpcs = [Rpc(url, read_s=5.0) for url in urls]
    founders = validators((one.public, one.power) for one in region.genesis.validators)
    light = light_client(folder, region, rpcs)
    source = Source(region.network, founders, light, rpcs)
    beginning = None if servers is None else Beginning(region.network, light, source, servers)
    broadcaster = Broadcaster(region.network, [Rpc(url) for url in urls])
    return LightLedger.open(folder, region.genesis_file, source, broadcaster, clock, noting, files, beginning=beginning)


class Relay:
    """Passes questions on to a node, and changes the results as it is told."""

    def __init__(self, to: str) -> None:
        self.change: Change = lambda method, params, result: result
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["content-length"]))
                with urlopen(Request(to, asked, {"content-type": "application/json"}), timeout=10) as answer:
                    said = orjson.loads(answer.read())
                question = orjson.loads(asked)
                if "result" in said:
                    said["result"] = relay.change(question["method"], question["params"], said["result"])
                body = said["result"] if isinstance(said.get("result"), bytes) else orjson.dumps(said)
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Print nothing: who asked may have gone, and its command's output is compared."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def relayed(to: str) -> Iterator[Relay]:
    """Give a relay before a node."""
    made = Relay(to)
    try:
        yield made
    finally:
        made.close()
