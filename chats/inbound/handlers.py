"""What each kind of news does here."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from chats.accounts import health as accounts_health
from chats.accounts import notices
from chats.conversations.audit import Actor
from chats.conversations.message_details import Extras, clean_file_name
from chats.files.received import file_of
from chats.gateways.base import Health, Media
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
from contacts.aliases import name_address, spellings
from contacts.models import Channel, Contact
from hci_center.callers import Caller
from hci_center.encryption import encrypt
from hci_center.errors import UnavailableError

# The file follows; a repeat of the news finds it here, on its way or given up.
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
    """The manager whose account the news are about."""

    manager_id: int
    number: int | None
    page: str | None


def handle_event(listener: WebhookAccount, source: str, event: Event) -> str:
    """Does what the news ask for; answers a note where they ask for nothing."""
    channel = Channel.FACEBOOK if source == "facebook" else Channel.WHATSAPP
    ear = EventHandler(listener, source, channel.value)
    match event:
        case Inbound():
            ear.inbound(event)
        case Echo():
            ear.echo(event)
        case Receipt():
            ear.sent.ack(event)
        case Watermark():
            ear.sent.watermark(event)
        case Session():
            health = Health(event.state, event.reason, event.qr, event.number)
            accounts_health.store_reported(listener.manager_id, ear.channel, health)
        case Edited():
            edit_message(listener.manager_id, event.external_id, event.text, event.at)
        case Deleted():
            delete_message(listener.manager_id, event.external_id, event.at)
        case Reaction():
            sender = ear.own_name() if event.is_own else ""
            react_to_message(
                listener.manager_id, event.external_id, sender, event.emoji
            )
        case IdentityMerged():
            ear.link(event)
        case AccountNotice():
            return ear.notice(event)
        case TemplateNotice():
            notices.record_template(listener.manager_id, ear.channel, event)
        case Ignored():
            return note_of(event)
    return ""


def note_of(event: Ignored) -> str:
    """What is noted of what asks for nothing."""
    return _("Not wanted: %s") % event.what


class EventHandler:
    """One manager's account at one gateway, listening."""

    def __init__(self, listener: WebhookAccount, source: str, channel: str) -> None:
        self.manager_id, self.listener = listener.manager_id, listener
        self.source, self.channel = source, channel
        self.caller = Caller(
            role="key",
            credential=f"gateway:{source}",
            managers=frozenset({listener.manager_id}),
        )
        self.actor = Actor(self.caller.credential)
        self.sent = SentMessages(self.manager_id, channel)

    def person(self, event: Inbound | Echo | IdentityMerged) -> Contact:
        return resolve_contact(
            self.manager_id,
            self.channel,
            event.person,
            actor=self.actor,
            manager_number=self.listener.number,
        )

    def link(self, event: IdentityMerged) -> None:
        """The names are one person's, who is answered at his newest."""
        contact = self.person(event)
        phones = contact.identities.filter(alias__regex=r"^[0-9]+$")
        # A phone is not given up for the user id beside it.
        if event.address.isdecimal() or (event.address and not phones.exists()):
            name_address(contact.pk, event.address)

    def notice(self, event: AccountNotice) -> str:
        """A report on the account; one on another number of it is not ours."""
        number = self.listener.number
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
        self.record(event, contact, contact.external_id)
        if event.person.photo or self.source in profile_download.LOOKUP_SOURCES:
            profile_download.request(contact.pk, event.person.photo)

    def echo(self, event: Echo) -> None:
        """A send of ours is confirmed; all else was written elsewhere and is kept."""
        if event.uuid and self.sent.confirm(event.uuid, event.external_id):
            return
        known = self.sent.known(event.external_id)
        if known is not None:
            report_status(self.manager_id, event.external_id, "sent")
            return
        contact = self.person(event)
        if event.is_api is not False and self.sent.is_open_end(event, contact):
            return
        self.record(event, contact, self.own_name())

    def own_name(self) -> str:
        """What the account itself is called where it speaks."""
        ours = self.listener.page if self.channel == "facebook" else None
        return ours or str(self.listener.number or "0")

    def record(self, event: Inbound | Echo, contact: Contact, sender: str) -> None:
        """Stores what was said; what comes with a file is its caption.

        The message does not wait for a place where its file can be: that follows.
        """
        arrival = self._arrival(event, contact, sender)
        media = event.content.media
        is_to_follow = bool(media and not media.base64 and (media.url or media.id))
        try:
            shape = record_message(self.caller, arrival)
        except UnavailableError:
            shape = record_message(self.caller, replace(arrival, file=None))
            is_to_follow = True
        if media and is_to_follow:
            self._await_file(shape["id"], media)

    def _arrival(
        self, event: Inbound | Echo, contact: Contact, sender: str
    ) -> IncomingMessage:
        is_whatsapp = self.channel == Channel.WHATSAPP
        content, media = event.content, event.content.media
        quoted = None
        if event.reply_to:
            quoted = find_quoted(self.manager_id, contact.pk, event.reply_to)
        return IncomingMessage(
            number=self.listener.number if is_whatsapp else None,
            page=None if is_whatsapp else self.listener.page,
            channel=self.channel,
            external_id=contact.external_id,
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
                reply_to=quoted or "",
            ),
            origin=event.origin if isinstance(event, Inbound) else None,
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
