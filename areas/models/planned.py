"""Model of settings that take effect later."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from areas.models.organization import Area
from managers.models import Manager


class PlannedPolicy(models.Model):
    """Settings of a policy (`area` None: a manager's) that are saved at `begins_at`.

    The worker saves them and deletes the row. If it can no longer be saved, it remains,
    with the reason in `problem`.
    """

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("manager"),
        db_index=False,
    )
    # A composite foreign key ties it to the manager.
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("area"),
        db_constraint=False,
    )
    begins_at = models.DateTimeField(_("from"), db_index=True)
    # In the format of `areas.rules.policy_saving.save_policy`.
    given = models.JSONField(_("settings"))
    # The credential that planned it.
    made_by = models.CharField(_("planned by"), max_length=64)
    made_at = models.DateTimeField(_("planned at"), db_default=Now())
    problem = models.CharField(_("problem"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("planned change of rules")
        verbose_name_plural = _("planned changes of rules")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "area", "begins_at"],
                nulls_distinct=False,
                name="one_plan_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return str(self.area or self.manager)
