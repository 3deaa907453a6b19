"""Handles the echoes, receipts and watermarks of sent messages."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.queries import as_uuid
from chats.gateways.events import Content, Echo, Receipt, Watermark
from chats.messages.receipts import (
    MAYBE_DELIVERED,
    apply_parked,
    lock_reference,
    report_status,
)
from chats.models import Message
from contacts.models import Channel, Contact
from contacts.saving import find_contact

# The last column is whether the message is a file whose caption is sent after it.
_KNOWN = """
SELECT uuid::text, gateway_id,
       coalesce(details ? 'caption', false) AND (%(is_page)s OR type = 'audio')
  FROM chats_message
 WHERE manager_id = %(manager)s AND direction = 'out'
   AND (gateway_id = %(reference)s OR uuid = %(uuid)s::uuid
        OR id = (SELECT p.message_id FROM chats_messagepart p
                  WHERE p.manager_id = %(manager)s AND p.gateway_id = %(reference)s))
"""
# Sends to a contact with an unknown result: those in progress, those that may have been
# sent, and those that recently failed for that reason, if the event is from before the
# failure: gateways may repeat an event for a while.
_UNKNOWN_RESULTS = f"""
SELECT m.id, d.in_flight, m.uuid::text, m.type, m.content, m.details ->> 'caption'
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE d.contact_id = %(contact)s AND d.done_at IS NULL
   AND (d.in_flight OR d.doubt_until IS NOT NULL)
 UNION ALL
SELECT m.id, false, m.uuid::text, m.type, m.content, m.details ->> 'caption'
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE %(is_api)s AND d.manager_id = %(manager)s AND d.contact_id = %(contact)s
   AND d.failed_at > statement_timestamp() - interval '30 minutes'
   AND d.failed_code = '{MAYBE_DELIVERED}'
   AND m.status = 'failed' AND m.gateway_id IS NULL
   AND coalesce(%(at)s <= d.failed_at + interval '1 minute', true)
 ORDER BY 2 DESC, 1
"""  # noqa: S608 - of a code
# The kinds that the echo of a file may have, by the type of its message: a GIF is sent
# as a video, and a large file as a document.
_ECHOED_AS = {
    "image": ("image", "video", "file"),
    "audio": ("audio", "file"),
    "video": ("video", "file"),
}
_IS_IN_FLIGHT = """
SELECT EXISTS (
  SELECT FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
   WHERE m.uuid = %s::uuid AND d.done_at IS NULL AND d.in_flight)
"""
# Set only if the result of the send was unknown: a known one includes the caption.
_NOTE_CAPTION = """
UPDATE chats_message m SET error = CASE WHEN %(is_sent)s THEN '' ELSE %(note)s END
  FROM chats_delivery d
 WHERE m.uuid = %(uuid)s::uuid AND d.message_id = m.id
   AND CASE WHEN %(is_sent)s THEN m.error = %(note)s
            ELSE m.error = '' AND m.status <> 'failed'
                 AND (d.doubt_until IS NOT NULL OR d.failed_at IS NOT NULL) END
"""
# A message counts as sent at the start of its last attempt, not when it was queued. The
# time at which a status was first reached is stored for reports, as with receipts.
_LIFT_UNTIL = """
WITH lifted AS (
UPDATE chats_message m SET status = %(status)s
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND m.chat_id = h.id AND m.direction = 'out'
   AND m.status = ANY(%(from)s)
   AND coalesce((SELECT d.attempted_at FROM chats_delivery d WHERE d.message_id = m.id),
                m.created_at) <= %(until)s
RETURNING m.id
)
UPDATE chats_delivery d
   SET delivered_at = CASE WHEN %(status)s = 'delivered'
         THEN coalesce(d.delivered_at, clock_timestamp()) ELSE d.delivered_at END,
       read_at = CASE WHEN %(status)s = 'read'
         THEN coalesce(d.read_at, clock_timestamp()) ELSE d.read_at END
  FROM lifted l WHERE d.message_id = l.id
"""
# Whether the watermark may cover a send in progress.
_IS_UNDER_MARK = """
SELECT EXISTS (
  SELECT FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
   WHERE d.contact_id = %(contact)s AND d.done_at IS NULL AND d.in_flight
     AND coalesce(d.attempted_at, m.created_at) <= %(until)s)
