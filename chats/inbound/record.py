"""Stores messages that gateways, controllers or the bot have received or sent.

A message from an unknown customer is never refused: a missing contact or chat is
created, and a deleted contact is restored.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat_of_locked
from chats.conversations.message_details import NO_EXTRAS, Extras, details_of
from chats.conversations.message_rows import Shape
from chats.conversations.queries import as_uuid, message_of_reference
from chats.files.data_uri import SentFile
from chats.files.mime_types import FILE, matches_declared
from chats.files.storage import stored
from chats.gateways.events import Origin
from chats.messages.receipts import apply_parked, lock_reference
from chats.messages.store import (
    FILE_CONTENT,
    TASK_AGAIN,
    LockedContact,
    NewMessage,
    insert_fast_path,
    quote,
    store,
)
from chats.messages.targets import ResolvedContact, Target
from chats.models import Attachment, Direction, Status
from chats.rules.returning import Returning
from contacts.aliases import spellings
from contacts.saving import ensure_contact
from hci_center.errors import ContactNotFoundError

# Finds and locks the contact and updates its counters and times, unless the message is
# stored already, in one round trip. The message is incoming if its sender is one of the
# contact's aliases.
_COUNT = f"""
WITH account AS MATERIALIZED (
  SELECT m.id, m.has_automation FROM managers_manager m WHERE {{manager}}
), counted AS (
UPDATE contacts_contact c
   SET unread = c.unread + n.incoming::int,
       last_message_at = greatest(c.last_message_at, %(at)s),
       last_in_at = CASE WHEN n.incoming THEN greatest(c.last_in_at, %(at)s)
                         ELSE c.last_in_at END,
       waiting_since = CASE
         WHEN n.incoming THEN coalesce(c.waiting_since, clock_timestamp())
         WHEN %(auto)s = 'phone' OR EXISTS (
              SELECT FROM areas_operator o
               WHERE o.manager_id = c.manager_id AND o.id = %(operator)s::bigint)
         THEN NULL ELSE c.waiting_since END
  FROM (
    SELECT i.contact_id, %(own)s OR EXISTS (
             SELECT FROM contacts_identity f
              WHERE f.manager_id = i.manager_id AND f.channel = i.channel
                AND f.alias = ANY(%(senders)s::text[])
                AND f.contact_id = i.contact_id) AS incoming
      FROM {{source}}
     WHERE i.manager_id = (SELECT id FROM account)
       AND i.channel = %(channel)s AND {{match}}
       AND NOT EXISTS (
             SELECT FROM chats_message x
              WHERE x.manager_id = i.manager_id AND x.gateway_id = %(reference)s)
       AND NOT EXISTS (
             SELECT FROM chats_message x
              WHERE x.manager_id = i.manager_id AND x.uuid = %(uuid)s::uuid)
     LIMIT 1) n
 WHERE c.id = n.contact_id AND c.deleted_at IS NULL
RETURNING c.id, c.manager_id, c.channel, c.external_id, c.area_id, c.waiting_since,
          n.incoming
), asked AS (
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT n.manager_id, 'inbound', n.id, clock_timestamp()
    FROM counted n, account WHERE n.incoming AND account.has_automation
  {TASK_AGAIN}
)
SELECT c.id, c.manager_id, c.channel, c.external_id, c.incoming, a.has_automation,
       (SELECT schedule_idle(c.manager_id, c.id, c.area_id)
         WHERE a.has_automation AND NOT c.incoming AND c.waiting_since IS NULL)
  FROM counted c, account a
"""  # noqa: S608 - of a condition
# The maximum number of digits of a positive bigint.
BIGINT_DIGITS = 19


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A reported message with its contact and sender.

    `senders` are the spellings of `sender` that may be aliases of the contact. `quoted`
    is the uuid of the message to which it replies, if already resolved; a reference in
    `extras` is resolved when the message is stored.
    """

    target: Target
    sender: str
    senders: list[str]
    type: str
    content: str
    url: str
    file: SentFile | None
    gateway_id: str | None
    created_at: datetime | None
    extras: Extras = NO_EXTRAS
    quoted: str | None = None
    origin: Origin | None = None
    # "phone" if somebody typed it on the account's phone.
    auto: str = ""
    # The id of the choice that the customer tapped, if any.
    tapped: str = ""

    @property
    def is_own(self) -> bool:
        """Returns whether the sender is the contact's external id in this message.

        If False, the sender may still be another alias of the contact.
        """
        names = spellings(self.target.channel, self.target.external_id)
        return not set(names).isdisjoint(self.senders)


