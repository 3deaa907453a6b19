"""Handles each type of webhook event."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from chats.accounts import health as accounts_health
from chats.accounts import notices, templates
from chats.conversations.audit import Actor
from chats.conversations.message_details import Extras, clean_file_name
from chats.files.received import file_of
from chats.gateways.base import Health, Media
from chats.gateways.base64_media import is_too_large
from chats.gateways.events import (
    AccountNotice,
    Deleted,
    Echo,
    Edited,
    Event,
    IdentityMerged,
    Ignored,
    Inbound,
    Reaction,
    Receipt,
    Session,
    TemplateNotice,
    Watermark,
)
from chats.inbound import profile_download
from chats.inbound.calls import record_call
from chats.inbound.contact_merge import resolve_contact
from chats.inbound.record import IncomingMessage, record_message
from chats.inbound.sent_messages import SentMessages
from chats.messages.changes import (
    delete_message,
    edit_message,
    find_quoted,
    react_to_message,
)
from chats.messages.receipts import report_status
from chats.messages.store import FILE_CONTENT
from chats.messages.targets import ResolvedContact
from contacts.aliases import name_address, spellings
from contacts.models import Channel, Contact
from hci_center.encryption import encrypt
from hci_center.errors import UnavailableError

# Queues the download of the file, unless a repeated event finds it stored, queued or
# failed.
_AWAIT_FILE = """
WITH awaiting AS (
  UPDATE chats_message m SET error = %(error)s
   WHERE m.uuid = %(uuid)s AND m.error = ''
     AND NOT EXISTS (SELECT FROM chats_attachment a WHERE a.message_id = m.id)
  RETURNING m.id, m.manager_id
)
INSERT INTO chats_mediafetch (message_id, manager_id, channel, media, attempts, next_at)
SELECT id, manager_id, %(channel)s, %(media)s, 0, statement_timestamp() FROM awaiting
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class WebhookAccount:
    """The manager whose account an event is about."""

    manager_id: int
    number: int | None
    page: str | None
    # How an unsigned gateway's events name the account; "" if that is not known.
    name: str = ""

    def is_named(self, name: str) -> bool:
        """Returns whether an event with that name, or without any, is of the account."""
        return not name or not self.name or name == self.name


def handle_event(account: WebhookAccount, source: str, event: Event) -> str:
    """Handles an event; returns a note if there was nothing to do, otherwise ""."""
    channel = Channel.FACEBOOK if source == "facebook" else Channel.WHATSAPP
    handler = EventHandler(account, source, channel.value)
    match event:
        case Inbound():
            handler.inbound(event)
        case Echo():
            handler.echo(event)
        case Receipt():
            handler.sent.ack(event)
        case Watermark():
            handler.sent.watermark(event)
        case Session():
            health = Health(event.state, event.reason, event.qr, event.number)
            accounts_health.store_reported(account.manager_id, handler.channel, health)
        case Edited():
            edit_message(account.manager_id, event.external_id, event.text, event.at)
        case Deleted():
            delete_message(account.manager_id, event.external_id, event.at)
        case Reaction():
            sender = handler.own_name() if event.is_own else ""
            react_to_message(account.manager_id, event.external_id, sender, event.emoji)
        case IdentityMerged():
            handler.link(event)
        case AccountNotice():
            return handler.notice(event)
        case TemplateNotice():
            notices.record_template(account.manager_id, handler.channel, event)
            templates.request_fetch(account.manager_id, handler.channel)
        case Ignored():
            return note_of(event)
    return ""


def note_of(event: Ignored) -> str:
    """Returns the note for an ignored event."""
    return _("Not wanted: %s") % event.what


