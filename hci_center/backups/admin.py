"""The admin page of backups, for administrators."""

from __future__ import annotations

from typing import Any, Literal

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.backups.models import Backup
from managers.admin.columns import column, moment_column, tag
from managers.admin.tenant import READ, TenantAdmin

_COLOURS: dict[str, Literal["good", "warn", "bad", "mute"]] = {
    Backup.Rehearsal.PASSED: "good",
    Backup.Rehearsal.FAILED: "bad",
    Backup.Rehearsal.IMPOSSIBLE: "warn",
    Backup.Rehearsal.NONE: "mute",
}


@admin.register(Backup)
class BackupAdmin(TenantAdmin):
    """Backups of the whole installation: only administrators see them."""

    manager_lookup = ""
    supervisors_may = frozenset()
    administrators_may = READ
    unread_columns = ()

    list_display = ["began", "outcome", "rehearsed", "bytes", "files", "place"]
    ordering = ["-began_at", "-pk"]
    fields = [
        ("name", "place", "night"),
        ("began_at", "ended_at", "is_encrypted"),
        "error",
        ("size", "files", "new_files"),
        ("rehearsal", "rehearsed_at"),
        "rehearsal_error",
    ]

    began = moment_column("began_at", gettext_lazy("Began"))

    @column(gettext_lazy("Backup"))
    def outcome(self, backup: Backup) -> str:
        if backup.error:
            return tag("bad", _("failed"))
        if backup.ended_at is None:
            return tag("warn", _("not ended"))
        return tag("good", _("made"))

    @column(gettext_lazy("Restoring rehearsed"))
    def rehearsed(self, backup: Backup) -> str:
        return tag(_COLOURS[backup.rehearsal], backup.get_rehearsal_display())

    @column(gettext_lazy("Size of the dump"))
    def bytes(self, backup: Backup) -> Any:
        return filesizeformat(backup.size)
