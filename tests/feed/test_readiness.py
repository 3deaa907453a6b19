"""The readiness check of the feed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from chats.rules import tasks
from hci_center.errors import LackingError
from hci_center.feed import readiness
from tests import builders
from tests.feed.processes import Feed, wait_until


def test_a_running_feed_is_ready_and_reports_its_rate(feed: Feed) -> None:
    def is_ready() -> bool:
        try:
            return "0 waiting" in readiness.check()
        except LackingError:
            return False

    wait_until(is_ready)
    wait_until(lambda: "hci_feed_waiting" in feed.metrics())


def test_a_feed_counts_the_tasks_that_are_due(feed: Feed, manager: Any) -> None:
    for _ in range(3):
        contact = builders.make_contact(manager)
        tasks.schedule("menu", manager.pk, contact_id=contact.pk)
    wait_until(lambda: feed.metrics().get("hci_tasks_due") == 3)
    assert feed.metrics()["hci_tasks_lag_seconds"] > 0


def test_without_a_relay_it_is_not_ready(transactional_db: None, manager: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE change_pace SET at = now() - interval '1 minute'")
    with pytest.raises(LackingError):
        readiness.check()
