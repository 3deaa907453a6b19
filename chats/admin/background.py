"""Faults of background work in the back-office, for administrators."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from hci_center.background.models import BackgroundFault
from managers.admin.columns import moment_column
from managers.admin.tenant import READ, TenantAdmin


@admin.register(BackgroundFault)
class BackgroundFaultAdmin(TenantAdmin):
    """Faults of worker, relay and feed.

    They have no manager, so only administrators see them.
    """

    manager_lookup = ""
    supervisors_may = frozenset()
    administrators_may = READ
    unread_columns = ()

    list_display = ["last", "process", "task", "subject", "error", "count"]
    ordering = ["-last_at", "-pk"]
    fields = [
        ("process", "task", "subject"),
        "error",
        ("first_at", "last_at", "count"),
    ]

    last = moment_column("last_at", gettext_lazy("Last"))
