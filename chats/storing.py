"""A message comes into the open chat of its contact, whoever said it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from chats.attachments import attach
from chats.conversation import open_chat_of_held
from chats.ledger import Actor
from chats.models import Attachment
from chats.queries import Shape, message_shape
from contacts.lookup import hold
from contacts.models import public_id
from contacts.queries import AS_TIME

# What stands for the text of a message that is a file, as documented.
FILE_CONTENT = "Arquivo em anexo"

# No row when no chat is open. The contact is held, so the chat stays as it is.
_INSERT = f"""
INSERT INTO chats_message AS m
       (uuid, manager_id, contact_id, chat_id, direction, type, content, url, sender,
        status, error, gateway_id, created_at)
SELECT %(uuid)s, h.manager_id, h.contact_id, h.id, %(direction)s, %(type)s,
       %(content)s, %(url)s, %(sender)s, %(status)s, '', %(gateway_id)s,
       %(created_at)s
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND h.closed_at IS NULL
RETURNING m.id, {AS_TIME.format("m.created_at")}
"""  # noqa: S608 - of a column


@dataclass(frozen=True, slots=True)
class Held:
    """A contact that this transaction holds, as far as storing a message needs it."""

    id: int
    manager_id: int
    channel: str
    external_id: str


@dataclass(slots=True)
class Draft:
    """A message before it has a place: what was said, by whom, how far it came.

    `sender` is "" for the contact itself.
    """

    direction: str
    type: str
    content: str
    status: str
    sender: str = ""
    url: str = ""
    gateway_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A message in its place."""

    id: int
    uuid: UUID
    shape: Shape


def store(
    contact: Held, draft: Draft, attachment: Attachment | None, *, actor: Actor
) -> Stored:
    """Puts the message last into the contact's open chat, opening one where none is.

    Within a transaction that holds the contact. Raises IntegrityError when the
    manager has a message of that gateway id.
    """
    uuid = uuid4()
    values: dict[str, Any] = {
        "uuid": uuid,
        "contact": contact.id,
        "direction": draft.direction,
        "type": draft.type,
        "content": draft.content,
        "url": draft.url,
        "sender": draft.sender,
        "status": draft.status,
        "gateway_id": draft.gateway_id,
        "created_at": draft.created_at or timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        row = cursor.fetchone()
        if row is None:
            open_chat_of_held(hold(contact.id), actor=actor)
            cursor.execute(_INSERT, values)
            row = cursor.fetchone()
    message_id, created_at = row
    link = attach(attachment, message_id)
    shape = message_shape(
        (
            str(uuid),
            draft.direction,
            draft.type,
            draft.content,
            draft.url,
            draft.sender,
            draft.status,
            "",
            created_at,
            link.uuid if link else None,
        ),
        public_id(contact.channel, contact.external_id),
    )
    return Stored(message_id, uuid, shape)
