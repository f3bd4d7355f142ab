"""A real CometBFT with our application behind it: one validator, on unix and loopback sockets."""

import base64
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from consensus.kvstore_nodes import STARTS_S, STOPS_S, free_ports, program, until
from salus.client.cometbft.rpc import Rpc
from salus.cometbft.genesis import cometbft_genesis
from salus.cometbft.validators import address
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.syncing import Keeping, state_sync
from salus.testing.region import Region

SETTINGS = {
    "timeout_commit": '"100ms"',
    "create_empty_blocks": "false",
    "create_empty_blocks_interval": '"30s"',
    "max_body_bytes": "2097152",
    "indexer": '"null"',
    "pex": "false",
}


class Member:
    """One member's two processes, of which the application is this one; `seed` is that of the validator's key."""

    def __init__(self, folder: Path, region: Region, seed: bytes) -> None:
        self.folder, self.region = folder, region
        self.node = SigningKey.from_seed(seed)
        self.home, self.socket = folder / "cometbft", folder / "abci.sock"
        self.rpc_port, self.p2p_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.rpc_port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.ledger: ConsensusLedger | None = None
        subprocess.run([program(), "init", "--home", self.home], check=True, capture_output=True, timeout=STARTS_S)
        self._configure(seed)

    def _configure(self, seed: bytes) -> None:
        config = self.home / "config"
        (config / "genesis.json").write_text(json.dumps(cometbft_genesis(self.region.genesis_file)))
        public = base64.b64encode(self.node.public).decode()
        secret = base64.b64encode(seed + self.node.public).decode()
        signer = {
            "address": address(self.node.public).hex().upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": public},
            "priv_key": {"type": "tendermint/PrivKeyEd25519", "value": secret},
        }
        (config / "priv_validator_key.json").write_text(json.dumps(signer))
        text = (config / "config.toml").read_text()
        for name, value in SETTINGS.items():
            text, count = re.subn(rf"(?m)^{re.escape(name)} = .*$", f"{name} = {value}", text)
            assert count, name
        (config / "config.toml").write_text(text)

    def open(self, keeping: Keeping | None = None) -> ConsensusLedger:
        """Open the ledger; with `keeping` it takes snapshots."""
        sender = Broadcaster(self.region.network, [Rpc(self.url)])
        genesis, ledger = self.region.genesis_file, self.folder / "ledger"
        self.ledger = ConsensusLedger.open(
            ledger,
            genesis,
            self.socket,
            sender,
            self.node,
            votes=Rpc(self.url),
            snapshots=None if keeping is None else state_sync(keeping),
        )
        return self.ledger

    def start(self) -> None:
        """Start CometBFT, and wait until it answers."""
        command = [
            *(program(), "node", "--home", str(self.home), "--proxy_app", f"unix://{self.socket}", "--abci", "socket"),
            *("--rpc.laddr", f"tcp://127.0.0.1:{self.rpc_port}", "--p2p.laddr", f"tcp://127.0.0.1:{self.p2p_port}"),
        ]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers)

    def stop(self, *, hard: bool = False) -> None:
        """End CometBFT; nothing if it does not run."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            self._process.wait(STOPS_S)
            self._process = None

    def ended(self) -> bool:
        """True if CometBFT ended by itself."""
        return self._process is None or self._process.poll() is not None

    def log(self) -> str:
        """Return what it printed."""
        return (self.home / "log").read_text()

    def _answers(self) -> bool:
        assert not self.ended(), self.log()[-2000:]
        rpc = Rpc(self.url)
        try:
            return rpc.status(tries=1).height >= 1
        except Refusal:
            return False
        finally:
            rpc.close()

    def close(self) -> None:
        """End both, CometBFT first."""
        if self._process is not None and not self.ended():
            self.stop(hard=True)
        if self.ledger is not None:
            self.ledger.close()


@contextmanager
def one_member() -> Iterator[Member]:
    """Give the one member of a network, not started."""
    folder = Path(mkdtemp(prefix="one-", dir="/tmp"))
    member = None
    try:
        member = Member(folder, Region(), sha256(b"node").digest())
        yield member
    finally:
        if member is not None:
            member.close()
        shutil.rmtree(folder, ignore_errors=True)
