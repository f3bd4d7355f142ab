"""Judging whether a member's node goes on: what it printed, and whether its height stands still alone.

| what is seen                                            | what is done                                        |
|---------------------------------------------------------|-----------------------------------------------------|
| CometBFT: a decided block does not fit the state here   | given up: CometBFT is ended, the Salus server stays |
| Salus: a file of the ledger, or its state, is damaged   | given up                                            |
| Salus: it lacks the rules that the members voted for    | given up                                            |
| CometBFT: its consensus has ended by anything else      | CometBFT is started anew, at growing pauses         |
| Salus: a block made it stop                             | both are started anew; given up the third time      |
| the height stands still, and most of the others' do not | CometBFT is started anew once at that height        |

A node that has a block more than at the halt goes on: then nothing is left of it.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from salus.bootstrap.consensus import ConsensusFile
from salus.bootstrap.network.halts import (
    ApplicationStopped,
    ConsensusEnded,
    Halt,
    HomeDamaged,
    NeverRecovered,
    RulesMissing,
    StandsStill,
    StateDiffers,
    keep_halt,
)
from salus.bootstrap.network.printed import Printed, differs_by, ended_by, hopeless_by, outdated_by, stopped_by
from salus.bootstrap.network.process import Watched
from salus.client.cometbft.rpc import NodeStatus, Rpc
from salus.core.errors import Refusal

LOG = logging.getLogger("salus.network")
STILL_S = 60.0  # so long a height may stand still before the others are asked: three heartbeats
MOST_STOPS = 3  # of the ledger without a block in between
ASKED_S = 2.0


class Halting:
    """What is known of one member; its keeper calls, one thread at a time. `halt` is None while it goes on."""

    def __init__(
        self, home: Path, said: ConsensusFile, logs: Path, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._home, self._now_s = home, now_s
        self._comet, self._salus = Printed(logs / "cometbft.log"), Printed(logs / "salus.log")
        authority = said.authority(home)
        self._others = tuple(Rpc(peer.rpc, authority, ASKED_S) for peer in said.peers)
        self._turn = 0
        self._ahead: set[int] = set()  # of the others, by place, since the height stands still
        self._height, self._moved_s = 0, now_s()
        self._stops = 0
        self._anew_at = -1  # the height at which CometBFT was started anew since that stood still
        self.halt: Halt | None = None
        keep_halt(home, None)

    @property
    def given_up(self) -> bool:
        """True if the node is not started anew any more."""
        return self.halt is not None and self.halt.given_up

    def look(self, cometbft: Watched | None, application: Watched | None) -> None:
        """Read what the two printed since, and end what is to be started anew; raise OSError."""
        for line in self._salus.fresh():
            if (cause := hopeless_by(line)) is not None:
                self._say(HomeDamaged.code, cause)
            elif (cause := outdated_by(line)) is not None:
                self._say(RulesMissing.code, cause)
            elif (cause := stopped_by(line)) is not None and application is not None and not application.ending:
                self._stops += 1
                self._say(NeverRecovered.code if self._stops >= MOST_STOPS else ApplicationStopped.code, cause)
                if not self.given_up:
                    application.end()
        for line in self._comet.fresh():
            if (cause := differs_by(line)) is not None:
                self._say(StateDiffers.code, cause)
            elif (cause := ended_by(line)) is not None and cometbft is not None:
                if self.halt is None or self.halt.code != ApplicationStopped.code:  # which ends it too, and says more
                    self._say(ConsensusEnded.code, cause)
                cometbft.end()

    def heard(self, found: NodeStatus, cometbft: Watched) -> None:
        """Take in what CometBFT says of itself, and ask one of the others where its height stands still."""
        if found.height != self._height:
            self._go_on(found.height)
        elif not found.catching_up and self._now_s() - self._moved_s > STILL_S and self._others:
            self._ask_another()
            if 2 * len(self._ahead) > len(self._others):
                self._say(StandsStill.code, f"height {found.height}")
                if self._anew_at != found.height:
                    self._anew_at, self._moved_s = found.height, self._now_s()
                    self._ahead.clear()
                    cometbft.end()

    def close(self) -> None:
        """Let go of the connections. What was given up stays written down; all else ends with the keeper."""
        for rpc in self._others:
            rpc.close()
        if not self.given_up:
            with suppress(OSError):
                keep_halt(self._home, None)

    def _go_on(self, height: int) -> None:
        self._height, self._moved_s = height, self._now_s()
        self._ahead.clear()
        if self.halt is not None and not self.given_up and height > self.halt.height:
            self.halt, self._stops = None, 0
            keep_halt(self._home, None)

    def _ask_another(self) -> None:
        """Ask the next of the others for its height: one at a time, so that the keeper never waits for long."""
        at = self._turn = (self._turn + 1) % len(self._others)
        with suppress(Refusal):
            if self._others[at].status(tries=1).height > self._height + 1:
                self._ahead.add(at)

    def _say(self, code: int, cause: str) -> None:
        """Note why it does not go on; what was given up stays so."""
        if self.given_up or (self.halt is not None and (self.halt.code, self.halt.cause) == (code, cause)):
            return
        halt = Halt(code, self._height, cause)
        LOG.error(f"a node does not go on: {halt.refusal}", extra={"code": code, "height": self._height})
        with suppress(OSError, Refusal):
            keep_halt(self._home, halt)
        self.halt = halt  # who sees it finds it written down
