"""Figures of a home whose blocks CometBFT decides: the engine, what it sends, its CometBFT, validators, rules, disk.

Labels are numbers of nodes, codes of refusals and fixed words: never an account, an envelope or anybody.
"""

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from salus.client.figures import CometFigures, EngineFigures, SendingFigures, SnapshotFigures, Spread


class ConsortiumFigures(NamedTuple):
    """What is known of the home now; None for what it has not, as one without a validator has no engine."""

    now: int  # milliseconds
    height: int  # of the last block here
    block_time: int  # of that, milliseconds; before the first of the genesis
    stopped: int  # code of what keeps this node from taking blocks, 0: nothing does
    power: int  # of all validators, in the state here
    upgrade: int  # height from which rules that were voted act, 0: none are scheduled
    upgrade_known: bool  # this software has all rules that were voted
    disk_free: int  # bytes that the home's file system has left
    heartbeat_ms: int  # between empty blocks
    stale_ms: int  # how old the state may be that a gateway decides on
    engine: EngineFigures | None = None
    sending: SendingFigures | None = None
    cometbft: CometFigures | None = None


def consortium_metrics(found: ConsortiumFigures) -> Iterator[Metric]:
    """Yield all figures."""
    age = max(0, found.now - found.block_time) / 1000
    yield _gauge("salus_block_age_seconds", "Since the time of the last block here.", age)
    yield _gauge("salus_heartbeat_seconds", "Between the blocks of an idle network.", found.heartbeat_ms / 1000)
    yield _gauge("salus_stale_seconds", "How old the state may be that is decided on.", found.stale_ms / 1000)
    yield _gauge("salus_ledger_stopped", "Code of what keeps blocks from being taken, 0 for nothing.", found.stopped)
    yield _gauge("salus_validators_power", "Power of all validators.", found.power)
    yield _gauge("salus_upgrade_height", "From which scheduled rules act, 0 for none.", found.upgrade)
    yield _gauge("salus_upgrade_known", "1 if this software has all rules that were voted.", found.upgrade_known)
    yield _gauge("salus_disk_free_bytes", "Left in the home's file system.", found.disk_free)
    if found.engine is not None:
        yield from _engine(found.engine)
    if found.cometbft is not None:
        yield from _cometbft(found.cometbft, found.height)
    if found.sending is not None:
        yield from _sending(found.sending)


def _engine(found: EngineFigures) -> Iterator[Metric]:
    yield _gauge("salus_decided_height", "The newest block that CometBFT showed.", found.decided)
    yield _gauge("salus_kept_height", "The newest block that is durable here.", found.kept)
    yield _gauge("salus_votes_height", "Up to which block the votes are kept here.", found.votes)
    yield _counter("salus_decided_batches", "Batches in blocks that were kept.", found.batches)
    yield _histogram("salus_block_execute_seconds", "FinalizeBlock: how long blocks were executed.", found.executing)
    yield _histogram("salus_block_commit_seconds", "Commit: how long blocks took to be durable.", found.keeping)
    yield _histogram("salus_block_bytes", "Size of blocks in the block file.", found.sizes)
    checks = CounterMetricFamily("salus_mempool_checks", "Batches that CheckTx answered.", labels=["kind", "code"])
    for again, code, count in found.checks:
        checks.add_metric(["again" if again else "new", f"0x{code:04x}" if code else "0"], count)
    yield checks
    if found.snapshots is not None:
        yield from _snapshots(found.snapshots)


def _snapshots(found: SnapshotFigures) -> Iterator[Metric]:
    yield _counter("salus_snapshots_taken", "Snapshots that were taken.", found.taken)
    yield _counter("salus_snapshots_failed", "Snapshots that were due and did not come to be.", found.failed)
    yield _gauge("salus_snapshots", "Snapshots that others can begin with.", found.kept)
    yield _gauge("salus_snapshot_height", "Of the newest snapshot, 0 for none.", found.height)
    yield _gauge("salus_statesync_height", "Of the snapshot that is being taken over, 0 for none.", found.syncing)
    yield _gauge("salus_statesync_chunks", "Chunks of the snapshot that is being taken over.", found.chunks)
    yield _gauge("salus_statesync_chunks_taken", "Chunks of it that are here.", found.chunks_taken)


def _cometbft(found: CometFigures, height: int) -> Iterator[Metric]:
    yield _gauge("salus_cometbft_up", "1 if the home's CometBFT answers.", found.up)
    yield _gauge("salus_validator_power", "With which the home's validator signs, 0 for none.", found.power)
    if found.up:
        lag = max(0, found.height - height)
        yield _gauge("salus_cometbft_height", "The newest block that CometBFT has.", found.height)
        yield _gauge("salus_cometbft_lag_blocks", "Blocks that CometBFT has, and the ledger has not.", lag)
        yield _gauge("salus_cometbft_catching_up", "1 while CometBFT fetches old blocks.", found.catching_up)


def _sending(found: SendingFigures) -> Iterator[Metric]:
    answers = CounterMetricFamily("salus_batches_sent", "Batches that were sent.", labels=["node", "answer"])
    for node, answer, count in found.answers:
        answers.add_metric([str(node), answer], count)
    yield answers
    shunned = GaugeMetricFamily("salus_node_shunned", "1 while a node that failed is asked last.", labels=["node"])
    for number, state in enumerate(found.shunned):
        shunned.add_metric([str(number)], state)
    yield shunned
    yield _gauge("salus_batches_under_way", "Batches that wait for their block.", found.under_way)
    yield _counter("salus_batches_resent", "Sendings anew: no block held the batch in time.", found.resent)
    yield _counter("salus_batches_failed_over", "Batches that another node took than the first.", found.failovers)
    yield _counter("salus_batches_doubled", "Protective batches that two nodes took at once.", found.doubled)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)


def _counter(name: str, words: str, value: int) -> Metric:
    return CounterMetricFamily(name, words, value)


def _histogram(name: str, words: str, spread: Spread) -> Metric:
    bounds = [*map(str, spread.bounds), "+Inf"]
    return HistogramMetricFamily(name, words, list(zip(bounds, spread.counts, strict=True)), spread.total)
