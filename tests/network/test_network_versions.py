"""The same network on the other versions of CometBFT that Salus knows: they decide, die, come back, and agree."""

from pathlib import Path

import pytest

from network.chaos.run import Run, play
from salus.bootstrap.network.binary import LINES, version_of

pytestmark = pytest.mark.long

VERSIONS = ("v0.38.26", "v0.40.0")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", VERSIONS)
def test_another_version_of_cometbft(other_versions: dict[str, Path], version: str) -> None:
    if version not in other_versions:
        pytest.skip(f"CometBFT {version} is not here: `make cometbft COMETBFT={version}` builds it")
    program = other_versions[version]
    assert version_of(program).startswith(LINES)  # v0.40.0 calls itself 0.39.0
    play(Run(4, ("kill-validator", "cut-off-one")), program, lambda words: print(words, flush=True), apart=False)
