"""What each kind of news does here."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats import notices, profiles, sessions
from chats.arrived_files import file_of
from chats.gateways.base import Health, Media
from chats.gateways.events import (
    AccountNotice,
    Ack,
    Deleted,
    Echo,
    Edited,
    Event,
    Inbound,
    Linked,
    Reaction,
    Session,
    TemplateNotice,
    Unwanted,
    Watermark,
)
from chats.ledger import Actor
from chats.message_changes import (
    delete_message,
    edit_message,
    find_quoted,
    react_to_message,
)
from chats.message_details import Extras, clean_file_name
from chats.persons import ensure_person
from chats.queries import as_uuid
from chats.receipts import apply_parked, hold_reference, report_status
from chats.recording import Arrival, record_message
from chats.storing import FILE_CONTENT
from contacts.identity import name_address, spellings
from contacts.intake import find_contact
from contacts.models import Channel, Contact
from hci_center.callers import Caller
from hci_center.encryption import encrypt
from hci_center.errors import UnavailableError

_KNOWN = """
SELECT uuid::text, gateway_id FROM chats_message
 WHERE manager_id = %(manager)s AND direction = 'out'
   AND (gateway_id = %(reference)s OR uuid = %(uuid)s::uuid
        OR id = (SELECT p.message_id FROM chats_messagepart p
                  WHERE p.manager_id = %(manager)s AND p.gateway_id = %(reference)s))
"""
_NAME = """
UPDATE chats_message SET gateway_id = %s WHERE uuid = %s AND gateway_id IS NULL
"""
# Sends to a contact whose end is not known: those under way, and those that may
# have gone out.
_OPEN_ENDS = """
SELECT m.uuid::text, d.in_flight, m.content = %(text)s
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE d.contact_id = %(contact)s AND d.done_at IS NULL
   AND (d.in_flight OR d.doubt_until IS NOT NULL)
 ORDER BY d.message_id
"""
# A message left when its last attempt began, not when it was queued.
_LIFT_UNTIL = """
UPDATE chats_message m SET status = %(status)s
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND m.chat_id = h.id AND m.direction = 'out'
   AND m.status = ANY(%(from)s)
   AND coalesce((SELECT d.attempted_at FROM chats_delivery d WHERE d.message_id = m.id),
                m.created_at) <= %(until)s
"""
# Its end is not written yet, and it may be one of those that the mark is about.
_IS_UNDER_MARK = """
SELECT EXISTS (
  SELECT FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
   WHERE d.contact_id = %(contact)s AND d.done_at IS NULL AND d.in_flight
     AND coalesce(d.attempted_at, m.created_at) <= %(until)s)
