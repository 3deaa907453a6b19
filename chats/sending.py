"""An operator writes to a contact: the message waits for its gateway from then on.

Nothing is sent here. The message and what its delivery needs are one transaction, so
a message that was answered is one that will be tried.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from areas.sight import Sight
from chats.attachments import stored
from chats.data_uri import SentFile
from chats.ledger import Actor, act_as
from chats.models import Delivery, Direction, Status
from chats.queries import Names, Shape, find_conversations
from chats.storing import FILE_CONTENT, Draft, Held, store
from contacts.lookup import address
from contacts.models import Contact
from contacts.naming import ManagerNames
from hci_center.callers import Caller
from hci_center.errors import (
    ContactNotFoundError,
    ForbiddenError,
    OperatorNotFoundError,
)

_HOLD = """
UPDATE contacts_contact SET last_message_at = greatest(last_message_at, %s)
 WHERE id = %s AND deleted_at IS NULL
RETURNING id, manager_id, channel, external_id
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """Who writes to whom: a contact, and the actor who was found to be allowed to."""

    contact: Contact
    operator_id: int
    actor: Actor


def letter_to(
    caller: Caller,
    manager: ManagerNames,
    channel: str,
    external_id: str,
    operator_id: int,
) -> Letter:
    """To a contact of the manager that is named.

    Raises ManagerNotFoundError, OperatorNotFoundError (for nobody, too),
    ContactNotFoundError and ForbiddenError, in that order.
    """
    addressed = address(
        caller,
        manager,
        channel=channel,
        external_id=external_id,
        operator_id=operator_id,
    )
    sight = addressed.sight()
    return _letter(caller, addressed.contact(), sight)


def letter_on_facebook(caller: Caller, external_id: str, operator_id: int) -> Letter:
    """To a Facebook contact of the operator's own manager; raises as `letter_to`."""
    names = Names(whatsapp=[], facebook=external_id, manager={})
    sight, found = find_conversations(caller, names, operator_id)
    if sight is None:
        raise OperatorNotFoundError
    if not found:
        raise ContactNotFoundError
    return _letter(caller, found[0].contact, sight)


def send_text(letter: Letter, text: str, *, token: str = "") -> Shape:
    """Stores the text and queues it; a page token that is given is for it alone.

    Raises ContactNotFoundError when the contact has been deleted meanwhile.
    """
    return _queue(letter, "text", text, None, token)


def send_file(
    letter: Letter, message_type: str, file: SentFile, *, token: str = ""
) -> Shape:
    """The same of a file. Raises BodyTooLargeError for one over the limit, too."""
    return _queue(letter, message_type, FILE_CONTENT, file, token)


def _letter(caller: Caller, contact: Contact, sight: Sight) -> Letter:
    actor = act_as(caller, sight.operator_id)
    if not sight.sees(contact.area_id, contact.operator_id):
        raise ForbiddenError
    return Letter(contact, sight.operator_id, actor)


def _queue(
    letter: Letter, message_type: str, content: str, file: SentFile | None, token: str
) -> Shape:
    with stored(file) as attachment, transaction.atomic():
        at = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [at, letter.contact.pk])
            row = cursor.fetchone()
        if row is None:
            raise ContactNotFoundError
        contact = Held(*row)
        draft = Draft(
            direction=Direction.OUT,
            type=message_type,
            content=content,
            status=Status.WAIT,
            sender=str(letter.operator_id),
            created_at=at,
        )
        message = store(contact, draft, attachment, actor=letter.actor)
        Delivery.objects.create(
            message_id=message.id,
            manager_id=contact.manager_id,
            contact_id=contact.id,
            channel=contact.channel,
            token=token,
        )
    return message.shape
