"""Models of changes that reassigned contacts, and of chats without a home."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from chats.models.conversations import Chat
from managers.models import Manager


class Rehoming(models.Model):
    """A change that reassigned contacts, with the data to undo it.

    `before` is described in `chats.conversations.undoing`; it only contains ids and
    times.
    """

    class Kind(models.TextChoices):
        LEFT = "left", _("operators deactivated")
        AREA_TAKEN = "area_taken", _("areas taken from an operator")
        AREA_RETIRED = "area_retired", _("area put away")

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", verbose_name=_("manager")
    )
    kind = models.CharField(_("what"), max_length=16, choices=Kind)
    # The credential of the actor, such as "user:12".
    made_by = models.CharField(_("who"), max_length=64)
    at = models.DateTimeField(_("when"), db_default=Now())
    before = models.JSONField()
    # The newest ledger line that it wrote; contacts with a newer one are not restored.
    last_line = models.BigIntegerField(default=0)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("change that moved contacts")
        verbose_name_plural = _("changes that moved contacts")
        ordering = [F("id").desc()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class HomelessChat(models.Model):
    """An open chat that no active operator can take, as last found by the worker."""

    chat = models.OneToOneField(
        Chat, on_delete=models.CASCADE, related_name="homeless", primary_key=True
    )
    since = models.DateTimeField(_("since"), db_default=Now())
    # A person chose this: it raises no alarm.
    is_by_choice = models.BooleanField(_("by choice"), default=False)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("chat without a home")
        verbose_name_plural = _("chats without a home")

    def __str__(self) -> str:
        return str(self.chat_id)
