"""Helpers of the tests of rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.models import Availability, Presence
from chats.rules import tasks
from chats.worker.handlers import HANDLERS


def connect(operator: Any) -> None:
    """Gives the operator a live socket."""
    until = timezone.now() + timedelta(minutes=5)
    Presence.objects.update_or_create(
        operator=operator, process="test", defaults={"online_until": until}
    )


def pause(operator: Any, state: str = "paused") -> None:
    Availability.objects.update_or_create(operator=operator, defaults={"state": state})


def run_tasks(most: int = 20) -> None:
    """Runs what is due until nothing is."""
    for _ in range(most):
        leased = tasks.lease(20)
        if not leased:
            return
        for task in leased:
            tasks.run(task, HANDLERS)
    raise AssertionError("tasks schedule themselves without end")


@pytest.fixture
def connected(ana: Any, bruno: Any) -> None:
    connect(ana)
    connect(bruno)
