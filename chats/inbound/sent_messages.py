"""Handles echoes, receipts and watermarks that gateways report of sent messages."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from chats.conversations.queries import as_uuid
from chats.gateways.events import Echo, Receipt, Watermark
from chats.messages.receipts import apply_parked, lock_reference, report_status
from chats.models import Message
from contacts.models import Contact
from contacts.saving import find_contact

_KNOWN = """
SELECT uuid::text, gateway_id FROM chats_message
 WHERE manager_id = %(manager)s AND direction = 'out'
   AND (gateway_id = %(reference)s OR uuid = %(uuid)s::uuid
        OR id = (SELECT p.message_id FROM chats_messagepart p
                  WHERE p.manager_id = %(manager)s AND p.gateway_id = %(reference)s))
"""
# Sends to a contact with an unknown result: those in progress, and those that may have
# been sent.
_OPEN_ENDS = """
SELECT m.uuid::text, d.in_flight, m.content = %(text)s
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE d.contact_id = %(contact)s AND d.done_at IS NULL
   AND (d.in_flight OR d.doubt_until IS NOT NULL)
 ORDER BY d.message_id
"""
# A message was sent when its last attempt began, not when it was queued.
_LIFT_UNTIL = """
UPDATE chats_message m SET status = %(status)s
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND m.chat_id = h.id AND m.direction = 'out'
   AND m.status = ANY(%(from)s)
   AND coalesce((SELECT d.attempted_at FROM chats_delivery d WHERE d.message_id = m.id),
                m.created_at) <= %(until)s
"""
# A send without a result yet that the watermark may cover.
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

    def is_open_end(self, event: Echo, contact: Contact) -> bool:
        """Confirms a send with an unknown result if the event is its echo.

        Returns whether it was. Raises NotYetError while a send is in progress.
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
        """Records that our message was sent under that gateway id.

        Returns False if the message is not ours.
        """
        if self.known(uuid) is None:
            return False
        with transaction.atomic():
            lock_reference(self.manager_id, gateway_id)
            if self.known(gateway_id) is None:
                unnamed = Message.objects.filter(uuid=uuid, gateway_id__isnull=True)
                unnamed.update(gateway_id=gateway_id)
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

    def ack(self, event: Receipt) -> None:
        is_ours = bool(event.uuid and event.external_ids) and self.confirm(
            event.uuid, event.external_ids[0]
        )
        for reference in event.external_ids:
            status = (event.status, event.error[:500])
            known = report_status(self.manager_id, reference, *status)
            # The receipt is of an earlier attempt than the one whose id the message
            # has: a success counts, a failure does not apply to the later attempt.
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
