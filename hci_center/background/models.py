from django.db import models
from django.utils.translation import gettext_lazy as _


class BackgroundFault(models.Model):
    """A fault of this program in background work: of one row, or of a whole task.

    A repeated fault raises the count. The row has ids and the type of the error,
    never the data that was processed.
    """

    # worker, relay or feed; `task` is the part of it that failed.
    process = models.CharField(_("process"), max_length=16)
    task = models.CharField(_("task"), max_length=32)
    # The row, such as "message 12"; empty when the task itself failed.
    subject = models.CharField(_("row"), max_length=64, blank=True, default="")
    error = models.CharField(_("error"), max_length=200)
    count = models.PositiveIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"), db_index=True)

    class Meta:
        verbose_name = _("background fault")
        verbose_name_plural = _("background faults")
        constraints = [
            models.UniqueConstraint(
                fields=["process", "task", "subject"], name="one_row_a_fault"
            )
        ]

    def __str__(self) -> str:
        return f"{self.process}: {self.task} {self.subject}".rstrip()
