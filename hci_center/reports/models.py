"""Stored rows of the reports, computed from ledger and messages and rebuildable.

No foreign keys: report rows must not block or delay writes to their sources.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from chats.models.conversations import ClockTimestamp
from hci_center.reports.kept.delivery_rows import DeliveryDay, DirtyDelivery
from hci_center.reports.kept.summary_rows import (
    DirtyDay,
    FinalPresence,
    PresenceDay,
    Summary,
)

__all__ = (
    "Check", "DeliveryDay", "Dirty", "DirtyDay", "DirtyDelivery", "Episode",
    "FinalPresence", "Hour", "OpenChat", "PresenceDay", "Run", "Sample", "SettledHours", "Summary", "Zone",
)  # fmt: skip


class Episode(models.Model):
    """An episode of a chat: from its opening or reopening to its closing.

    For an open episode, only its beginning is meaningful.
    """

    chat_id = models.BigIntegerField()
    episode = models.IntegerField()
    manager_id = models.BigIntegerField()
    contact_id = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    # `opened` or `reopened`, and the cause of that line.
    origin = models.CharField(max_length=16)
    opened_by = models.CharField(max_length=16)
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    opened_day = models.DateField()
    opened_hour = models.SmallIntegerField()
    day = models.DateField(null=True)
    hour = models.SmallIntegerField(null=True)
    area_id = models.BigIntegerField(null=True)
    closer_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=10, null=True)  # noqa: DJ001 - none yet
    is_served = models.BooleanField()
    is_queued = models.BooleanField()
    had_bot = models.BooleanField()
    # The step of an external bot in which it was closed.
    sa = models.BigIntegerField(null=True)
    authors = models.IntegerField()
    transfers = models.IntegerField()
    is_bounced = models.BooleanField()
    is_reopened = models.BooleanField()
    is_recontacted = models.BooleanField()
    # Operators who transferred it, and areas that it left after an operator had it (0:
    # none).
    movers = ArrayField(models.BigIntegerField())
    left_areas = ArrayField(models.BigIntegerField())
    # The version of the definitions it was computed with.
    version = models.SmallIntegerField()
    # Computed after the 72 hours in which customers may come back.
    is_settled = models.BooleanField()

    class Meta:
        db_table = "report_episode"
        constraints = [
            models.UniqueConstraint(
                fields=["chat_id", "episode"], name="report_episode_is_unique"
            )
        ]
        indexes = [
            models.Index(fields=["manager_id", "day"], name="report_episodes_by_day"),
            models.Index(
                fields=["manager_id", "opened_day"], name="report_episodes_opened"
            ),
            models.Index(
                fields=["ends"],
                condition=Q(is_settled=False),
                name="report_episodes_unsettled",
            ),
            # For finding rows of an earlier version.
            models.Index(fields=["version"], name="report_episodes_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}/{self.episode}"


class Sample(models.Model):
    """A measured duration, in microseconds of both clocks.

    `holding` is a hold that is still running: it has no end yet.
    """

    manager_id = models.BigIntegerField()
    metric = models.CharField(max_length=16)
    day = models.DateField()
    hour = models.SmallIntegerField()
    area_id = models.BigIntegerField(null=True)
    operator_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=8)
    micros = models.BigIntegerField()
    business_micros = models.BigIntegerField()
    # In seconds of the business clock; NULL if there was no target.
    target = models.IntegerField(null=True)
    mark = models.SmallIntegerField(null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    chat_id = models.BigIntegerField()
    episode = models.IntegerField()
    # The ledger line, message or survey that it starts with.
    source = models.BigIntegerField(null=True)
    # For open episodes.
    is_open = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "report_sample"
        indexes = [
            models.Index(
                fields=["manager_id", "metric", "day"],
                include=[
                    "hour", "area_id", "operator_id", "channel", "micros",
                    "business_micros", "target", "mark", "chat_id", "episode",
                ],
                name="report_samples_by_day",
            ),
            models.Index(fields=["chat_id"], name="report_samples_of_chat"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.metric} {self.chat_id}/{self.episode}"


class Hour(models.Model):
    """The number of messages and new contacts in an hour of a manager's day."""

    manager_id = models.BigIntegerField()
    # `in`, `human`, `automatic`; `new_contacts`.
    kind = models.CharField(max_length=12)
    day = models.DateField()
    hour = models.SmallIntegerField()
    channel = models.CharField(max_length=8)
    count = models.IntegerField()
    # The start of the hour as a point in time.
    begins = models.DateTimeField()

    class Meta:
        db_table = "report_hour"
        constraints = [
            models.UniqueConstraint(
                fields=["manager_id", "kind", "begins", "channel"],
                name="report_hour_is_unique",
            )
        ]
        indexes = [
            models.Index(
                fields=["manager_id", "day"], name="report_hours_by_day"
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.day} {self.hour}"


class SettledHours(models.Model):
    """The time until which rows of `Hour` are complete; later ones are counted live."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()
    # The first message with a time of storage.
    stamped_from = models.DateTimeField()
    # Contacts of unsettled hours have greater ids.
    contact_after = models.BigIntegerField()
    # Days that ended before are in `DeliveryDay`.
    deliveries_until = models.DateTimeField(null=True)
    # Days up to this one are in `Summary` and `PresenceDay`.
    summaries_until = models.DateField(null=True)

    class Meta:
        db_table = "report_settled"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="report_settled_once")
        ]

    def __str__(self) -> str:
        return str(self.until)


class OpenChat(models.Model):
    """An open chat whose episode and samples are stored, as of its latest ledger line.

    They are valid until the chat has a later line or message.
    """

    chat_id = models.BigIntegerField(primary_key=True)
    manager_id = models.BigIntegerField()
    line_id = models.BigIntegerField()
    # 0: there was none.
    message_id = models.BigIntegerField()

    class Meta:
        db_table = "report_open"

    def __str__(self) -> str:
        return str(self.chat_id)


class Dirty(models.Model):
    """A chat whose stored rows must be rebuilt. Rows are only inserted and deleted.

    One row per change, so that closing a chat never waits for the worker, and late
    commits are not missed.
    """

    chat_id = models.BigIntegerField()
    marked_at = models.DateTimeField(db_default=ClockTimestamp())
    # Postponed after an error.
    next_at = models.DateTimeField(db_default=ClockTimestamp())
    failures = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "report_dirty"
        indexes = [
            models.Index(fields=["chat_id"], name="report_dirty_chats"),
            models.Index(fields=["next_at"], name="report_dirty_due"),
        ]

    def __str__(self) -> str:
        return str(self.chat_id)


class Check(models.Model):
    """A finding of the nightly checks: a wrong stored row, or a broken invariant."""

    at = models.DateTimeField(db_default=ClockTimestamp())
    # `kept`, or the code of an invariant.
    check_code = models.CharField(max_length=16)
    manager_id = models.BigIntegerField(null=True)
    chat_id = models.BigIntegerField(null=True)
    # The stored and the computed rows.
    kept = models.JSONField(null=True)
    computed = models.JSONField(null=True)

    class Meta:
        db_table = "report_check"
        indexes = [models.Index(fields=["at"], name="report_checks_by_time")]

    def __str__(self) -> str:
        return f"{self.check_code} {self.chat_id}"


class Run(models.Model):
    """A run of the nightly checks, with the number of chats and of findings."""

    day = models.DateField(unique=True)
    began_at = models.DateTimeField(db_default=ClockTimestamp())
    ended_at = models.DateTimeField(null=True)
    chats = models.IntegerField(default=0, db_default=0)
    findings = models.IntegerField(default=0, db_default=0)
    clamped = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "report_run"

    def __str__(self) -> str:
        return f"{self.day}: {self.findings}"


class Zone(models.Model):
    """A time zone that a manager had until `ended_at`: past days do not move."""

    manager_id = models.BigIntegerField()
    zone = models.CharField(max_length=64)
    ended_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        db_table = "report_zone"
        indexes = [
            models.Index(fields=["manager_id", "ended_at"], name="report_zones")
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.manager_id} {self.zone}"
