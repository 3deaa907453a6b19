"""Kept days of deliveries, and the deliveries that changed since."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class DeliveryDay(models.Model):
    """Deliveries of a manager's day whose length is in the same step, of one part.

    Of `queued` and `failed` there is no length and one row each, of a failure's code.
    """

    manager_id = models.BigIntegerField()
    # In which they were queued.
    day = models.DateField()
    channel = models.CharField(max_length=8)
    # `queued`, `sent`, `delivered`, `failed`.
    part = models.CharField(max_length=9)
    code = models.CharField(max_length=32)
    step = models.SmallIntegerField()
    count = models.IntegerField()
    # Sorted; as many as are counted.
    millis = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "report_delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["manager_id", "day", "channel", "part", "step", "code"],
                name="report_delivery_is_unique",
            )
        ]
        # To read only the step in which a percentile is.
        indexes = [
            models.Index(fields=["part", "step", "day"], name="report_delivery_by_step")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.day} {self.step}"


class DirtyDelivery(models.Model):
    """A delivery that changed after its day may have been kept. Only added and deleted."""

    manager_id = models.BigIntegerField()
    queued_at = models.DateTimeField()

    class Meta:
        db_table = "report_dirty_delivery"

    def __str__(self) -> str:
        return f"{self.manager_id} {self.queued_at}"
