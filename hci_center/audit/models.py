"""The lines of the audit."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditLine(models.Model):
    """An action: by whom, on what, and what it changed. Append-only.

    The table is partitioned by the year (UTC) of `at`; whole partitions are dropped
    when their time is over. There is no foreign key: lines outlive the rows they refer
    to. They contain ids and settings, never names, numbers or texts of customers.
    """

    at = models.DateTimeField(_("when"), db_default=Now())
    # "user:12", "key:7", "command:provision", "database:ROLE", or "anonymous".
    credential = models.CharField(_("who"), max_length=100)
    # NULL: for no manager, or for several; only administrators see it.
    manager_id = models.BigIntegerField(_("manager"), null=True)
    act = models.CharField(_("act"), max_length=32)
    # The target of the action: a kind of row, such as "operator", and its id.
    kind = models.CharField(_("kind"), max_length=32)
    target = models.CharField(_("target"), max_length=64, blank=True, default="")
    # For a change, only the changed columns; for other actions, `after` has the
    # details.
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    # The same for all lines of one request.
    request_id = models.CharField(max_length=32, blank=True, default="")
    address = models.CharField(_("address"), max_length=64, blank=True, default="")

    class Meta:
        db_table = "audit_line"
        verbose_name = _("audit line")
        verbose_name_plural = _("audit")

    def __str__(self) -> str:
        return f"{self.act} {self.kind} {self.target}".rstrip()
