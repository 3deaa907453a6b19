"""Samples summed up, and the days of which samples changed since."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Summary(models.Model):
    """How many samples have each number of seconds: of a day, or of a fortnight's part.

    A day is of the manager as a whole; a fortnight is told apart by areas and, in other
    rows, by operators. `tma` is added up for each episode and what its rows are of.
    """

    manager_id = models.BigIntegerField()
    metric = models.CharField(max_length=16)
    # `""`, `area`, `operator`: what `part_id` is of, 0 for none or nobody.
    part = models.CharField(max_length=8)
    # The first, and how many: 1 or 14.
    day = models.DateField()
    days = models.SmallIntegerField()
    part_id = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    # As that of a sample; of `tma` 1 if the operator moved the episode on, or it left the
    # area.
    mark = models.SmallIntegerField(null=True)
    # 1: within its target, 0: not. NULL: there was none.
    met = models.SmallIntegerField(null=True)
    n = models.IntegerField()
    # Sorted, and how many samples have each; without counts one has each.
    seconds = ArrayField(models.IntegerField())
    counts = ArrayField(models.IntegerField())
    business = ArrayField(models.IntegerField())
    business_counts = ArrayField(models.IntegerField())

    class Meta:
        db_table = "report_summary"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "manager_id", "metric", "part", "day", "part_id", "channel", "mark",
                    "met",
                ],
                nulls_distinct=False,
                name="report_summary_is_unique",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.metric} {self.day} {self.part} {self.part_id}"


class PresenceDay(models.Model):
    """How long an operator was online or paused on a day; online also with how many chats.

    In microseconds, of all spans of a state and reason. `busy`: with at least one chat;
    `held`: the time of all of them added up.
    """

    manager_id = models.BigIntegerField()
    operator_id = models.BigIntegerField()
    day = models.DateField()
    # `online`, `paused`.
    state = models.CharField(max_length=7)
    reason = models.CharField(max_length=32)
    # The pieces of spans.
    n = models.IntegerField()
    micros = models.BigIntegerField()
    busy = models.BigIntegerField()
    held = models.BigIntegerField()

    class Meta:
        db_table = "report_presence"
        constraints = [
            models.UniqueConstraint(
                fields=["manager_id", "state", "day", "operator_id", "reason"],
                include=["n", "micros", "busy", "held"],
                name="report_presence_is_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day} {self.state}"


class DirtyDay(models.Model):
    """A day of which samples changed after it may have been summed up. Only added and deleted."""

    manager_id = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        db_table = "report_dirty_day"
        indexes = [models.Index(fields=["manager_id", "day"], name="report_dirty_days")]

    def __str__(self) -> str:
        return f"{self.manager_id} {self.day}"
