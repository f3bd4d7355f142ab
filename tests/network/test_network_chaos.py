"""Three short seeded runs over real processes; `make chaos` plays many, with faults drawn by their seeds."""

from pathlib import Path

import pytest

from network.chaos.faults import FAULTS
from network.chaos.run import Run, drawn, play

RUNS = (
    Run(1, ("kill-validator", "kill-cometbft")),
    Run(2, ("cut-off-one", "cut-in-halves")),
    Run(3, ("propose-invalid", "full-disk")),
)


@pytest.mark.timeout(900)  # machines of tests are shared
@pytest.mark.parametrize("run", RUNS, ids=lambda run: "-".join(run.faults))
def test_a_network_heals_and_loses_nothing(cometbft: Path, run: Run) -> None:
    play(run, cometbft, lambda words: print(words, flush=True))


def test_a_seed_draws_the_same_run_and_all_faults_are_drawn() -> None:
    assert drawn(7) == drawn(7) and drawn(7, "pause").faults[0] == "pause"
    assert {name for seed in range(200) for name in drawn(seed).faults} == set(FAULTS)
    assert {len(drawn(seed).faults) for seed in range(50)} == {1, 2, 3}
