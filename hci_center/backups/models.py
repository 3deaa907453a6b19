from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Backup(models.Model):
    """A backup of this database, or a failed attempt.

    Dumps do not contain this table: it describes the files of this installation.
    """

    class Rehearsal(models.TextChoices):
        NONE = "none", _("not rehearsed")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")
        IMPOSSIBLE = "impossible", _("not possible")

    # The name of its folder, the start time: 20261129T030000Z.
    name = models.CharField(_("name"), max_length=16, unique=True)
    # The folder or bucket that contains it.
    place = models.CharField(_("where"), max_length=500)
    # The night of a worker's backup; NULL: made manually.
    night = models.DateField(_("night"), null=True, blank=True)
    began_at = models.DateTimeField(_("began"))
    # NULL: in progress, or its process was killed.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # The reason of a failure; "" for a complete backup.
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    # Bytes of the stored dump; the number of customers' files, and of new ones.
    size = models.BigIntegerField(_("size of the dump"), default=0)
    files = models.BigIntegerField(_("files"), default=0)
    new_files = models.BigIntegerField(_("new files"), default=0)
    is_encrypted = models.BooleanField(_("encrypted"), default=False)
    rehearsal = models.CharField(
        _("restoring rehearsed"),
        max_length=10,
        choices=Rehearsal,
        default=Rehearsal.NONE,
    )
    rehearsed_at = models.DateTimeField(_("rehearsed at"), null=True, blank=True)
    rehearsal_error = models.CharField(
        _("what the rehearsal found"), max_length=500, blank=True, default=""
    )

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        indexes = [
            models.Index(
                fields=["began_at"],
                condition=Q(ended_at__isnull=False, error=""),
                name="backups_that_are_there",
            )
        ]

    def __str__(self) -> str:
        return self.name
