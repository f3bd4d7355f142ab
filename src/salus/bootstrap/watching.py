"""What is known of a home whose blocks CometBFT decides: its figures, and whether it is ready."""

import logging
import shutil
import time
from pathlib import Path
from threading import Lock

from salus.api.ledger.errors import CatchingUp, StateOld
from salus.api.operate.consortium import ConsortiumFigures
from salus.bootstrap.consensus import HEARTBEAT_MS, read_consensus
from salus.bootstrap.heartbeat import HeartbeatSlow, is_slow
from salus.bootstrap.network.halts import read_halt
from salus.bootstrap.region import Region
from salus.client.cometbft.rpc import Rpc
from salus.client.figures import CometFigures
from salus.client.tls import Local
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.errors import Refusal
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.light import LightLedger
from salus.machine.versions import RULES

LOG = logging.getLogger("salus.consensus")
ANSWER_S = 2.0  # CometBFT is on the same machine
LASTS_S = 2.0  # what it said is taken again for so long, however often it is asked


class CometWatch:
    """Asks a home's CometBFT how it is. Safe to use from any thread; `close` it."""

    def __init__(self, url: str, lasts_s: float = LASTS_S) -> None:
        self._rpc, self._lasts_s = Rpc(url, Local.OWN, ANSWER_S), lasts_s
        self._lock = Lock()
        self._until, self._found = 0.0, CometFigures(up=False)

    def look(self) -> CometFigures:
        """Return how it is."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = self._asked()
                self._until = time.monotonic() + self._lasts_s
            return self._found

    def _asked(self) -> CometFigures:
        try:
            found = self._rpc.status(tries=1)
        except Refusal:
            return CometFigures(up=False)
        return CometFigures(True, found.height, found.catching_up, found.power)

    def close(self) -> None:
        """Let go of the connection."""
        self._rpc.close()


class ConsortiumWatch:
    """Watches one open home. Safe to use from any thread; `close` it."""

    def __init__(self, region: Region, url: str | None, heartbeat_ms: int = HEARTBEAT_MS) -> None:
        self._region, self._heartbeat_ms = region, heartbeat_ms
        self._comet = None if url is None else CometWatch(url)
        self._warned = False

    def figures(self) -> ConsortiumFigures:
        """Return the figures as they are."""
        ledger, comet = self._region.ledger, self._comet
        view, stopped = ledger.view(), ledger.trouble()
        known = governance.upgrades(view)
        ahead = [height for height, _ in known if height > view.height]
        return ConsortiumFigures(
            ledger.now(),
            view.height,
            view.time,
            0 if stopped is None else stopped.code,
            sum(one.power for one in governance.validators(view)),
            ahead[0] if ahead else 0,
            all(upgrade.version in RULES for _, upgrade in known),
            _free(self._region.home),
            self._heartbeat_ms,
            governance.parameter(view, Parameter.STALE_MS),
            ledger.figures() if isinstance(ledger, ConsensusLedger) else None,
            ledger.sending() if isinstance(ledger, ConsensusLedger | LightLedger) else None,
            None if comet is None else comet.look(),
        )

    def unready(self) -> Refusal | None:
        """Return why nobody should be sent here now, None if all is well: what its keeper found out comes first."""
        ledger, comet, halt = self._region.ledger, self._comet, read_halt(self._region.home)
        if halt is not None:
            return halt.refusal
        if comet is not None and comet.look().catching_up:
            return CatchingUp()
        if ledger.now() - ledger.as_of() > governance.parameter(ledger.view(), Parameter.STALE_MS):
            return StateOld()
        return None

    def warning(self) -> Refusal | None:
        """Return what is to be changed here before it does harm; the first time it is logged too."""
        slow = is_slow(self._heartbeat_ms, governance.parameter(self._region.ledger.view(), Parameter.STALE_MS))
        if slow and not self._warned:
            LOG.warning("the heartbeat is above half of stale-ms", extra={"code": HeartbeatSlow.code})
        self._warned = slow
        return HeartbeatSlow() if slow else None

    def close(self) -> None:
        """Let go of CometBFT."""
        if self._comet is not None:
            self._comet.close()


def consortium_watch(region: Region) -> ConsortiumWatch | None:
    """Return what watches the home, None where CometBFT does not decide its blocks; raise BadConsensus."""
    consensus = read_consensus(region.home)
    return None if consensus is None else ConsortiumWatch(region, consensus.own_rpc, consensus.heartbeat_ms)


def _free(home: Path) -> int:
    try:
        return shutil.disk_usage(home).free
    except OSError:
        return 0
