"""Figures of a process for Prometheus: requests, batches, the ledger, queues. Labels are operations and organisations.

https://prometheus.io/docs/instrumenting/exposition_formats/. What lies in vaults and queues is looked at when it is
asked for, and at most every few seconds.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from salus.api.operate.consortium import ConsortiumFigures, consortium_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began is of no use to anybody here
LASTS_S = 5.0  # what was looked up is given again for so long
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class MemberFigures(NamedTuple):
    """An organisation that is open in this process."""

    slug: str
    waiting: int  # envelopes that wait to be sent
    envelopes: int  # that landed
    batches: int
    tasks: int  # in the outbox
    letters: int  # in the inbox
    relations: int
    vault_bytes: int


class LedgerFigures(NamedTuple):
    """The ledger as this process sees it."""

    height: int
    lag_ms: int  # since the view was known to be the newest


class Looks(NamedTuple):
    """Where figures are looked up when somebody asks for them."""

    ledger: Callable[[], LedgerFigures]
    members: Callable[[], Iterable[MemberFigures]]
    work: Callable[[], Iterable[tuple[str, int]]]  # (name of the pool, functions that run or wait)
    consortium: Callable[[], ConsortiumFigures] | None = None  # where CometBFT decides the blocks


class Figures:
    """Counts requests as they end. `page` is for any thread, the rest for the event loop's.

    `under_way` are requests that are being answered.
    """

    def __init__(self, looks: Looks | None = None, lasts_s: float = LASTS_S) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._requests = Counter(
            "salus_requests", "Requests that were answered.", ("operation", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "salus_request_seconds", "How long answers took.", ("operation",), buckets=SECONDS, registry=self._registry
        )
        self.under_way = 0
        gauge = Gauge("salus_requests_under_way", "Requests being answered.", registry=self._registry)
        gauge.set_function(lambda: self.under_way)
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        if looks is not None:
            self._registry.register(_Looked(looks, lasts_s))

    def of_request(self, operation: str, status: int, seconds: float) -> None:
        """Count a request; `operation` is the name of one of ours, status 0 where the peer went away."""
        found = self._known.get((operation, status))
        if found is None:
            found = self._requests.labels(operation, str(status)), self._seconds.labels(operation)
            self._known[operation, status] = found
        counter, histogram = found
        counter.inc()
        histogram.observe(seconds)

    def page(self) -> bytes:
        """Return all figures in the text format 0.0.4."""
        return generate_latest(self._registry)


class _Looked:
    """Looks again only after some seconds, however often it is asked."""

    def __init__(self, looks: Looks, lasts_s: float) -> None:
        self._looks, self._lasts_s = looks, lasts_s
        self._until, self._found = 0.0, list[Metric]()

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        if time.monotonic() >= self._until:
            self._found = [*self._ledger(), *self._members(), self._work(), *self._consortium()]
            self._until = time.monotonic() + self._lasts_s
        yield from self._found

    def _ledger(self) -> Iterator[Metric]:
        ledger = self._looks.ledger()
        yield GaugeMetricFamily("salus_ledger_height", "The newest block here.", ledger.height)
        yield GaugeMetricFamily(
            "salus_ledger_lag_seconds", "How long ago the state was known to be the newest.", ledger.lag_ms / 1000
        )

    def _members(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("salus_envelopes_waiting", "Envelopes that wait to be sent.", labels=["org"])
        envelopes = CounterMetricFamily("salus_envelopes", "Envelopes that landed.", labels=["org"])
        batches = CounterMetricFamily("salus_batches", "Batches that landed.", labels=["org"])
        tasks = GaugeMetricFamily("salus_outbox_tasks", "Tasks in the outbox.", labels=["org"])
        letters = GaugeMetricFamily("salus_inbox_letters", "Letters in the inbox.", labels=["org"])
        relations = GaugeMetricFamily("salus_vault_relations", "Relations in the vault.", labels=["org"])
        size = GaugeMetricFamily("salus_vault_index_bytes", "Size of the vault's index.", labels=["org"])
        for one in self._looks.members():
            label = [one.slug]
            waiting.add_metric(label, one.waiting)
            envelopes.add_metric(label, one.envelopes)
            batches.add_metric(label, one.batches)
            tasks.add_metric(label, one.tasks)
            letters.add_metric(label, one.letters)
            relations.add_metric(label, one.relations)
            size.add_metric(label, one.vault_bytes)
        yield from (waiting, envelopes, batches, tasks, letters, relations, size)

    def _consortium(self) -> Iterator[Metric]:
        if self._looks.consortium is not None:
            yield from consortium_metrics(self._looks.consortium())

    def _work(self) -> Metric:
        found = GaugeMetricFamily("salus_work_under_way", "Functions that run or wait for a thread.", labels=["pool"])
        for pool, number in self._looks.work():
            found.add_metric([pool], number)
        return found
