"""Models of stored days of deliveries, and of deliveries that have changed since."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class DeliveryDay(models.Model):
    """Deliveries of a manager's day in the same histogram step, of one part.

    `queued` and `failed` have no length and one row each (`failed` per code).
    """

    manager_id = models.BigIntegerField()
    # The day on which they were queued.
    day = models.DateField()
    channel = models.CharField(max_length=8)
    # `queued`, `sent`, `delivered`, `failed`.
    part = models.CharField(max_length=9)
    code = models.CharField(max_length=32)
    step = models.SmallIntegerField()
    count = models.IntegerField()
    # Sorted; one for each delivery.
    millis = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "report_delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["manager_id", "day", "channel", "part", "step", "code"],
                name="report_delivery_is_unique",
            )
        ]
        # For reading only the step that contains a percentile.
        indexes = [
            models.Index(fields=["part", "step", "day"], name="report_delivery_by_step")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.day} {self.step}"


class DirtyDelivery(models.Model):
    """A delivery that changed after its day may have been stored. Never updated."""

    manager_id = models.BigIntegerField()
    queued_at = models.DateTimeField()

    class Meta:
        db_table = "report_dirty_delivery"

    def __str__(self) -> str:
        return f"{self.manager_id} {self.queued_at}"
