"""Runs the tasks of the rules as the worker does."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from chats.models import Task
from chats.rules import tasks
from chats.worker.handlers import HANDLERS

A_MOMENT = timedelta(seconds=1)


def run_tasks(most: int = 20) -> None:
    """Runs due tasks until none is due; clock tasks, due in a moment, run at once."""
    has_happened = True
    for _ in range(most):
        if has_happened:
            soon = timezone.now() + A_MOMENT
            clocks = Task.objects.filter(kind="clock", run_at__lte=soon)
            clocks.update(run_at=F("run_at") - A_MOMENT)
        leased = tasks.lease(20)
        if not leased:
            return
        for task in leased:
            tasks.run(task, HANDLERS)
        has_happened = any(task.kind != "clock" for task in leased)
    raise AssertionError("tasks schedule themselves without end")
