"""Finding CometBFT: a program of its own, which Salus neither contains nor fetches."""

import re
import shutil
import subprocess
from pathlib import Path

import salus
from salus.bootstrap.network.errors import NoCometBFT, UntestedCometBFT

LINES = ("0.38", "0.39", "0.40")  # that the tests run with; ABCI is the same over the three
BUILT = Path(".tools/bin/cometbft")  # where `make cometbft` puts it, in the source tree
ANSWER_S = 20.0
_VERSION = re.compile(r"v?(\d+\.\d+)\.\d+\S*")


def find_cometbft(named: Path | None = None) -> Path:
    """Return the program: the one that is `named`, else of PATH, else of the source tree; raise NoCometBFT."""
    if named is not None:
        if not named.is_file():
            raise NoCometBFT
        return named
    found = shutil.which("cometbft")
    if found is not None:
        return Path(found)
    built = Path(salus.__file__).parents[2] / BUILT
    if not built.is_file():
        raise NoCometBFT
    return built


def version_of(program: Path) -> str:
    """Return what the program calls its version; raise NoCometBFT where it cannot be run, UntestedCometBFT."""
    try:
        said = subprocess.run([program, "version"], capture_output=True, timeout=ANSWER_S, check=True)
    except (OSError, subprocess.SubprocessError):
        raise NoCometBFT from None
    words = said.stdout.decode("ascii", "replace").split()
    version = words[0][:40] if words else ""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UntestedCometBFT("unreadable")
    if match[1] not in LINES:
        raise UntestedCometBFT(version)
    return version.removeprefix("v")
