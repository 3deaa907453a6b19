"""Opening hours: holidays, versions of schedules and their open spans."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from areas.models.organization import Area
from managers.models import Manager


class Holiday(models.Model):
    """A date with special hours, of a manager or of one of its areas."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="holidays",
        verbose_name=_("manager"),
        db_index=False,
    )
    # None: all areas. A composite foreign key ties it to the manager.
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="holidays",
        verbose_name=_("area"),
        db_constraint=False,
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100)
    is_yearly = models.BooleanField(_("every year"), default=False)
    # Spans like those of a weekday ("08:00-12:00"); NULL or [] is closed all day.
    hours = models.JSONField(_("hours"), null=True, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = [F("date").asc(), F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "area", "date"],
                nulls_distinct=False,
                name="holiday_is_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"


class Schedule(models.Model):
    """A version of the hours and targets of a manager or an area. Immutable.

    `areas_area.schedule_id` and `managers_manager.schedule_id` name the one in force;
    ledger lines copy it, so that later versions do not change past figures.
    """

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    valid_from = models.DateTimeField(db_default=Now())
    zone = models.CharField(max_length=64)
    # {"1" (Monday) … "7": [["09:00", "12:00"], …]}
    hours = models.JSONField()
    # {"2026-11-20": [["09:00", "12:00"]] or []}
    holidays = models.JSONField(default=dict)
    # Seconds by clock: {"tme", "tmr1", "tmr", "resolution"}; 0 is no target.
    targets = models.JSONField(default=dict)
    # The credential that saved it.
    made_by = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("version of the hours")
        verbose_name_plural = _("versions of the hours")
        indexes = [
            models.Index(fields=["manager", "area", "id"], name="schedules_of_manager")
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.valid_from:%Y-%m-%d %H:%M}"


class Opening(models.Model):
    """An open span of a schedule in absolute time, with the open seconds before it."""

    pk = models.CompositePrimaryKey("schedule_id", "begins")
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="openings", db_index=False
    )
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    before_s = models.BigIntegerField()

    class Meta:
        verbose_name = _("open span")
        verbose_name_plural = _("open spans")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("begins")), name="opening_has_a_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.begins:%Y-%m-%d %H:%M}"
