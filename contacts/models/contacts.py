"""Contacts, the customers of a manager, and their aliases."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area, Operator
from hci_center.callers import Caller
from hci_center.visibility import sees_q
from managers.models import Manager


class Channel(models.TextChoices):
    WHATSAPP = "whatsapp", "WhatsApp"
    FACEBOOK = "facebook", "Facebook"


class ContactQuerySet(models.QuerySet["Contact"]):
    def present(self) -> Self:
        """Returns the contacts that are not deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, caller: Caller) -> Self:
        """Returns the contacts that the caller may access."""
        return self.filter(sees_q(caller))


class Contact(models.Model):
    """A customer of one manager on one channel.

    Its operator is stored only here: a chat's operator is its contact's.
    """

    manager = models.ForeignKey(
        Manager,
        on_delete=models.PROTECT,
        related_name="contacts",
        verbose_name=_("manager"),
        db_index=False,
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    # A phone's digits, a Facebook id, or the id of a WhatsApp user without a phone.
    external_id = models.CharField(_("number or id"), max_length=64)
    # The phone of a WhatsApp user whose id is none, once a gateway has reported it.
    phone = models.BigIntegerField(_("phone"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=200)
    photo = models.CharField(_("photo"), max_length=2048, blank=True, default="")
    area = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("area"),
        db_index=False,
        db_constraint=False,  # the composite key of 0002 is stricter
    )
    operator = models.ForeignKey(
        Operator,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("operator"),
        db_index=False,
        db_constraint=False,  # as above
    )
    protocol = models.CharField(_("protocol"), max_length=64)
    sa = models.BigIntegerField(_("menu step (sa)"))
    # Both are written by the transaction that stores or reads a message, so that they
    # are part of the contact's change.
    unread = models.PositiveIntegerField(_("unread"), default=0)
    last_message_at = models.DateTimeField(_("last message at"), null=True, blank=True)
    # The customer's first unanswered message; when the contact entered its current
    # queue; its latest message. Written by the statements that count, send, move and
    # release anyway.
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    queued_at = models.DateTimeField(_("queued at"), null=True, blank=True)
    last_in_at = models.DateTimeField(_("last heard from at"), null=True, blank=True)
    # Until then the text of the closed area is not sent again.
    away_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "channel", "external_id"],
                name="contact_is_unique",
            ),
            # A string id identifies one contact, whatever its channel: the live feed
            # distinguishes contacts by id only.
            models.UniqueConstraint(
                fields=["manager", "external_id"],
                condition=Q(channel=Channel.FACEBOOK)
                | ~Q(external_id__regex=r"^[0-9]+$"),
                name="string_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values),
                name="contact_channel_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(external_id=""), name="contact_has_an_id"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True)
                | Q(channel=Channel.WHATSAPP, phone__gt=0, phone__lt=10**15)
                & ~Q(external_id__regex=r"^[0-9]+$"),
                name="contact_phone_is_beside_an_id",
            ),
        ]
        indexes = [
            # POST user/contact/get, and the contacts in a manager's response.
            models.Index(
                F("manager"),
                F("last_message_at").desc(nulls_last=True),
                F("id").desc(),
                condition=Q(deleted_at__isnull=True),
                name="contacts_of_manager",
            ),
            # POST user/contact/area and, with the next one, user/contact/operator.
            models.Index(
                fields=["area"],
                condition=Q(deleted_at__isnull=True, area__isnull=False),
                name="contacts_of_area",
            ),
            models.Index(
                fields=["operator"],
                condition=Q(deleted_at__isnull=True, operator__isnull=False),
                name="contacts_of_operator",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> int | str:
        """The id in responses: a number for a phone, else a string."""
        return public_id(self.channel, self.external_id)


def public_id(channel: str, external_id: str) -> int | str:
    """Returns the API's `id` of a contact from its two columns."""
    if channel == Channel.WHATSAPP and external_id.isdigit():
        return int(external_id)
    return external_id


class Identity(models.Model):
    """An alias of a person: a spelling of the number, a PSID, a LID."""

    # Redundant, so that the database can enforce that an alias belongs to one person.
    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel)
    alias = models.CharField(max_length=64)
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="identities"
    )
    # Whether the gateway itself uses this alias: replies are sent to it.
    is_address = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "channel", "alias"], name="alias_is_unique"
            )
        ]
        indexes = [
            # For operations on chats, which identify a contact without a manager.
            models.Index(fields=["alias"], name="identity_alias"),
            # For the search of consoles: any part of a number.
            GinIndex(
                fields=["manager", "alias"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="aliases_for_search",
            ),
        ]

    def __str__(self) -> str:
        return self.alias


class SearchName(models.Model):
    """A contact's name without accents and case, kept by a trigger.

    In a separate table: each message updates the contact's row, and would update the
    index.
    """

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    key = models.TextField()

    class Meta:
        indexes = [
            GinIndex(
                fields=["manager", "key"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="names_for_search",
            )
        ]

    def __str__(self) -> str:
        return self.key


class Tag(models.Model):
    """A label that operators put on contacts."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="tags",
        verbose_name=_("manager"),
        db_index=False,
    )
    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    colour = models.CharField(_("colour"), max_length=7, default="#64748b")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(fields=["manager", "code"], name="tag_is_unique"),
            # Referenced by the composite foreign key of taggings.
            models.UniqueConstraint(fields=["manager", "id"], name="tag_of_manager"),
            models.CheckConstraint(
                condition=Q(colour__regex=r"^#[0-9a-f]{6}$"), name="tag_colour_is_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """A tag on a contact; independent of its chats."""

    # Redundant, so that the database can enforce that both have the same manager.
    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="taggings", db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")

    class Meta:
        verbose_name = _("tag of a contact")
        verbose_name_plural = _("tags of contacts")
        constraints = [
            models.UniqueConstraint(fields=["contact", "tag"], name="tagged_once")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.tag_id}"
