"""The ledger of chats: who did what to a chat, when and in which area."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area, Operator
from chats.models.conversations import Chat
from managers.models import Manager


class ChatEvent(models.Model):
    """An audit event: who did what to a chat, when and in which area.

    Append-only, by a trigger; reports and the history of a chat are derived from it. It
    holds codes and ids but no text, so that it never has to be erased.
    """

    class Cause(models.TextChoices):
        # Of opened and reopened.
        CUSTOMER = "customer", _("customer")
        OPERATOR = "operator", _("operator")
        IMPORT = "import", _("import")
        CALL = "call", _("call")
        # Of assigned.
        FEWEST = "fewest", _("fewest open chats")
        ROTATION = "rotation", _("in turn")
        LAST = "last", _("last operator")
        # Of entered_area.
        MENU = "menu", _("menu")
        AWAY = "away", _("closed area")
        ENTRY = "entry", _("area of new customers")
        # Of transferred, released and entered_area: a change of who serves what.
        REHOME = "rehome", _("given to others")
        # Of transferred and released.
        HANDOVER = "handover", _("handed over")
        LEFT = "left", _("operator left")
        AREA = "area", _("moved to another area")
        TIMEOUT = "timeout", _("offline for too long")
        # Of closed.
        RESOLVED = "resolved", _("resolved")
        IDLE = "idle", _("idle")
        DELETED = "deleted", _("contact deleted")
        MERGED = "merged", _("contacts merged")
        ERASED = "erased", _("erased")
        IMPORTED = "imported", _("imported")

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        REOPENED = "reopened", _("Reopened")
        ENTERED_AREA = "entered_area", _("Entered area")
        CLAIMED = "claimed", _("Answered")
        ASSIGNED = "assigned", _("Assigned")
        TRANSFERRED = "transferred", _("Handed over")
        RELEASED = "released", _("Released")
        CLOSED = "closed", _("Closed")
        BOT_STEP = "bot_step", _("Menu question")
        BOT_ENDED = "bot_ended", _("Menu ended")
        AWAY = "away", _("Told that it is closed")
        UNSAID = "unsaid", _("Automatic message not sent")
        MUTED = "muted", _("Automatic messages stopped")
        WARNED = "warned", _("Warned of being idle")
        SURVEY_SENT = "survey_sent", _("Survey sent")
        SURVEY_LOST = "survey_lost", _("Survey not sent")
        RATED = "rated", _("Rated")
        NOTED = "noted", _("Note written")
        TAGGED = "tagged", _("Tags changed")
        SCHEDULED = "scheduled", _("Scheduled message sent")

    # Migration 0011 ties chat, area and both operators to the manager with composite
    # foreign keys. The manager itself has no constraint (the chat's has), because every
    # claim would lock its row.
    manager = models.ForeignKey(
        Manager,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    chat = models.ForeignKey(
        Chat,
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name=_("chat"),
        db_constraint=False,
    )
    kind = models.CharField(_("what"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("when"), default=timezone.now)
    # Area and operator of the contact after the event.
    area = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("area"),
        db_index=False,
        db_constraint=False,
    )
    operator = models.ForeignKey(
        Operator,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("operator"),
        db_index=False,
        db_constraint=False,
    )
    # The credential that did it ("key:7", "user:12"), and the operator it acted as.
    actor = models.CharField(_("who"), max_length=64, blank=True, default="")
    acting_operator = models.ForeignKey(
        Operator,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    # Why it happened (`Cause`); "" if irrelevant, or in older rows.
    cause = models.CharField(
        _("cause"),
        max_length=16,
        choices=Cause,
        blank=True,
        default="",
        db_default="",
    )
    # The contact's menu step, and the version of the hours in force for the area.
    sa = models.BigIntegerField(_("menu step (sa)"), null=True, blank=True)
    schedule_id = models.BigIntegerField(null=True, blank=True)
    # Codes and ids by kind, never text.
    detail = models.JSONField(_("detail"), null=True, blank=True)

    class Meta:
        verbose_name = _("chat event")
        verbose_name_plural = _("chat events")
        ordering = [F("id").asc()]
        indexes = [models.Index(fields=["manager", "at"], name="events_of_manager")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"
