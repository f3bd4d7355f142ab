"""A newcomer to a network that runs, by the program's own commands, and what it answers by a light client's eyes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from msgspec.structs import replace

from benchmarks.network.processes import Running, free_ports
from salus.bootstrap.consensus import ConsensusFile, read_consensus, write_consensus
from salus.bootstrap.light import trust_of
from salus.bootstrap.network.asking import Asking
from salus.bootstrap.network.errors import ServerSilent
from salus.bootstrap.network.held import holding
from salus.client.cometbft.rpc import Rpc
from salus.client.light import Kept, LightClient, RpcProvider
from salus.client.remote import RemoteLedger
from salus.cometbft import chain_id
from salus.cometbft.validators import validators
from salus.core.genesis import read_genesis
from salus.evidence.committed import parse_committed
from salus.evidence.state import LOG_KEY, LogValue, read
from salus.ledger.consensus.restoring import FOLDER as RESTORING
from salus.machine.pruned import FOLDER as PRUNED
from salus.merkle.smt import verify_membership
from salus.vault.files import LocalFiles

SALUS = (sys.executable, "-m", "salus")
NAME = "west"
WITHIN_S, LOOK_S = 180.0, 0.1


def environment() -> dict[str, str]:
    """Return this process's environment without settings of Salus."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}


def salus(home: Path, *arguments: object) -> Any:
    """Run a command on a home; return what it says in JSON."""
    command = [*SALUS, *map(str, arguments), "--home", str(home), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=WITHIN_S, env=environment())
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)


class Newcomer:
    """Invited by the member of a home, with a home of its own; `measured` brings its node up, `with` ends it."""

    def __init__(self, sponsor: Path, home: Path, genesis: bytes) -> None:
        self.home = home
        self._network, document = read_genesis(genesis)
        self._founders = validators((one.public, one.power) for one in document.validators)
        invitation = home.with_suffix(".json")
        salus(sponsor, "network", "invite", "--as", sponsor.name, "--out", invitation)
        salus(home, "network", "join", "--invitation", invitation, "--unattended", f"{NAME}:hospital:West")
        found = read_consensus(home)
        assert found is not None
        p2p, rpc, metrics, listen = (f"127.0.0.1:{port}" for port in free_ports(4))
        self.said: ConsensusFile = replace(found, p2p=p2p, rpc=rpc, metrics=metrics, listen=listen)
        write_consensus(home, self.said)
        self._up: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Newcomer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._up is not None:
            self._up.send_signal(signal.SIGTERM)
            self._up.wait(60)

    def measured(self, keys: Sequence[bytes], envelopes: int, others: Callable[[], int]) -> dict[str, float]:
        """Bring the node up, until it is as high as the others and proves values of keys, and that many envelopes."""
        begun = time.monotonic()
        command = [*SALUS, "network", "up", "--home", str(self.home), "--json"]
        self._up = up = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment())
        figures: dict[str, float] = {}

        def reached(stage: str, holds: Callable[[], bool]) -> None:
            until = begun + WITHIN_S
            while not holds():
                if time.monotonic() > until:
                    raise TimeoutError(f"{stage}: {figures}\n{self._log()[-2000:]}")
                time.sleep(LOOK_S)
            figures[f"until_{stage}_s"] = time.monotonic() - begun

        assert up.stdout is not None
        if not up.stdout.readline():
            raise RuntimeError(self._log())
        figures["until_up_s"] = time.monotonic() - begun
        coming, here = self.home / "ledger" / RESTORING, self.home / "ledger" / PRUNED
        reached("snapshot_offered", lambda: coming.exists() or here.exists())
        reached("snapshot_in_place", lambda: here.exists() and not coming.exists())
        url = f"http://{self.said.listen}"
        remote, asking = RemoteLedger(url, self._network), Asking()
        try:
            reached("caught_up", lambda: _height(asking, url) >= others())
            figures["proved_height"] = self._proved(remote, keys, envelopes)
            figures["until_proved_s"] = time.monotonic() - begun
            figures |= self._cpu_s()
            (taken,) = here.iterdir()
            files = list(taken.iterdir())
            figures["snapshot_height"] = int(taken.name) - 1  # the folder is named by the first block after it
            figures |= {"snapshot_chunks": len(files) - 1, "snapshot_bytes": sum(one.stat().st_size for one in files)}
        finally:
            asking.close()
            remote.close()
        return figures

    def _proved(self, remote: RemoteLedger, keys: Sequence[bytes], envelopes: int) -> int:
        """See that its server proves values and the size of the log under a header that the others' validators signed.

        Return the header's height.
        """
        light = self._light()
        proof = remote.prove([*keys, LOG_KEY])
        shown = parse_committed(self._network, proof.header)
        believed = light.at(shown.header.height)
        if shown.hash != believed.hash:
            raise RuntimeError("the newcomer shows another header")
        for key, value, path in zip([*keys, LOG_KEY], proof.values, proof.proofs, strict=True):
            if value is None or not verify_membership(believed.header.app_hash, key, value, path):
                raise RuntimeError("the newcomer does not prove what was committed")
        log = read(proof.values[-1] or b"", LogValue)
        if log is None or log.size < envelopes:
            raise RuntimeError("the log is too short")
        return believed.height

    def _light(self) -> LightClient:
        """Return a light client that asks the other members, from the block in the invitation on."""
        kept = Kept(self.home.with_suffix(".trusted"), self._network, LocalFiles())
        asked = [RpcProvider(Rpc(peer.rpc)) for peer in self.said.peers]
        return LightClient(chain_id(self._network), self._founders, asked, kept, trust_of(self.said))

    def _cpu_s(self) -> dict[str, float]:
        assert self._up is not None
        found = holding(self.home)
        assert found is not None
        cometbft, application = (Running(one.pid).cpu_s() for one in found.children)
        whole = Running(self._up.pid).cpu_s()
        return {"cometbft_cpu_s": cometbft, "salus_cpu_s": application, "newcomer_cpu_s": whole}

    def _log(self) -> str:
        path = self.home / "logs/salus.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _height(asking: Asking, url: str) -> int:
    """Return the height of a server's ledger, 0 while it is not ready to be asked."""
    try:
        said = asking.ready(url)
    except ServerSilent:
        return 0
    return int(said["height"]) if said.get("status") == "ok" else 0