"""
_LIFTED_FROM = {"delivered": ["sent"], "read": ["sent", "delivered"]}

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


class NotYetError(Exception):
    """A send is under way that the news may be of: its end is awaited."""


@dataclass(frozen=True, slots=True)
class Listener:
    """The manager whose account the news are about."""

    manager_id: int
    number: int | None
    page: str | None


def hear(listener: Listener, source: str, event: Event) -> str:
    """Does what the news ask for; answers a note where they ask for nothing."""
    channel = Channel.FACEBOOK if source == "facebook" else Channel.WHATSAPP
    ear = _Ear(listener, source, channel.value)
    match event:
        case Inbound():
            ear.inbound(event)
        case Echo():
            ear.echo(event)
        case Ack():
            ear.ack(event)
        case Watermark():
            ear.watermark(event)
        case Session():
            health = Health(event.state, event.reason, event.qr, event.number)
            sessions.hear_of(listener.manager_id, ear.channel, health)
        case Edited():
            edit_message(listener.manager_id, event.external_id, event.text, event.at)
        case Deleted():
            delete_message(listener.manager_id, event.external_id, event.at)
        case Reaction():
            sender = ear.own_name() if event.is_own else ""
            react_to_message(
                listener.manager_id, event.external_id, sender, event.emoji
            )
        case Linked():
            ear.link(event)
        case AccountNotice():
            return ear.notice(event)
        case TemplateNotice():
            notices.record_template(listener.manager_id, ear.channel, event)
        case Unwanted():
            return note_of(event)
    return ""


def note_of(event: Unwanted) -> str:
    """What is noted of what asks for nothing."""
    return _("Not wanted: %s") % event.what


class _Ear:
    """One manager's account at one gateway, listening."""

    def __init__(self, listener: Listener, source: str, channel: str) -> None:
        self.manager_id, self.listener = listener.manager_id, listener
        self.source, self.channel = source, channel
        self.caller = Caller(
            role="key",
            credential=f"gateway:{source}",
            managers=frozenset({listener.manager_id}),
        )
        self.actor = Actor(self.caller.credential)

    def person(self, event: Inbound | Echo | Linked) -> Contact:
        return ensure_person(
            self.manager_id,
            self.channel,
            event.person,
            actor=self.actor,
            manager_number=self.listener.number,
        )

    def link(self, event: Linked) -> None:
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
            sessions.hear_of(self.manager_id, self.channel, health)
        return ""

    def inbound(self, event: Inbound) -> None:
        contact = self.person(event)
        self.record(event, contact, contact.external_id)
        if event.person.photo or self.source in profiles.ASKED:
            profiles.want(contact.pk, event.person.photo)

    def echo(self, event: Echo) -> None:
        """A send of ours is confirmed; all else was written elsewhere and is kept."""
        if event.uuid and self.confirm(event.uuid, event.external_id):
            return
        known = self.known(event.external_id)
        if known is not None:
            report_status(self.manager_id, event.external_id, "sent")
            return
        contact = self.person(event)
        if event.is_api is not False and self.is_open_end(event, contact):
            return
        self.record(event, contact, self.own_name())

    def own_name(self) -> str:
        """What the account itself is called where it speaks."""
        ours = self.listener.page if self.channel == "facebook" else None
        return ours or str(self.listener.number or "0")

    def is_open_end(self, event: Echo, contact: Contact) -> bool:
        """Whether it is the echo of a send whose end was not known.

        Raises NotYetError while that send is under way.
        """
        values: dict[str, Any] = {"contact": contact.pk, "text": event.content.text}
        with connection.cursor() as cursor:
            cursor.execute(_OPEN_ENDS, values)
            ends = cursor.fetchall()
        for uuid, in_flight, is_same in ends:
            if in_flight:
                raise NotYetError
            if is_same:
                return self.confirm(uuid, event.external_id)
        return False

    def confirm(self, uuid: str, gateway_id: str) -> bool:
        """The message of ours has gone out under that id; False: it is not ours."""
        if self.known(uuid) is None:
            return False
        with transaction.atomic():
            hold_reference(self.manager_id, gateway_id)
            if self.known(gateway_id) is None:
                with connection.cursor() as cursor:
                    cursor.execute(_NAME, [gateway_id, uuid])
            report_status(self.manager_id, uuid, "sent")
            apply_parked(self.manager_id, gateway_id)
        return True

    def known(self, reference: str) -> Any:
        values: dict[str, Any] = {
            "manager": self.manager_id,
            "reference": reference,
            "uuid": as_uuid(reference),
        }
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, values)
            return cursor.fetchone()

    def ack(self, event: Ack) -> None:
        is_ours = bool(event.uuid and event.external_ids) and self.confirm(
            event.uuid, event.external_ids[0]
        )
        for reference in event.external_ids:
            said = (event.status, event.error[:500])
            known = report_status(self.manager_id, reference, *said)
            # Of an attempt before the one whose id the message bears: that it arrived
            # counts, that it did not says nothing of the later one.
            if known is None and is_ours and event.status != "failed":
                report_status(self.manager_id, event.uuid, *said)

    def watermark(self, event: Watermark) -> None:
        """Raises NotYetError while a send is under way that the mark may be of."""
        contact = find_contact(self.manager_id, self.channel, event.person.ids[0])
        if contact is None:
            return
        values: dict[str, Any] = {
            "contact": contact.pk,
            "status": event.status,
            "from": _LIFTED_FROM[event.status],
            "until": event.until,
        }
        with connection.cursor() as cursor:
            cursor.execute(_LIFT_UNTIL, values)
            cursor.execute(_IS_UNDER_MARK, values)
            row = cursor.fetchone()
        if row and row[0]:
            raise NotYetError

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

    def _arrival(self, event: Inbound | Echo, contact: Contact, sender: str) -> Arrival:
        is_whatsapp = self.channel == Channel.WHATSAPP
        content, media = event.content, event.content.media
        quoted = None
        if event.reply_to:
            quoted = find_quoted(self.manager_id, contact.pk, event.reply_to)
        return Arrival(
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
