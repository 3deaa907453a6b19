"""Metrics of a web process, gathered in its event loop."""

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

from hci_center.metrics.histogram import Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GAUGES = {
    "threads": "Django threads.",
    "threads_busy": "Django threads that are processing a request.",
    "waiting": "Requests waiting for a Django thread.",
    "body_bytes": "Bytes of request bodies in memory.",
    "body_bytes_limit": "Limit of the bytes of request bodies in memory.",
}
POOLS = ("body_bytes", "body_bytes_limit")


class Call:
    """Measurements of one method of one route."""

    __slots__ = ("database", "seconds", "statements", "statuses")

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.seconds = Histogram()
        self.database = 0.0
        self.statements = 0


class WebMetrics(Collector):
    """The calls of a process; `measure` returns the gauges, by name and pool."""

    def __init__(self, measure: Callable[[], dict[tuple[str, str], float]]) -> None:
        self._measure = measure
        self._calls: dict[tuple[str, str], Call] = {}

    def record(
        self,
        method: str,
        route: str,
        status: int,
        seconds: float,
        database: tuple[float, int] = (0.0, 0),
    ) -> None:
        """Adds one request that was answered."""
        key = (method if method in METHODS else "other", route)
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = Call()
        call.statuses[status] += 1
        call.seconds.add(seconds)
        call.database += database[0]
        call.statements += database[1]

    def collect(self) -> Iterator[Metric]:
        yield from self._calls_families()
        measured = self._measure()
        for name, text in GAUGES.items():
            labels = ["pool"] if name in POOLS else []
            family = GaugeMetricFamily(f"hci_web_{name}", text, labels=labels)
            for (each, pool), value in measured.items():
                if each == name:
                    family.add_metric([pool] if labels else [], value)
            yield family

    def _calls_families(self) -> Iterator[Metric]:
        labels = ["method", "route"]
        requests = CounterMetricFamily(
            "hci_http_requests", "Answered requests.", labels=[*labels, "status"]
        )
        seconds = HistogramMetricFamily(
            "hci_http_request_seconds",
            "Time from the headers of a request to the end of its response.",
            labels=labels,
        )
        database = CounterMetricFamily(
            "hci_http_database_seconds", "Time spent in the database.", labels=labels
        )
        statements = CounterMetricFamily(
            "hci_http_statements", "SQL statements.", labels=labels
        )
        for key, call in sorted(self._calls.items()):
            for status, count in sorted(call.statuses.items()):
                requests.add_metric([*key, str(status)], count)
            seconds.add_metric(
                list(key), buckets=call.seconds.buckets(), sum_value=call.seconds.total
            )
            database.add_metric(list(key), call.database)
            statements.add_metric(list(key), call.statements)
        yield from (requests, seconds, database, statements)
