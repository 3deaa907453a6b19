"""Metrics read from the database on each scrape: sizes and ages of the queues.

Every worker exports the same values, so queries must use their maximum, not their sum.
Counts are limited to MOST_COUNTED, so that a long queue does not make them slow.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chats.accounts.notices import IS_OPEN_PROBLEM
from chats.rules.backlog import MOST_COUNTED, backlog
from hci_center.database.faults import ERRORS, describe

logger = logging.getLogger(__name__)

Rows = list[tuple[Any, ...]]

_GATEWAY = """CASE WHEN x.channel = 'facebook' THEN 'messenger' ELSE m.gateway END"""
_DELIVERIES = f"""
SELECT {_GATEWAY}, count(*),
       coalesce(extract(epoch FROM clock_timestamp() - min(x.queued_at)), 0)::float8
  FROM (SELECT manager_id, channel, queued_at FROM chats_delivery
         WHERE done_at IS NULL LIMIT {MOST_COUNTED}) x
  JOIN managers_manager m ON m.id = x.manager_id
 GROUP BY 1
"""  # noqa: S608 - of constants
# All accounts, those whose session is not open, paused ones, and those with a problem.
_ACCOUNTS = f"""
SELECT {_GATEWAY}, count(*),
       count(*) FILTER (WHERE x.state IN ('closed', 'qr', 'connecting')),
       count(*) FILTER (WHERE x.pause_code <> ''),
       count(*) FILTER (WHERE x.alarmed_at IS NOT NULL
                           OR EXISTS (SELECT FROM chats_gatewaynotice n
                                       WHERE n.account_id = x.id AND {IS_OPEN_PROBLEM}))
  FROM chats_gatewayaccount x JOIN managers_manager m ON m.id = x.manager_id
 GROUP BY 1
"""  # noqa: S608 - of constants
_INBOUND = f"""
SELECT (SELECT count(*) FROM (SELECT FROM chats_inboundevent
                               WHERE state = 'waiting' LIMIT {MOST_COUNTED}) w),
       (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(arrived_at)), 0)
          FROM chats_inboundevent WHERE state = 'waiting')::float8,
       (SELECT count(*) FROM (SELECT FROM chats_inboundevent
                               WHERE state = 'parked' LIMIT {MOST_COUNTED}) p),
       (SELECT count(*) FROM background_backgroundfault
         WHERE last_at > clock_timestamp() - interval '1 hour'),
       (SELECT count(*) FROM chats_homelesschat WHERE alarmed_at IS NOT NULL),
       (SELECT count(*) FROM chats_mediafetch WHERE unstored_since IS NOT NULL)
"""  # noqa: S608 - of constants
# Without any backup, the age of the installation.
_BACKUP_AGE = """
SELECT extract(epoch FROM clock_timestamp() - coalesce(
         (SELECT max(began_at) FROM backups_backup
           WHERE ended_at IS NOT NULL AND error = ''),
         (SELECT min(applied) FROM django_migrations)))::float8
"""
_SINGLE = (
    ("hci_inbound_waiting", "Inbound events that are waiting to be processed."),
    ("hci_inbound_oldest_seconds", "Age of the oldest waiting inbound event."),
    ("hci_inbound_parked", "Inbound events that could not be processed."),
    ("hci_background_faults", "Faults of background work in the last hour."),
    ("hci_chats_homeless", "Open chats that no active operator can take."),
    ("hci_files_unstored", "Received files that could not be stored yet."),
)


class BacklogMetrics(Collector):
    """Queries the database on each scrape."""

    def collect(self) -> Iterator[Metric]:
        answers = 1
        families: list[Metric] = []
        try:
            for read in (_deliveries, _accounts, _inbound, _tasks, _backups):
                families.extend(read())
        except ERRORS as error:
            logger.warning("The backlog could not be read: %s", describe(error))
            answers = 0
        finally:
            # Each scrape runs in a new thread, which ends after it.
            connection.close()
        yield from families
        yield GaugeMetricFamily(
            "hci_database_up",
            "1 if the database responded to this scrape, else 0.",
            value=answers,
        )


def _rows(statement: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: Rows = cursor.fetchall()
    return found


def _by_gateway(name: str, text: str, rows: Rows, place: int) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["gateway"])
    for row in rows:
        family.add_metric([row[0]], float(row[place]))
    return family


def _deliveries() -> Iterator[Metric]:
    rows = _rows(_DELIVERIES)
    yield _by_gateway("hci_delivery_waiting", "Messages waiting to be sent.", rows, 1)
    yield _by_gateway(
        "hci_delivery_oldest_seconds", "Age of the oldest waiting message.", rows, 2
    )


def _accounts() -> Iterator[Metric]:
    rows = _rows(_ACCOUNTS)
    for place, (name, text) in enumerate(
        (
            ("hci_accounts", "Gateway accounts."),
            ("hci_accounts_closed", "Gateway accounts whose session is not open."),
            ("hci_accounts_paused", "Gateway accounts whose sends are paused."),
            ("hci_accounts_alarmed", "Gateway accounts with an alert."),
        ),
        1,
    ):
        yield _by_gateway(name, text, rows, place)


def _inbound() -> Iterator[Metric]:
    [row] = _rows(_INBOUND)
    for (name, text), value in zip(_SINGLE, row, strict=True):
        yield GaugeMetricFamily(name, text, value=float(value))


def _backups() -> Iterator[Metric]:
    """Yields the age of the latest backup, in seconds."""
    family = GaugeMetricFamily(
        "hci_backup_age_seconds",
        "Age of the latest backup, or of the installation if there is none.",
    )
    [(is_there,)] = _rows("SELECT to_regclass('backups_backup') IS NOT NULL")
    if is_there:
        [(age,)] = _rows(_BACKUP_AGE)
        if age is not None:
            family.add_metric([], age)
    yield family


def _tasks() -> Iterator[Metric]:
    due = backlog()
    count = GaugeMetricFamily(
        "hci_tasks_due", "Due tasks of the rules.", labels=["kind"]
    )
    lag = GaugeMetricFamily(
        "hci_tasks_lag_seconds", "Delay of the oldest due task.", labels=["kind"]
    )
    for one in due:
        count.add_metric([one.kind], one.count)
        lag.add_metric([one.kind], one.lag)
    yield from (count, lag)
