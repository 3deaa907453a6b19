"""Metrics of a worker process: its attempts to send, and its slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from chats.delivery.results import AttemptResult
from chats.gateways.base import Accepted
from hci_center.metrics.histogram import CALLS, DELIVERIES, Histogram

Slots = Callable[[], dict[str, tuple[int, int]]]


class WorkerMetrics(Collector):
    """Attempts of this worker to send; only its main thread changes them."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._calls: dict[str, Histogram] = {}
        self._delays: dict[str, Histogram] = {}

    def record(self, ended: AttemptResult, took: float, delay: float) -> None:
        """Adds an attempt; `took` and `delay` (since queueing) are in seconds."""
        gateway = ended.job.ref.driver
        code = getattr(ended.outcome, "code", "accepted")
        self._outcomes[gateway, code] += 1
        _histogram(self._calls, gateway, CALLS).add(took)
        if isinstance(ended.outcome, Accepted):
            _histogram(self._delays, gateway, DELIVERIES).add(delay)

    def collect(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "hci_delivery_attempts",
            "Attempts to send a message, by result.",
            labels=["gateway", "outcome"],
        )
        for key, count in sorted(self._outcomes.items()):
            outcomes.add_metric(list(key), count)
        yield outcomes
        yield _family(
            "hci_delivery_call_seconds", "Duration of attempts to send.", self._calls
        )
        yield _family(
            "hci_delivery_seconds",
            "Time from queueing a message to its acceptance by the gateway.",
            self._delays,
        )
        used = GaugeMetricFamily(
            "hci_worker_slots_used", "Slots for jobs in use.", labels=["kind"]
        )
        slots = GaugeMetricFamily(
            "hci_worker_slots", "Slots for simultaneous jobs.", labels=["kind"]
        )
        for kind, (now, most) in self._slots().items():
            used.add_metric([kind], now)
            slots.add_metric([kind], most)
        yield from (used, slots)


def _histogram(
    among: dict[str, Histogram], gateway: str, bounds: tuple[float, ...]
) -> Histogram:
    if gateway not in among:
        among[gateway] = Histogram(bounds)
    return among[gateway]


def _family(
    name: str, text: str, histograms: dict[str, Histogram]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=["gateway"])
    for gateway, one in sorted(histograms.items()):
        family.add_metric([gateway], buckets=one.buckets(), sum_value=one.total)
    return family
