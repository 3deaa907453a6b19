"""Kept rows of the reports: made from ledger and messages, and made anew at any time.

No foreign keys: nothing that a report keeps may hinder or delay what it was made from.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from chats.models.conversations import ClockTimestamp
from hci_center.reports.kept.delivery_rows import DeliveryDay, DirtyDelivery
from hci_center.reports.kept.summary_rows import DirtyDay, PresenceDay, Summary

__all__ = (
    "Check", "DeliveryDay", "Dirty", "DirtyDay", "DirtyDelivery", "Episode", "Hour",
    "OpenChat", "PresenceDay", "Run", "Sample", "SettledHours", "Summary", "Zone",
)  # fmt: skip


class Episode(models.Model):
    """An episode of a chat: from its opening or reopening to its closing.

    Of one that goes on only how it began is meant.
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
    # Where in an outside bot it was closed.
    sa = models.BigIntegerField(null=True)
    authors = models.IntegerField()
    transfers = models.IntegerField()
    is_bounced = models.BooleanField()
    is_reopened = models.BooleanField()
    is_recontacted = models.BooleanField()
    # Who moved it on, and which areas it left after somebody had had it (0: none).
    movers = ArrayField(models.BigIntegerField())
    left_areas = ArrayField(models.BigIntegerField())
    # Of the definitions with which it was made.
    version = models.SmallIntegerField()
    # Made after the 72 hours in which customers come back.
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
            # Are there any of an earlier version?
            models.Index(fields=["version"], name="report_episodes_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}/{self.episode}"


class Sample(models.Model):
    """One measured duration, in microseconds of both clocks.

    `holding` is a hold that goes on: it has no end yet.
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
    # In seconds of the business clock; NULL: there was no target.
    target = models.IntegerField(null=True)
    mark = models.SmallIntegerField(null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    chat_id = models.BigIntegerField()
    episode = models.IntegerField()
    # The line, message or survey with which it begins.
    source = models.BigIntegerField(null=True)
    # Of an episode that goes on.
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
    """How many messages and new contacts there were in an hour of a manager's day."""

    manager_id = models.BigIntegerField()
    # `in`, `human`, `automatic`; `new_contacts`.
    kind = models.CharField(max_length=12)
    day = models.DateField()
    hour = models.SmallIntegerField()
    channel = models.CharField(max_length=8)
    count = models.IntegerField()
    # The instants that it covers begin there.
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
    """Until when the rows of `Hour` are complete; what is later is counted at once."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()
    # The first message with a time of storing.
    stamped_from = models.DateTimeField()
    # Contacts of unsettled hours have higher ids.
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
    """An open chat of which episode and samples are kept, as it was at its newest line.

    They count until the chat has a newer line or message.
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
    """A chat whose kept rows are to be made anew. Rows are only added and deleted.

    One a change, so that whoever closes a chat never waits for the worker, and what is
    committed late is not missed.
    """

    chat_id = models.BigIntegerField()
    marked_at = models.DateTimeField(db_default=ClockTimestamp())
    # After an error it is put off.
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
    """A finding of the nightly checks: kept and computed differ, or a rule is broken."""

    at = models.DateTimeField(db_default=ClockTimestamp())
    # `kept`, or the code of an invariant.
    check_code = models.CharField(max_length=16)
    manager_id = models.BigIntegerField(null=True)
    chat_id = models.BigIntegerField(null=True)
    # What was kept and what was computed, as rows.
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
    """A time zone that a manager had until `ended_at`: no past day moves."""

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
