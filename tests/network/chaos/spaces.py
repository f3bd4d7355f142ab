"""Each member on a machine of its own, as far as the kernel is concerned: a network namespace with its own interfaces.

Members reach each other over two bridges. Who is on one bridge sees each other; a cut moves members to the other, and
packets are lost then, as on a line that is torn: nobody is told, and TCP sends again until it gives up. The
tests reach every member over a second interface of its own, so that a member that is cut off can still be asked.

                 bridge A ---- data of a, b     bridge B ---- data of c, d (while they are cut off)
    tests ------ a line to each member, that is never cut

Needs the right to make namespaces (CAP_NET_ADMIN, CAP_SYS_ADMIN) and `ip` of iproute2.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

COMMAND_S = 20


class NotPermitted(Exception):
    """This machine lets us make no namespaces."""


class Spaces:
    """The namespaces of some members. `close` removes them; their processes must have ended."""

    def __init__(self, names: Sequence[str]) -> None:
        """Raises NotPermitted."""
        if shutil.which("ip") is None or os.geteuid() != 0:
            raise NotPermitted
        self._token, self._subnet = secrets.token_hex(2), secrets.randbelow(250)
        self._names = sorted(names)
        while f"10.232.{self._subnet}." in _addresses():  # of a run beside this one
            self._subnet = secrets.randbelow(250)
        try:
            for side in "ab":
                self._ip("link", "add", self._bridge(side), "type", "bridge")
                self._ip("link", "set", self._bridge(side), "up")
            for at, name in enumerate(self._names):
                self._make(at, name)
        except (OSError, subprocess.SubprocessError) as failure:
            self.close()
            raise NotPermitted from failure

    def space(self, name: str) -> str:
        """Return the name of a member's namespace."""
        return f"salus-{self._token}-{name}"

    def data(self, name: str) -> str:
        """Return the address at which other members reach a member."""
        return f"10.231.{self._subnet}.{self._names.index(name) + 1}"

    def line(self, name: str) -> str:
        """Return the address at which the tests reach it; other members too, by way of the data's interface."""
        return f"10.232.{self._subnet}.{4 * self._names.index(name) + 2}"

    def within(self, name: str) -> tuple[str, ...]:
        """Return what a command begins with that is run within a member's namespace."""
        return ("ip", "netns", "exec", self.space(name))

    def program(self, name: str, program: Path, folder: Path) -> Path:
        """Return a program that runs another within a member's namespace; a script in `folder`."""
        script = folder / f"{program.name}-in-{self.space(name)}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.within(name))} "{program}" "$@"\n')
        script.chmod(0o755)
        return script

    def cut(self, pairs: Iterable[Collection[str]], how: str) -> None:
        """Part the members in two, as the pairs say that must not see each other; `how` makes no difference here."""
        apart = {frozenset(pair) for pair in pairs}
        first = self._names[0]
        here = {first} | {name for name in self._names if frozenset((first, name)) not in apart}
        assert apart == {frozenset((one, other)) for one in here for other in self._names if other not in here}
        for name in self._names:
            self._ip("link", "set", self._end(name), "master", self._bridge("a" if name in here else "b"))

    def heal(self) -> None:
        """Bring all together again."""
        for name in self._names:
            self._ip("link", "set", self._end(name), "master", self._bridge("a"))

    def close(self) -> None:
        """Remove everything."""
        for name in self._names:
            with suppress(subprocess.SubprocessError):
                self._ip("netns", "del", self.space(name))  # and with it both ends of its lines
            with suppress(subprocess.SubprocessError):
                self._ip("link", "del", self._end(name))
        for side in "ab":
            with suppress(subprocess.SubprocessError):
                self._ip("link", "del", self._bridge(side))

    def _make(self, at: int, name: str) -> None:
        space, data, line = self.space(name), self._end(name), f"sl{self._token}{at}"
        self._ip("netns", "add", space)
        self._ip("-n", space, "link", "set", "lo", "up")
        self._ip("link", "add", data, "type", "veth", "peer", "name", "data", "netns", space)
        self._ip("link", "set", data, "master", self._bridge("a"), "up")
        self._ip("-n", space, "addr", "add", f"{self.data(name)}/24", "dev", "data")
        self._ip("-n", space, "link", "set", "data", "up")
        self._ip("link", "add", line, "type", "veth", "peer", "name", "line", "netns", space)
        here = f"10.232.{self._subnet}.{4 * at + 1}"
        self._ip("addr", "add", f"{here}/30", "dev", line)
        self._ip("link", "set", line, "up")
        self._ip("-n", space, "addr", "add", f"{self.line(name)}/30", "dev", "line")
        self._ip("-n", space, "link", "set", "line", "up")
        for other in self._names:
            if other != name:
                self._ip("-n", space, "route", "add", f"{self.line(other)}/32", "via", self.data(other), "dev", "data")

    def _bridge(self, side: str) -> str:
        return f"sb{self._token}{side}"

    def _end(self, name: str) -> str:
        return f"sd{self._token}{self._names.index(name)}"

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=COMMAND_S)


def _addresses() -> str:
    return subprocess.run(["ip", "-o", "addr"], check=True, capture_output=True, timeout=COMMAND_S).stdout.decode()
