"""Writes collectors in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector


def exposition(*collectors: Collector) -> bytes:
    """Returns the metrics of the collectors, and memory and CPU time of the process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in collectors:
        registry.register(collector)
    text: bytes = generate_latest(registry)
    return text


def gauges(
    prefix: str, texts: Mapping[str, str], values: Mapping[str, Any]
) -> Iterator[Metric]:
    """Yields a gauge for each help text that has a value."""
    for name, text in texts.items():
        if values.get(name) is not None:
            yield GaugeMetricFamily(prefix + name, text, value=float(values[name]))


def labelled(
    name: str, text: str, label: str, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    """Returns a gauge with one value for each value of a label."""
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values:
        family.add_metric([value], float(number))
    return family