class EventHandler:
    """Handles the events of one manager's account at one gateway."""

    def __init__(self, account: WebhookAccount, source: str, channel: str) -> None:
        self.manager_id, self.account = account.manager_id, account
        self.source, self.channel = source, channel
        self.actor = Actor(f"gateway:{source}")
        self.sent = SentMessages(self.manager_id, channel)

    def person(self, event: Inbound | Echo | IdentityMerged) -> Contact:
        return resolve_contact(
            self.manager_id,
            self.channel,
            event.person,
            actor=self.actor,
            manager_number=self.account.number,
        )

    def link(self, event: IdentityMerged) -> None:
        """Merges the aliases of one person; messages are sent to his newest one."""
        contact = self.person(event)
        phones = contact.identities.filter(alias__regex=r"^[0-9]+$")
        # A user id does not replace a phone number as the address.
        if event.address.isdecimal() or (event.address and not phones.exists()):
            name_address(contact.pk, event.address)

    def notice(self, event: AccountNotice) -> str:
        """Stores a notice about the account; ignores notices about another number."""
        number = self.account.number
        if event.number is not None and number is not None:
            same = spellings(self.channel, str(number))
            if str(event.number) not in same:
                return _("Not wanted: %s") % event.number
        notices.record_notice(self.manager_id, self.channel, event)
        if notices.blocked_by(self.manager_id, self.channel):
            health = Health("closed", event.text)
            accounts_health.store_reported(self.manager_id, self.channel, health)
        return ""

    def inbound(self, event: Inbound) -> None:
        contact = self.person(event)
        if event.content.kind == "call":
            record_call(contact, event, actor=self.actor)
        else:
            self.record(event, contact, contact.external_id)
        if event.person.photo or self.source in profile_download.LOOKUP_SOURCES:
            profile_download.request(contact, event.person.photo)

    def echo(self, event: Echo) -> None:
        """Confirms a message that we sent, or stores one that was sent elsewhere."""
        if event.uuid and self.sent.confirm(
            event.uuid, event.external_id, event.content
        ):
            return
        known = self.sent.known(event.external_id)
        if known is not None:
            report_status(self.manager_id, event.external_id, "sent")
            return
        contact = self.person(event)
        if event.is_api is not False and self.sent.settle_echo(event, contact):
            return
        self.record(event, contact, self.own_name())

    def own_name(self) -> str:
        """Returns the account's own id as the sender of messages."""
        ours = self.account.page if self.channel == "facebook" else None
        return ours or str(self.account.number or "0")

    def record(self, event: Inbound | Echo, contact: Contact, sender: str) -> None:
        """Stores a message; text that comes with a file becomes its caption.

        If the file cannot be stored, it is queued and the message stored without it.
        """
        message = self._message(event, contact, sender)
        media = event.content.media
        if media and media.base64 and message.file is None:
            media = _undelivered(media)
        is_to_follow = message.file is None
        try:
            shape = record_message(message, actor=self.actor)
        except UnavailableError:
            bare = replace(message, file=None)
            shape = record_message(bare, actor=self.actor)
            is_to_follow = True
        if media and is_to_follow:
            self._await_file(shape["id"], media)

    def _message(
        self, event: Inbound | Echo, contact: Contact, sender: str
    ) -> IncomingMessage:
        content, media = event.content, event.content.media
        quoted = None
        if event.reply_to:
            quoted = find_quoted(self.manager_id, contact.pk, event.reply_to)
        return IncomingMessage(
            target=ResolvedContact(
                self.manager_id, contact.pk, self.channel, contact.external_id
            ),
            sender=sender[:64],
            senders=[sender],
            type=content.kind if media else "text",
            content=FILE_CONTENT if media else content.text or "…",
            url="",
            file=file_of(media) if media else None,
            gateway_id=event.external_id[:255],
            created_at=event.at,
            extras=Extras(
                caption=content.text if media else "",
                file_name=clean_file_name(media.name) if media else "",
            ),
            quoted=quoted,
            origin=event.origin if isinstance(event, Inbound) else None,
            tapped=content.tapped if isinstance(event, Inbound) else "",
            # Typed by a person, unless a program sent it through the gateway's API.
            auto="phone"
            if isinstance(event, Echo) and event.is_api is not True
            else "",
        )

    def _await_file(self, uuid: str, media: Media) -> None:
        kept = {
            name: getattr(media, name)
            for name in ("mime", "name", "base64", "url", "id", "sha256", "details")
        }
        values: dict[str, Any] = {
            "uuid": uuid,
            "error": _("The file is on its way."),
            "channel": self.channel,
            "media": encrypt(json.dumps(kept)),
        }
        with connection.cursor() as cursor:
            cursor.execute(_AWAIT_FILE, values)


def _undelivered(media: Media) -> Media:
    """Returns the media without its received bytes, which cannot be stored as a file.

    The file is then downloaded from the gateway, except if it is too large.
    """
    if is_too_large(media.base64):
        return Media(mime=media.mime, name=media.name)
    return replace(media, base64="")
