"""Areas (departments) in which contacts wait, and the operators who serve them."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hci_center.callers import Caller
from managers.models import Manager


class AreaQuerySet(models.QuerySet["Area"]):
    def visible_to(self, caller: Caller) -> Self:
        """Returns the areas of the managers that the caller may access."""
        if caller.managers is None:
            return self
        return self.filter(manager__in=caller.managers)

    def in_use(self) -> Self:
        """Returns the areas that are not retired: retired ones are in no list."""
        return self.filter(retired_at=None)


class Area(models.Model):
    """A department of a manager; its `code` is the id in the API."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.PROTECT,
        related_name="areas",
        verbose_name=_("manager"),
    )
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    # Created by a call with an unknown area: a supervisor should review it.
    needs_review = models.BooleanField(_("needs review"), default=False)
    # The version of its hours that is in force (areas_schedule); NULL: its manager's.
    # Not a foreign key: ledger lines copy it, and neither may lock the other.
    schedule_id = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    # Set for a retired area: its code refers to the successor, which is in use. A
    # composite foreign key ties it to the manager.
    retired_at = models.DateTimeField(_("put away at"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successor"),
        db_constraint=False,
    )

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "code"], name="area_code_is_unique"
            ),
            models.UniqueConstraint(
                fields=["manager", "name"], name="area_name_is_unique"
            ),
            # Referenced by the composite foreign keys of contacts.
            models.UniqueConstraint(fields=["manager", "id"], name="area_of_manager"),
            models.CheckConstraint(condition=~Q(code=""), name="area_has_a_code"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, successor__isnull=True)
                | Q(retired_at__isnull=False, successor__isnull=False)
                & ~Q(successor=F("id")),
                name="area_put_away_has_a_successor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OperatorQuerySet(models.QuerySet["Operator"]):
    def active(self) -> Self:
        """Returns the active operators: inactive ones are never in responses."""
        return self.filter(is_active=True)

    def visible_to(self, caller: Caller) -> Self:
        """Returns the operators of the managers that the caller may access."""
        if caller.managers is None:
            return self
        return self.filter(manager__in=caller.managers)


class Operator(models.Model):
    """A person who answers contacts, of one manager and any of its areas."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="operator",
        verbose_name=_("user"),
    )
    manager = models.ForeignKey(
        Manager,
        on_delete=models.PROTECT,
        related_name="operators",
        verbose_name=_("manager"),
    )
    # Not the user's columns: the feed must notice their changes.
    name = models.CharField(_("name"), max_length=200)
    email = models.CharField(_("email"), max_length=254, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    # The limit of open chats for automatic assignment; 0 is no limit, NULL uses the
    # area's policy.
    cap = models.PositiveSmallIntegerField(
        _("most chats at once"), null=True, blank=True
    )
    areas = models.ManyToManyField(
        Area,
        through="OperatorArea",
        related_name="operators",
        verbose_name=_("areas"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = OperatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "id"], name="operator_of_manager"
            )
        ]

    def __str__(self) -> str:
        return self.name


class OperatorArea(models.Model):
    """Assigns an operator to an area of his manager."""

    # Redundant, so that the database can enforce that both have the same manager.
    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", editable=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="memberships"
    )
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("area"),
    )

    class Meta:
        verbose_name = _("served area")
        verbose_name_plural = _("served areas")
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "area"], name="operator_serves_area_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator} @ {self.area}"
