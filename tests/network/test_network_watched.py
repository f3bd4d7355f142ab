"""What Prometheus is told to look at is there: every figure that alerts and documentation name, in real scrapes."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from network.networks import Network, get, network_of, salus, until
from salus.api.ledger.errors import StateOld
from salus.bootstrap.consensus import ConsensusFile, read_consensus
from salus.contracts.governance.parameters import BOUNDS, Parameter

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"
NAME = re.compile(r"\b(?:salus|cometbft)_[a-z_0-9]+\b")
STALE_MS = BOUNDS[Parameter.STALE_MS][0]
SENT = {"salus_batches_sent_total", "salus_mempool_checks_total"}  # there once something was sent


@pytest.fixture(scope="module")
def two(cometbft: Path) -> Iterator[Network]:
    """Two members, their nodes up, some blocks decided."""
    with network_of(2, cometbft) as network:
        network.up()
        for value in (7_000_000, 7_100_000, 7_200_000):
            salus("org", "propose", "parameter", "--as", "north", "session-ms", value, "--home", network.home("north"))
        yield network


def said_by(network: Network, member: str) -> ConsensusFile:
    found = read_consensus(network.home(member))
    assert found is not None
    return found


def scrape(address: str) -> dict[str, float]:
    """Return the samples at an address by name, of those with labels the first."""
    text = get(f"http://{address}/metrics").text
    families = text_string_to_metric_families(text)
    found: dict[str, float] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, sample.value)
    return found


def expressions() -> list[str]:
    rules = yaml.safe_load((FOLDER / "salus.rules.yml").read_text())
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def test_every_figure_of_the_alerts_is_in_a_scrape_and_so_is_each_documented_one(two: Network) -> None:
    said = said_by(two, "north")
    until(lambda: scrape(said.metrics).get("cometbft_consensus_validator_last_signed_height", 0) >= 3, "three signed")
    ours = until(lambda: (found := scrape(said.listen)).keys() >= SENT and found, "figures of what was sent")
    known = ours.keys() | scrape(said.metrics).keys()
    assert {name for text in expressions() for name in NAME.findall(text)} - known == set()
    table = (ROOT / "docs/operate/observability.md").read_text()
    documented = {name for line in table.splitlines() if line.startswith("| `") for name in NAME.findall(line)}
    bases = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known}
    assert documented - bases == set()
    own = {name for name in bases if name.startswith("salus_")}
    assert own - documented == set(), "figures that no page names"


def test_what_the_figures_of_a_member_say(two: Network) -> None:
    said = said_by(two, "south")
    found = scrape(said.listen)
    assert (found["salus_cometbft_up"], found["salus_validator_power"], found["salus_validators_power"]) == (1, 1, 2)
    assert (found["salus_ledger_stopped"], found["salus_upgrade_known"], found["salus_upgrade_height"]) == (0, 1, 0)
    assert found["salus_heartbeat_seconds"] == said.heartbeat_ms / 1000
    assert found["salus_kept_height"] >= 3
    until(lambda: (now := scrape(said.listen))["salus_votes_height"] == now["salus_kept_height"], "all votes")
    assert get(f"http://{said.listen}/ready").json()["status"] == "ok"


def test_the_scrape_configuration_has_the_usual_addresses() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    usual = ConsensusFile(name="north")
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert targets == {"salus": [usual.listen], "cometbft": [usual.metrics]}
    assert config["rule_files"] == ["salus.rules.yml"]


def test_a_member_without_blocks_is_alive_and_not_ready_until_they_come_again(two: Network) -> None:
    said = said_by(two, "north")
    comet = two.processes(two.home("south"))[0]
    before = scrape(said.listen)["salus_kept_height"]
    os.kill(comet, signal.SIGSTOP)  # one of two: nothing is decided
    try:
        answer = until(lambda: refused(said), "a state that is too old")
        assert (answer["code"], answer["status"]) == (StateOld.code, 503)
        assert answer["behind_ms"] > STALE_MS
        assert get(f"http://{said.listen}/health").json() == {"status": "ok"}
        found = scrape(said.listen)
        assert found["salus_block_age_seconds"] > 2 * found["salus_heartbeat_seconds"]
        (north,) = two.status("--home", two.home("north"), "--own")["nodes"]
        assert north["served"] is True and north["behind_ms"] > STALE_MS
    finally:
        with suppress(ProcessLookupError):
            os.kill(comet, signal.SIGCONT)
    until(lambda: refused(said) is None and scrape(said.listen)["salus_kept_height"] > before, "blocks, and readiness")


def refused(said: ConsensusFile) -> dict[str, int] | None:
    answer = get(f"http://{said.listen}/ready")
    return None if answer.status_code == 200 else answer.json()
