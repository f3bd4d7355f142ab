"""A member's two processes: the Salus process, which is CometBFT's application, and CometBFT.

CometBFT is started once the application listens, and ended before it: the other way round it was seen to hang. Where
the application dies, CometBFT is ended and both are started anew; where CometBFT dies, it alone.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from salus.bootstrap.consensus import ConsensusFile, cometbft_home, read_consensus, socket_path
from salus.bootstrap.heartbeat import follow_vote
from salus.bootstrap.layout import GENESIS
from salus.bootstrap.network.asking import Asking
from salus.bootstrap.network.errors import NoConsensusHome, ServerSilent
from salus.bootstrap.network.founding_errors import NotBegun
from salus.bootstrap.network.halting import Halting
from salus.bootstrap.network.held import hold, say
from salus.bootstrap.network.keyfiles import refresh
from salus.bootstrap.network.process import Watched
from salus.client.cometbft.rpc import Rpc
from salus.client.tls import Local
from salus.core.errors import Refusal

APPLICATION_GRACE_S, COMETBFT_GRACE_S = 30.0, 8.0
PROBE_S, HUNG_S = 2.0, 60.0  # how often health is asked, and after what silence CometBFT counts as hung


Serving = Callable[[Path, ConsensusFile], Sequence[str]]  # the command that serves a home


class Member:
    """A home whose processes are kept running by calls of `step`. Its lock is held until `close`. Not thread-safe.

    With `outside` the application is a process that somebody else keeps: only CometBFT is kept here. `serving` says
    how the application is run, where that is not `salus serve`.
    """

    def __init__(
        self,
        home: Path,
        program: Path | None,
        *,
        outside: bool = False,
        environment: Mapping[str, str] | None = None,
        serving: Serving | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        found = read_consensus(home)
        if found is None:
            raise NoConsensusHome
        if not (home / GENESIS).is_file():
            raise NotBegun
        self.home, self._now_s = home.absolute(), now_s
        self._socket = socket_path(self.home)
        self._release = hold(self.home)
        try:
            if found.has_node and not outside:
                found = follow_vote(self.home, found)
            self.consensus = found
            if found.has_node:
                refresh(self.home, found, (home / GENESIS).read_bytes())
            logs = self.home / "logs"
            command_of = serving or serving_command
            served = None if outside else lambda: command_of(self.home, found)
            self.application = (
                None if served is None else Watched(served, logs / "salus.log", APPLICATION_GRACE_S, environment, now_s)
            )
            command = (str(program), "start", "--home", str(cometbft_home(self.home)))
            self.cometbft = (
                Watched(
                    lambda: self._without_old_socket(command),
                    logs / "cometbft.log",
                    COMETBFT_GRACE_S,
                    trusting_of(environment, found.authority(self.home)),
                    now_s,
                )
                if found.has_node
                else None
            )
        except BaseException:
            self._release()
            raise
        self.halting = Halting(self.home, found, logs, now_s)
        self._asking = Asking(answer_s=PROBE_S)
        self._rpc = Rpc(f"{found.rpc_scheme}://{found.rpc}", Local.OWN, PROBE_S)
        self._paused = False
        self._probe_s = 0.0
        self._heard_s: float | None = None  # when CometBFT answered last, since it was started
        self._served = False
        self._said: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.consensus.name

    def _without_old_socket(self, command: Sequence[str]) -> Sequence[str]:
        """Return the command to start CometBFT, which listens for its signer only where no socket lies."""
        scheme, _, path = (self.consensus.signer or "").partition("://")
        if scheme == "unix":
            Path(path).unlink(missing_ok=True)  # left by one that was killed
        return command

    def step(self) -> None:
        """Start what is due, kill what does not end; returns soon."""
        for one in (self.cometbft, self.application):
            if one is not None:
                one.press()
        self.halting.look(self.cometbft, self.application)
        if self.halting.given_up:
            self._leave()
        elif self._application_is_there():
            self._keep_cometbft()
        elif self.cometbft is not None:
            self.cometbft.end()
            self._heard_s = None
        self._write_down()

    def healthy(self) -> bool:
        """True if the application serves, CometBFT answers, and nothing is known to keep its blocks from going on."""
        if self.halting.halt is not None:
            return False
        if self.application is not None and not (self.application.alive() and self._served):
            return False
        return self.cometbft is None or (self.cometbft.alive() and self._heard_s is not None)

    def pause(self, patience_s: float = 2 * COMETBFT_GRACE_S) -> None:
        """End CometBFT, before somebody else's application ends; `resume` lets it be started again."""
        self._paused, self._heard_s = True, None
        until = self._now_s() + patience_s
        while self.cometbft is not None and self.cometbft.alive() and self._now_s() < until:
            self.cometbft.end()
            self.cometbft.press()
            time.sleep(0.02)

    def resume(self) -> None:
        """Keep CometBFT running again, once the application listens."""
        self._paused = False

    def close(self) -> None:
        """End CometBFT, then the application; release the home."""
        self.pause()
        if self.application is not None:
            until = self._now_s() + 2 * APPLICATION_GRACE_S
            while self.application.alive() and self._now_s() < until:
                self.application.end()
                self.application.press()
                time.sleep(0.02)
        self._asking.close()
        self.halting.close()
        self._rpc.close()
        say(self.home, ())
        self._release()

    def _application_is_there(self) -> bool:
        if self.application is None:
            return self._paused or self._socket.exists()
        if self.application.ending:
            return False
        if self.application.alive():
            if not self._served and self._is_probed():
                self._served = self._answers(f"http://{self.consensus.listen}")
            return self._served
        self._served = False
        ended = self.cometbft is None or not self.cometbft.alive()
        if ended and self.application.is_due():
            self._socket.unlink(missing_ok=True)  # of a process that was killed
            self.application.start()
        return False

    def _leave(self) -> None:
        """Start nothing anew: CometBFT ends, and the application, where it runs, goes on to be read."""
        self._heard_s = None
        if self.cometbft is not None:
            self.cometbft.end()
        if self.application is not None and not self.application.alive():
            self._served = False

    def _answers(self, url: str) -> bool:
        if self.consensus.certificate is not None:
            return self._socket.exists()  # the certificate is for its public name
        try:
            return "status" in self._asking.health(url)
        except ServerSilent:
            return False

    def _keep_cometbft(self) -> None:
        if self.cometbft is None or self._paused or self.cometbft.ending:
            return
        if not self.cometbft.alive():
            self._heard_s = None
            if self.cometbft.is_due():
                self.cometbft.start()
            return
        if self._is_probed():
            self._hear()

    def _hear(self) -> None:
        """Ask whether CometBFT answers: one that did and has long been silent hangs. It may take its time at first."""
        try:
            found = self._rpc.status(tries=1)
            self._heard_s = self._now_s()
            if self.cometbft is not None:
                self.halting.heard(found, self.cometbft)
        except Refusal:
            if self.cometbft is not None and self._heard_s is not None and self._now_s() - self._heard_s > HUNG_S:
                self.cometbft.end()

    def _is_probed(self) -> bool:
        """True now and then: more often until everything is healthy."""
        now = self._now_s()
        if now < self._probe_s:
            return False
        self._probe_s = now + (PROBE_S if self.healthy() else PROBE_S / 10)
        return True

    def _write_down(self) -> None:
        running = [one.pid for one in (self.cometbft, self.application) if one is not None]
        pids = tuple(pid for pid in running if pid is not None)
        if pids != self._said:
            say(self.home, pids)
            self._said = pids


def trusting_of(environment: Mapping[str, str] | None, authority: Path | None) -> Mapping[str, str] | None:
    """Return CometBFT's environment, in which it trusts these authorities: state sync asks the others over TLS.

    Go reads the file that SSL_CERT_FILE names. https://pkg.go.dev/crypto/x509#SystemCertPool
    """
    if authority is None:
        return environment
    return {**(os.environ if environment is None else environment), "SSL_CERT_FILE": str(authority)}


def serving_command(home: Path, consensus: ConsensusFile) -> tuple[str, ...]:
    """Return the command that serves a home, as its consensus.json says."""
    verb = "serve" if any(home.glob("organisations/*/organisation.cbor")) or not consensus.has_node else "node"
    command = [sys.executable, "-m", "salus", verb, "--home", str(home), "--listen", consensus.listen, "--json"]
    command += [part for name in consensus.names for part in ("--name", name)]
    if consensus.certificate is not None and consensus.key is not None:
        command += ["--certificate", str(home / consensus.certificate), "--key", str(home / consensus.key)]
    return tuple(command)
