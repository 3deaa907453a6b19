"""An operator's contacts are released when he has been offline for too long."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from areas.models import PresenceSpan
from chats.models import ChatEvent, Task
from chats.rules import tasks
from tests import builders
from tests.chats.rules.conftest import connect, holders, wait_in
from tests.chats.rules.running import run_tasks


def gone(operator, *, ago):
    at = timezone.now() - timedelta(seconds=ago)
    span = PresenceSpan.objects.create(
        operator=operator, state="online", started_at=at, seen_at=at
    )
    operator.presences.all().delete()
    span.ended_at = at
    span.save()


def test_waiting_contacts_of_an_offline_operator_are_released(manager, sales, team):
    builders.save_policy(manager, sales, assign="off", releaseOffline=300)
    a = team[0]
    since = timezone.now() - timedelta(minutes=10)
    waits = wait_in(sales, operator=a, waiting_since=since)
    answered = wait_in(sales, operator=a)
    gone(a, ago=100)
    run_tasks()
    assert holders(waits, answered) == [a, a]
    assert Task.objects.get(kind="offline").run_at > timezone.now()
    earlier = timezone.now() - timedelta(seconds=400)
    PresenceSpan.objects.update(started_at=earlier, ended_at=earlier)
    tasks.schedule("offline", manager.pk, operator_id=a.pk)
    run_tasks()
    assert holders(waits, answered) == [None, a]
    waits.refresh_from_db()
    assert waits.queued_at == since
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.cause) == ("released", "timeout")


def test_an_operator_who_returns_in_time_keeps_his_contacts(manager, sales, team):
    builders.save_policy(manager, sales, releaseOffline=300)
    a = team[0]
    contact = wait_in(sales, operator=a, waiting_since=timezone.now())
    gone(a, ago=400)
    connect(a)
    run_tasks()
    assert holders(contact) == [a]
