from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Backup(models.Model):
    """A backup that was made of this database, or tried.

    What is restored from one has no rows of this table: they are about the files that
    this installation has made.
    """

    class Rehearsal(models.TextChoices):
        NONE = "none", _("not rehearsed")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")
        IMPOSSIBLE = "impossible", _("not possible")

    # The name of its folder, the time at which it began: 20261129T030000Z.
    name = models.CharField(_("name"), max_length=16, unique=True)
    # The folder or bucket that holds it.
    place = models.CharField(_("where"), max_length=500)
    # The night that a worker made it for; NULL: made by hand.
    night = models.DateField(_("night"), null=True, blank=True)
    began_at = models.DateTimeField(_("began"))
    # NULL: it is being made, or its process was killed.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Why there is none; "" for one that is there.
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    # Bytes of the dump as stored; files of customers, and how many were new.
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
