"""Models of summaries of samples, and of days whose samples have changed since."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Summary(models.Model):
    """Number of samples by seconds: of a day, or of a part of a fortnight.

    A day is for the whole manager; a fortnight is per area and, in other rows, per
    operator. `tma` is added up per episode and part.
    """

    manager_id = models.BigIntegerField()
    metric = models.CharField(max_length=16)
    # `""`, `area`, `operator`: the kind of `part_id`; 0 for none or nobody.
    part = models.CharField(max_length=8)
    # The first day, and the number of days: 1 or 14.
    day = models.DateField()
    days = models.SmallIntegerField()
    part_id = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    # That of a sample; for `tma` 1 if the operator transferred the episode, or it left
    # the area.
    mark = models.SmallIntegerField(null=True)
    # 1: within its target, 0: not. NULL: there was no target.
    met = models.SmallIntegerField(null=True)
    n = models.IntegerField()
    # Sorted, and the number of samples of each; without counts one each.
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
    """An operator's time online or paused on a day; for online also his chats at once.

    In microseconds, for all spans of a state and reason. `busy`: with at least one
    chat; `held`: the total time of all chats.
    """

    manager_id = models.BigIntegerField()
    operator_id = models.BigIntegerField()
    day = models.DateField()
    # `online`, `paused`.
    state = models.CharField(max_length=7)
    reason = models.CharField(max_length=32)
    # The number of pieces of spans.
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


class FinalPresence(models.Model):
    """The first day of a manager whose spans of presence have not been deleted.

    The rows of `PresenceDay` of earlier days are final: nothing can recompute them.
    """

    manager_id = models.BigIntegerField(primary_key=True)
    before = models.DateField()

    class Meta:
        db_table = "report_final_presence"

    def __str__(self) -> str:
        return f"{self.manager_id} {self.before}"


class DirtyDay(models.Model):
    """A day whose samples changed after it may have been summarized. Never updated."""

    manager_id = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        db_table = "report_dirty_day"
        indexes = [models.Index(fields=["manager_id", "day"], name="report_dirty_days")]

    def __str__(self) -> str:
        return f"{self.manager_id} {self.day}"
