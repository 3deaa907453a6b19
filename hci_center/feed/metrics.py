"""What a feed process counts, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PREFIX = "hci_feed_"
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {
    "changes": "Changes that were sent to sockets.",
    "changes_read": "Those of them that were read from the table.",
    "gaps": "Batches with a change missing before them.",
    "checks": "Checks of the sockets' credentials.",
    "frames": "Frames written, one for each socket.",
    "bytes": "Bytes written to sockets.",
}
GAUGES = {
    "fan_out_seconds": "CPU time of the latest batch.",
    "waiting": "Changes that the relay has not numbered.",
    "numbered_per_second": "What the relay numbers.",
    "sockets": "Open sockets.",
    "audiences": "Groups of sockets with the same rights.",
    "cursor": "Number of the latest change that was sent.",
}


@dataclass(slots=True)
class Metrics:
    """Counters since the process began, and the latest measures.

    Plain attributes: the busiest of them are counted for every frame.
    """

    changes: int = 0
    changes_read: int = 0
    gaps: int = 0
    checks: int = 0
    frames: int = 0
    bytes: int = 0
    fan_out_seconds: float = 0.0
    waiting: int = 0
    numbered_per_second: float = 0.0


class FeedCollector(Collector):
    """Gives a process's metrics to Prometheus's registry when it is asked.

    `measure` returns the gauges that are not counted but looked up.
    """

    def __init__(self, metrics: Metrics, measure: Callable[[], dict[str, int]]) -> None:
        self._metrics, self._measure = metrics, measure

    def collect(self) -> Iterator[Metric]:
        for name, text in COUNTERS.items():
            value = getattr(self._metrics, name)
            yield CounterMetricFamily(PREFIX + name, text, value=value)
        measured = self._measure()
        for name, text in GAUGES.items():
            value = measured[name] if name in measured else getattr(self._metrics, name)
            yield GaugeMetricFamily(PREFIX + name, text, value=value)


def exposition(metrics: Metrics, measure: Callable[[], dict[str, int]]) -> bytes:
    """The text of all metrics in Prometheus's format."""
    registry = CollectorRegistry()
    registry.register(FeedCollector(metrics, measure))
    text: bytes = generate_latest(registry)
    return text
