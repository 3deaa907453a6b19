"""Models of chats and their messages with attachments."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Operator
from contacts.models import Contact
from managers.models import Manager


class ChatQuerySet(models.QuerySet["Chat"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)


class Chat(models.Model):
    """A chat with a contact, which has at most one open chat at a time.

    Its operator is its contact's. Its protocol is issued once and never changes.
    """

    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.PROTECT,
        related_name="chats",
        verbose_name=_("contact"),
    )
    protocol = models.CharField(_("protocol"), max_length=64)
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # The newest message of the customer that the rules have handled.
    seen_message_id = models.BigIntegerField(null=True, blank=True, editable=False)
    # The code of the reason with which it was closed, and who held it then.
    reason = models.CharField(
        _("reason"), max_length=32, blank=True, default="", db_default=""
    )
    last_operator = models.ForeignKey(
        Operator,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("last operator"),
        db_index=False,
        db_constraint=False,  # a composite key ties it to the manager
    )

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(closed_at__isnull=True),
                name="one_open_chat_a_contact",
            ),
            models.UniqueConstraint(
                fields=["manager", "protocol"], name="protocol_is_unique"
            ),
            models.CheckConstraint(
                condition=~Q(protocol=""), name="chat_has_a_protocol"
            ),
            # Referenced by the composite foreign key of messages.
            models.UniqueConstraint(
                fields=["id", "contact", "manager"], name="chat_of_contact"
            ),
            # Referenced by the composite foreign key of chat events.
            models.UniqueConstraint(fields=["id", "manager"], name="chat_of_manager"),
        ]
        indexes = [
            # POST chat/list: all open chats, and the closed ones by their closing.
            models.Index(
                fields=["manager", "id"],
                condition=Q(closed_at__isnull=True),
                name="open_chats_of_manager",
            ),
            models.Index(
                fields=["manager", "closed_at", "id"],
                condition=Q(closed_at__isnull=False),
                name="closed_chats_of_manager",
            ),
            # Its `text`: any part of a protocol.
            GinIndex(
                fields=["manager", "protocol"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="protocols_for_search",
            ),
        ]

    def __str__(self) -> str:
        return self.protocol


class Direction(models.TextChoices):
    IN = "in", _("Incoming")
    OUT = "out", _("Outgoing")


class Status(models.TextChoices):
    """A message's status. An incoming one waits until an operator has read it."""

    WAIT = "wait", _("Waiting")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")


class Auto(models.TextChoices):
    """The origin of a message that no person typed in a console."""

    MENU = "menu", _("Menu")
    AWAY = "away", _("Away")
    IDLE = "idle", _("Idle")
    CLOSING = "closing", _("Closing")
    SURVEY = "survey", _("Survey")
    SCHEDULE = "schedule", _("Scheduled")
    PHONE = "phone", _("Typed on the phone")


class ClockTimestamp(models.Func):
    """The database's time at this moment, also within a transaction."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class Message(models.Model):
    """A message of a customer, an operator or the service itself, ordered by id."""

    # The id in API responses, and the messageId that a gateway gets from us.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Migration 0003 ties manager and contact to the chat's with one composite foreign
    # key, a third of the checks at each insert.
    manager = models.ForeignKey(
        Manager,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    chat = models.ForeignKey(
        Chat,
        on_delete=models.PROTECT,
        related_name="messages",
        verbose_name=_("chat"),
        db_index=False,
        db_constraint=False,
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    type = models.CharField(_("type"), max_length=32)
    content = models.TextField(_("content"))
    # The URL of a file as a caller sent it: never downloaded.
    url = models.CharField(_("link"), max_length=2048, blank=True, default="")
    # The `from` of an outgoing one; "" when it is the contact itself.
    sender = models.CharField(_("from"), max_length=64, blank=True, default="")
    status = models.CharField(_("status"), max_length=9, choices=Status)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    gateway_id = models.CharField(  # noqa: DJ001 - unique, and many have none
        _("gateway's id"), max_length=255, null=True, blank=True
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    # When it was stored, by the database's clock; NULL for rows of earlier versions.
    # `created_at` may be the gateway's time, hours before.
    stored_at = models.DateTimeField(
        null=True, blank=True, db_default=ClockTimestamp(), editable=False
    )
    # Its automatic sender (`Auto`); "" for people and external programs.
    auto = models.CharField(
        max_length=8, blank=True, default="", db_default="", choices=Auto
    )
    # Caption, file name, quoted message, reactions, origin, edited, deleted, with the
    # keys of API responses; NULL if there are none. See message_details.py.
    details = models.JSONField(_("details"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "gateway_id"],
                condition=Q(gateway_id__isnull=False),
                name="gateway_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(direction="out", status__in=Status.values)
                | Q(direction="in", status__in=["wait", "read"]),
                name="message_status_is_known",
            ),
        ]
        indexes = [
            # POST chat/message: a chat's messages in order, whole or in windows.
            models.Index(fields=["chat", "id"], name="messages_of_chat"),
            # Reports on where customers came from: few messages have an origin.
            models.Index(
                fields=["manager", "id"],
                condition=Q(details__has_key="origin"),
                name="messages_with_an_origin",
            ),
            # Reports on volumes: messages of some hours. Storing one adds nothing to it.
            BrinIndex(
                fields=["stored_at"],
                pages_per_range=32,
                autosummarize=True,
                name="messages_by_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class MessageVersion(models.Model):
    """An earlier text of a message that its sender has edited."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="versions"
    )
    # The content, or the caption of a file.
    text = models.TextField(_("content"))
    # Since when the message had this text.
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")

    def __str__(self) -> str:
        return f"{self.message_id} {self.written_at:%Y-%m-%d %H:%M}"


class Attachment(models.Model):
    """A stored file of a message; it is only accessible through a signed link."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="attachment"
    )
    file = models.FileField(_("file"), max_length=200)
    # Detected from the bytes, not declared by the sender.
    mime = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    # A recording to be sent as a voice note: Ogg with one channel of Opus, or a
    # browser's recording, which is converted to that for WhatsApp.
    is_voice = models.BooleanField(_("voice note"), default=False)
    # How a picture is shown (`chats.files.pictures.Showing`); "" for other files.
    showing = models.CharField(max_length=5, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    # The PictureCopy that was created with the file and is saved with the row.
    unsaved_copy: Any = None

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return str(self.uuid)
