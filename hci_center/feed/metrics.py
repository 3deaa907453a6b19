"""Metrics of a feed process in Prometheus's format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chats.rules.backlog import Due

PREFIX = "hci_feed_"
COUNTERS = {
    "changes": "Changes sent to sockets.",
    "changes_read": "Changes sent to sockets that were read from the table.",
    "gaps": "Received batches with missing changes before them.",
    "checks": "Checks of the sockets' credentials.",
    "frames": "Frames written, counted for each socket.",
    "bytes": "Bytes written to sockets.",
}
GAUGES = {
    "fan_out_seconds": "CPU time of sending the latest batch.",
    "waiting": "Changes not numbered by the relay yet.",
    "numbered_per_second": "Changes numbered by the relay per second.",
    "sockets": "Open sockets.",
    "audiences": "Groups of sockets with the same permissions.",
    "cursor": "Number of the latest sent change.",
}


@dataclass(slots=True)
class Metrics:
    """Counters since the process started, and the latest gauges.

    Plain attributes, because some are incremented for every frame.
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
    tasks_due: list[Due] = field(default_factory=list)


class FeedCollector(Collector):
    """Collects the metrics of a process for Prometheus's registry.

    `measure` returns the gauges that are computed when the metrics are read.
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
        yield from _tasks(self._metrics.tasks_due)


def _tasks(due: list[Due]) -> Iterator[Metric]:
    """The tasks of the rules, which are the same in each feed process."""
    count = GaugeMetricFamily(
        "hci_tasks_due", "Due tasks of the rules.", labels=["kind"]
    )
    lag = GaugeMetricFamily(
        "hci_tasks_lag_seconds", "Delay of the oldest due task.", labels=["kind"]
    )
    for one in due:
        count.add_metric([one.kind], one.count)
        lag.add_metric([one.kind], one.lag)
    yield count
    yield lag