class _KnownError(Exception):
    """Rolls back the transaction because the message is stored already."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


def record_message(message: IncomingMessage, *, actor: Actor) -> Shape:
    """Stores the message and returns it; a repeated gateway id returns the first one.

    Raises the errors of its target's `find_manager`, and BodyTooLargeError for its
    file.
    """
    try:
        if _is_plain(message) and (shape := _record_at_once(message)):
            return shape
        with stored(message.file) as attachment, transaction.atomic():
            return _record(message, attachment, actor)
    except _KnownError as known:
        return known.shape
    except IntegrityError:
        # The message was stored while this transaction waited for the contact's lock.
        first = _first_of(message.target.find_manager(), message.gateway_id)
        if first is None:
            raise
        return first


def _is_plain(message: IncomingMessage) -> bool:
    """Returns whether the message is incoming and simple enough for the fast path.

    It must not have a file, a reference to resolve, or the id of a message of ours.
    """
    return (
        message.file is None
        and not message.extras.reply_to
        and message.is_own
        and as_uuid(message.gateway_id or "") is None
    )


def _record_at_once(message: IncomingMessage) -> Shape | None:
    at = message.created_at or timezone.now()
    draft = _draft(message, incoming=True, at=at)
    # In an outer transaction, an IntegrityError must only roll back to a savepoint.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return insert_fast_path(message.target, draft)


def _record(
    message: IncomingMessage, attachment: Attachment | None, actor: Actor
) -> Shape:
    at = message.created_at or timezone.now()
    counted = _count(message, message.target, at) or _recount(message, at, actor)
    *columns, incoming, has_automation, _ = counted
    contact = LockedContact(*columns)
    draft = _draft(message, incoming=incoming, at=at)
    returning = None
    if incoming and has_automation:
        returning = Returning(contact.id, draft, actor)
    quote(contact, draft, message.extras.reply_to)
    awaits_receipts = draft.gateway_id is not None and not incoming
    if awaits_receipts:
        lock_reference(contact.manager_id, draft.gateway_id or "")
    place = None if returning is None else returning.place
    result = store(contact, draft, attachment, actor=actor, place=place)
    if returning is not None:
        returning.finish()
    if awaits_receipts and apply_parked(contact.manager_id, draft.gateway_id or ""):
        lifted = message_of_reference(contact.manager_id, str(result.uuid))
        return lifted or result.shape
    return result.shape


def _count(message: IncomingMessage, target: Target, at: datetime) -> Any:
    statement = _COUNT.format(
        manager=target.manager, source=target.source, match=target.match
    )
    values = target.params | {
        "at": at,
        # If False, the statement also checks the contact's other aliases.
        "own": message.is_own,
        "senders": message.senders,
        "reference": message.gateway_id,
        "uuid": as_uuid(message.gateway_id or ""),
        # Both tell whether a person answered: on the phone, or an operator.
        "auto": message.auto,
        "operator": _operator_id(message.sender),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _recount(message: IncomingMessage, at: datetime, actor: Actor) -> Any:
    """Creates or restores the contact, then returns the result of `_count`.

    Also opens a chat if the manager has no rules that could decide otherwise. Raises
    _KnownError if the message is stored already.
    """
    named = message.target
    manager_id = named.find_manager()
    _refuse_known(manager_id, message)
    contact = ensure_contact(
        manager_id, named.channel, named.external_id, name=named.external_id
    )
    locked = ResolvedContact(
        manager_id, contact.pk, contact.channel, contact.external_id
    )
    counted = _count(message, locked, at)
    if counted is None:
        # The message was stored while this transaction waited for the contact's lock.
        _refuse_known(manager_id, message)
        raise ContactNotFoundError
    *_, has_automation, _idle = counted
    if not has_automation:
        open_chat_of_locked(contact, actor=actor)
    return counted


def _refuse_known(manager_id: int, message: IncomingMessage) -> None:
    first = _first_of(manager_id, message.gateway_id)
    if first is not None:
        raise _KnownError(first)


def _first_of(manager_id: int, gateway_id: str | None) -> Shape | None:
    return message_of_reference(manager_id, gateway_id) if gateway_id else None


def _operator_id(sender: str) -> int | None:
    """Returns the sender as an operator's id, or None if it cannot be one."""
    is_id = sender.isascii() and sender.isdecimal() and len(sender) < BIGINT_DIGITS
    return int(sender) if is_id else None


def _draft(message: IncomingMessage, *, incoming: bool, at: datetime) -> NewMessage:
    draft = NewMessage(
        direction=Direction.IN if incoming else Direction.OUT,
        type=message.type,
        content=message.content,
        status=Status.WAIT if incoming else Status.SENT,
        sender="" if incoming else message.sender,
        url=message.url,
        gateway_id=message.gateway_id,
        created_at=at,
        auto="" if incoming else message.auto,
    )
    extras = message.extras
    if message.type == "text":
        draft.details = details_of(
            reply_to=message.quoted, origin=message.origin, tapped=message.tapped
        )
    else:
        draft.content = FILE_CONTENT
        draft.details = details_of(
            caption=extras.caption,
            file_name=extras.file_name,
            reply_to=message.quoted,
            origin=message.origin,
        )
    sent = message.file
    if sent is not None and sent.found is not None:
        draft.url = ""
        # The type "text" is kept, even if there is a file.
        if message.type != "text" and not matches_declared(
            sent.found, message.type, sent.claimed_mime
        ):
            draft.type = FILE
    return draft
