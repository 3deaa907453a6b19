"""Metrics of a relay: what it has numbered, and the state of the change log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hci_center.database.faults import ERRORS, describe
from hci_center.feed.readiness import BACKLOG
from hci_center.feed.relay.partitions import SIZE

logger = logging.getLogger(__name__)

PREFIX = "hci_relay_"
COUNTERS = {
    "numbered": "Changes numbered by this relay.",
    "steps": "Reads that found changes.",
    "published": "Messages published on the channel layer.",
    "dropped": "Messages that could not be published; the feed reads the table.",
}
# State of the database, the same in each relay.
_STATE = rf"""
SELECT b.*, h.seq, n.count, n.last - h.seq, k.off, k.failing, k.lag
  FROM ({BACKLOG}) b (waiting, lag, per_second, interval_ms, silent), change_head h,
       (SELECT count(*), max((regexp_match(pg_get_expr(c.relpartbound, c.oid),
                                           $$TO \('?(\d+)'?\)$$))[1]::bigint)
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'change_feed'::regclass) n (count, last),
       (SELECT count(*) FILTER (WHERE alarmed_at IS NOT NULL),
               count(*) FILTER (WHERE state = 'on' AND failures > 0),
               coalesce(max(extract(epoch FROM clock_timestamp() - failing_since))
                        FILTER (WHERE state = 'on'), 0)
          FROM feed_hook) k (off, failing, lag)
"""  # noqa: S608 - of constants
GAUGES = {
    "waiting": "Changes not numbered yet.",
    "lag_seconds": "Age of the oldest change not numbered yet.",
    "numbered_per_second": "Changes numbered by the leading relay per second.",
    "interval_milliseconds": "Pause between two reads of the leading relay.",
    "silent_seconds": "Time since a relay last reported that it leads.",
    "cursor": "Number of the latest change.",
    "partitions": "Partitions of the change log.",
    "numbers_ahead": f"Free numbers with a partition; each adds {SIZE}.",
    "hooks_off": "Outgoing webhooks that were disabled after failures.",
    "hooks_failing": "Outgoing webhooks whose latest POST has failed.",
    "hooks_failing_seconds": "Time for which an outgoing webhook has failed, at most.",
}


@dataclass(slots=True)
class RelayMetrics:
    """Counters since the process started, and whether it leads."""

    leads: bool = False
    numbered: int = 0
    steps: int = 0
    published: int = 0
    dropped: int = 0


class RelayCollector(Collector):
    """Collects the metrics of a process and those of the database."""

    def __init__(self, metrics: RelayMetrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        for name, text in COUNTERS.items():
            value = getattr(self._metrics, name)
            yield CounterMetricFamily(PREFIX + name, text, value=value)
        yield GaugeMetricFamily(
            f"{PREFIX}leads",
            "1 if this relay leads, else 0.",
            value=self._metrics.leads,
        )
        state = _state()
        yield GaugeMetricFamily(
            "hci_database_up",
            "1 if the database responded to this scrape, else 0.",
            value=state is not None,
        )
        for (name, text), value in zip(GAUGES.items(), state or (), strict=False):
            yield GaugeMetricFamily(PREFIX + name, text, value=float(value or 0))


def _state() -> tuple[Any, ...] | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_STATE)
            row: tuple[Any, ...] | None = cursor.fetchone()
    except ERRORS as error:
        logger.warning("The change log could not be read: %s", describe(error))
        return None
    finally:
        # The thread serves one scrape.
        connection.close()
    return row
