"""Resends a failed message on request."""

from __future__ import annotations

from django.db import connection, transaction

from chats.conversations.message_rows import Shape
from chats.conversations.queries import as_uuid, message_of_reference
from chats.conversations.reading import ReadRequest, find_conversation
from chats.gateways.base import Template
from chats.gateways.limits import TEMPLATE
from chats.messages.consents import require_consent
from chats.models import Delivery, Direction, Message, Status
from contacts.lookup import lock_contact
from hci_center.audit.recording import record
from hci_center.callers import Caller
from hci_center.errors import NotFailedError, NotFoundError

# A message that was sent by a controller may have no delivery. Its position is after
# all other messages to the contact, like that of a new message.
_QUEUE = """
INSERT INTO chats_delivery AS d
       (message_id, manager_id, contact_id, channel, token, attempts, failures, fence,
        in_flight)
SELECT m.id, m.manager_id, m.contact_id, c.channel, '', 0, 0, 0, false
  FROM chats_message m JOIN contacts_contact c ON c.id = m.contact_id
 WHERE m.id = %s
ON CONFLICT (message_id) DO UPDATE
   SET done_at = NULL, next_at = now(), queued_at = now(), failures = 0,
       position = nextval(pg_get_serial_sequence('chats_message', 'id')),
       fence = d.fence + 1, in_flight = false, lease_until = NULL, doubt_until = NULL,
       sent_at = NULL, delivered_at = NULL, read_at = NULL, failed_at = NULL,
       failed_code = ''
"""


def resend(caller: Caller, request: ReadRequest, message_id: str) -> Shape:
    """Queues a failed message again, as the last of its contact.

    The message keeps its id, so a gateway that has it already returns its first result.
    Raises the errors of `find_conversation`, NotFoundError if the message is not the
    contact's, NotFailedError if it has not failed, and InvalidError for marketing to a
    customer who has revoked the consent to it.
    """
    conversation = find_conversation(caller, request)
    contact = conversation.contact
    uuid = as_uuid(message_id)
    with transaction.atomic(), connection.cursor() as cursor:
        own = Message.objects.filter(contact=contact.pk)
        found = own.filter(uuid=uuid).only("pk", "type").first() if uuid else None
        if found is None:
            raise NotFoundError
        # As when a message is stored, so that positions are assigned one by one.
        lock_contact(contact.pk)
        # Only one of several concurrent callers finds the message failed.
        failed = Message.objects.filter(
            pk=found.pk, direction=Direction.OUT, status=Status.FAILED
        )
        if not failed.update(status=Status.WAIT, error=""):
            raise NotFailedError
        if found.type == TEMPLATE:
            _require_consent(contact.manager_id, contact.pk, found.pk)
        cursor.execute(_QUEUE, [found.pk])
        record("send-again", "message", found.pk, manager_id=contact.manager_id)
        cursor.execute("SELECT wake_delivery()")
    message = message_of_reference(contact.manager_id, message_id)
    return message or {"id": message_id, "status": Status.WAIT.value}


def _require_consent(manager_id: int, contact_id: int, message_id: int) -> None:
    deliveries = Delivery.objects.filter(message=message_id, template__isnull=False)
    for kept in deliveries.values_list("template", flat=True):
        if kept is None:
            continue
        parameters = tuple(kept["parameters"])
        template = Template(kept["name"], kept["language"], parameters)
        require_consent(manager_id, contact_id, template)
