"""Models of consoles: quick replies, notes, scheduled messages."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area, Operator
from chats.models.conversations import Chat
from contacts.models import Contact
from managers.models import Manager


class ReplyFile(models.Model):
    """The stored file of a quick reply, which messages that are sent with it share.

    A row that no message has used is deleted with its reply; the file follows.
    """

    # Names the stored file.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    file = models.FileField(_("file"), max_length=200)
    # The name given by its sender; "" if unknown.
    name = models.CharField(max_length=200, blank=True, default="")
    # Detected from the bytes, as for attachments.
    mime = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    is_voice = models.BooleanField(default=False)
    showing = models.CharField(max_length=5, blank=True, default="")
    is_used = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file of a quick reply")
        verbose_name_plural = _("files of quick replies")
        constraints = [
            # Referenced by the composite foreign key of replies.
            models.UniqueConstraint(
                fields=["manager", "id"], name="reply_file_of_manager"
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.uuid)


class Reply(models.Model):
    """A quick reply of a manager, an area or an operator."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="replies",
        verbose_name=_("manager"),
        db_index=False,
    )
    # At most one of the two; composite foreign keys tie them to the manager.
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("area"),
        db_constraint=False,
    )
    operator = models.ForeignKey(
        Operator,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("operator"),
        db_constraint=False,
    )
    shortcut = models.CharField(_("shortcut"), max_length=32)
    title = models.CharField(_("title"), max_length=60, blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    # A composite foreign key ties it to the manager.
    file = models.ForeignKey(
        ReplyFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("file"),
        db_constraint=False,
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("quick reply")
        verbose_name_plural = _("quick replies")
        ordering = [F("shortcut").asc(), F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "area", "operator", "shortcut"],
                nulls_distinct=False,
                name="reply_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(shortcut__regex=r"^[a-z0-9_-]{1,32}$"),
                name="reply_shortcut_is_plain",
            ),
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(operator__isnull=True),
                name="reply_has_one_scope",
            ),
            models.CheckConstraint(
                condition=~Q(text="") | Q(file__isnull=False),
                name="reply_says_something",
            ),
        ]

    def __str__(self) -> str:
        return self.shortcut


class Note(models.Model):
    """An internal note on a chat, which no customer reads. Append-only."""

    chat = models.ForeignKey(
        Chat, on_delete=models.CASCADE, related_name="notes", db_index=False
    )
    # The author: an operator, or another credential ("user:12", "key:7").
    author = models.ForeignKey(
        Operator,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    actor = models.CharField(max_length=64, blank=True, default="")
    text = models.TextField(_("text"))
    # The ids of the operators that it mentions.
    mentions = models.JSONField(default=list)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["chat", "id"], name="notes_of_chat")]

    def __str__(self) -> str:
        return f"{self.chat_id} {self.pk}"


class ScheduledMessage(models.Model):
    """A message that an operator has scheduled."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")
        MISSED = "missed", _("Missed")
        FAILED = "failed", _("Failed")

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="scheduled", db_index=False
    )
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("text"), blank=True, default="")
    # {"name", "language", "parameters"} of an approved template.
    template = models.JSONField(null=True, blank=True)
    send_at = models.DateTimeField(_("send at"))
    state = models.CharField(
        _("state"), max_length=9, choices=State, default=State.WAITING
    )
    # Why it failed, as a sentence.
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chats_scheduled"
        verbose_name = _("scheduled message")
        verbose_name_plural = _("scheduled messages")
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") | Q(template__isnull=False),
                name="scheduled_says_something",
            )
        ]
        indexes = [
            models.Index(fields=["contact", "send_at"], name="scheduled_of_contact")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.send_at:%Y-%m-%d %H:%M}"
