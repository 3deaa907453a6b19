"""Helpers of the tests of rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.models import Availability, Presence
from chats.models import Task
from chats.rules import tasks
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders


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


@pytest.fixture
def team(manager, sales):
    """Three connected operators of an area that assigns to who has fewest chats."""
    builders.save_policy(manager, sales, assign="fewest")
    team = [builders.make_operator(manager, sales, name=name) for name in "abc"]
    for operator in team:
        connect(operator)
    Task.objects.all().delete()
    return team


def wait_in(area, *, since=0, **over):
    """A contact with an open chat that has waited in the area for so many minutes."""
    at = timezone.now() - timedelta(minutes=since)
    contact = builders.make_contact(area.manager, area=area, **over)
    builders.make_chat(contact, opened_at=at)
    return contact


def holders(*contacts):
    return [Contact.objects.get(pk=contact.pk).operator for contact in contacts]