"""
_LIFTED_FROM = {"delivered": ["sent"], "read": ["sent", "delivered"]}


class NotYetError(Exception):
    """The event may belong to a send in progress and must wait for its result."""


class SentMessages:
    """Updates the messages that a manager sent through one of its accounts."""

    def __init__(self, manager_id: int, channel: str) -> None:
        self.manager_id, self.channel = manager_id, channel

    def settle_echo(self, event: Echo, contact: Contact) -> bool:
        """Confirms a send with an unknown result if the event is its echo.

        Returns whether it did. Raises NotYetError while a send is in progress.
        """
        values: dict[str, Any] = {
            "contact": contact.pk,
            "manager": self.manager_id,
            "is_api": event.is_api is True,
            "at": event.at,
        }
        with connection.cursor() as cursor:
            cursor.execute(_UNKNOWN_RESULTS, values)
            ends = cursor.fetchall()
        for _message_id, in_flight, uuid, *sent in ends:
            if in_flight:
                raise NotYetError
            if _is_echo_of(event, *sent):
                return self.confirm(uuid, event.external_id, event.content)
        return False

    def confirm(
        self, uuid: str, gateway_id: str, content: Content | None = None
    ) -> bool:
        """Records that our message was sent under that gateway id.

        `content` is what was sent, if known. Returns False if there is no such message.
        Raises NotYetError while the caption of a file may still be sent after it: the
        contact's next message would overtake it.
        """
        ours = self.known(uuid)
        if ours is None:
            return False
        if ours[2] and self._is_in_flight(uuid):
            raise NotYetError
        with transaction.atomic():
            lock_reference(self.manager_id, gateway_id)
            if self.known(gateway_id) is None:
                unnamed = Message.objects.filter(uuid=uuid, gateway_id__isnull=True)
                unnamed.update(gateway_id=gateway_id)
            report_status(self.manager_id, uuid, "sent")
            if content is not None and ours[2]:
                self._note_caption(uuid, is_sent=content.media is None)
            apply_parked(self.manager_id, gateway_id)
        return True

    def _is_in_flight(self, uuid: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_IS_IN_FLIGHT, [uuid])
            return bool(cursor.fetchone()[0])

    def _note_caption(self, uuid: str, *, is_sent: bool) -> None:
        """Sets or removes the note that the caption of a file may not have been sent.

        The echo of the file sets it if the result of the send was unknown; the echo of
        the caption removes it.
        """
        note = _("The file was sent, but maybe not what was said with it.")
        values: dict[str, Any] = {"uuid": uuid, "note": note, "is_sent": is_sent}
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_CAPTION, values)

    def known(self, reference: str) -> Any:
        values: dict[str, Any] = {
            "manager": self.manager_id,
            "reference": reference,
            "uuid": as_uuid(reference),
            "is_page": self.channel == Channel.FACEBOOK,
        }
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, values)
            return cursor.fetchone()

    def ack(self, event: Receipt) -> None:
        is_ours = bool(event.uuid and event.external_ids) and self.confirm(
            event.uuid, event.external_ids[0]
        )
        for reference in event.external_ids:
            status = (event.status, event.error[:500])
            known = report_status(self.manager_id, reference, *status)
            # The receipt is for an earlier attempt than the one whose id is stored: a
            # success counts, but a failure does not apply to the later attempt.
            if known is None and is_ours and event.status != "failed":
                report_status(self.manager_id, event.uuid, *status)

    def watermark(self, event: Watermark) -> None:
        """Updates the status of all messages up to the watermark.

        Raises NotYetError while a send that it may cover is in progress.
        """
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


def _is_echo_of(event: Echo, kind: str, text: str, caption: str | None) -> bool:
    """Returns whether the event may be the echo of a message with that content.

    The echo of a file without a caption must come from the API, because a person may
    have sent the same kind of file on the phone.
    """
    content = event.content
    if content.media is None:
        return content.text == text
    if content.kind not in _ECHOED_AS.get(kind, ("file",)):
        return False
    # WhatsApp shows no caption with audio: it is sent afterwards as a message.
    shown = "" if content.kind == "audio" else caption or ""
    return content.text == shown and bool(shown or event.is_api)
