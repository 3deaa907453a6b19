"""A message that the bot or a controller received, or sent by itself, is kept.

A customer's message is never refused because we did not know him: a contact or chat
that is missing is made, a deleted contact comes back.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.conversations.audit import actor_of
from chats.conversations.lifecycle import open_chat_of_locked
from chats.conversations.message_details import NO_EXTRAS, Extras, details_of
from chats.conversations.queries import Shape, as_uuid, message_of_reference
from chats.files.data_uri import SentFile
from chats.files.mime_types import FILE, matches_declared
from chats.files.storage import stored
from chats.gateways.events import Origin
from chats.messages.receipts import apply_parked, lock_reference
from chats.messages.store import (
    FILE_CONTENT,
    LockedContact,
    NewMessage,
    insert_fast_path,
    quote,
    store,
)
from chats.models import Attachment, Direction, Status
from contacts.aliases import ALIAS_MATCH, alias_params
from contacts.saving import ensure_contact
from hci_center.callers import Caller
from hci_center.errors import (
    ContactNotFoundError,
    InvalidError,
    ManagerNotFoundError,
)

# Holds the contact and counts the message on it, unless the message is here already:
# one round trip from the manager's number or page. It comes in when the one who said
# it is the contact by any of its names.
_COUNT = f"""
UPDATE contacts_contact c
   SET unread = c.unread + n.incoming::int,
       last_message_at = greatest(c.last_message_at, %(at)s)
  FROM (
    SELECT i.contact_id, %(own)s OR EXISTS (
             SELECT FROM contacts_identity f
              WHERE f.manager_id = i.manager_id AND f.channel = i.channel
                AND f.alias = ANY(%(senders)s::text[])
                AND f.contact_id = i.contact_id) AS incoming
      FROM contacts_identity i
     WHERE i.manager_id = (SELECT m.id FROM managers_manager m WHERE {{manager}})
       AND i.channel = %(channel)s AND {ALIAS_MATCH}
       AND NOT EXISTS (
             SELECT FROM chats_message x
              WHERE x.manager_id = i.manager_id
                AND (x.gateway_id = %(reference)s OR x.uuid = %(uuid)s::uuid))
     LIMIT 1) n
 WHERE c.id = n.contact_id AND c.deleted_at IS NULL
RETURNING c.id, c.manager_id, c.channel, c.external_id, n.incoming
"""  # noqa: S608 - of a condition
_REACHED = "(%(managers)s::bigint[] IS NULL OR m.id = ANY(%(managers)s::bigint[]))"
_BY_NUMBER = f"m.number = %(number)s AND {_REACHED}"
_BY_PAGE = f"m.facebook_id = %(page)s AND {_REACHED}"
_BY_BOTH = f"m.number = %(number)s AND m.facebook_id = %(page)s AND {_REACHED}"

_MANAGERS = f"""
SELECT m.id, m.number = %(number)s, m.facebook_id = %(page)s
  FROM managers_manager m
 WHERE (m.number = %(number)s OR m.facebook_id = %(page)s) AND {_REACHED}
"""  # noqa: S608 - of a condition


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What came: for which manager and contact, who said it, and what.

    `senders` are the spellings of `sender` that may be names of the contact.
    """

    number: int | None
    page: str | None
    channel: str
    external_id: str
    sender: str
    senders: list[str]
    type: str
    content: str
    url: str
    file: SentFile | None
    gateway_id: str | None
    created_at: datetime | None
    extras: Extras = NO_EXTRAS
    origin: Origin | None = None

    @property
    def is_own(self) -> bool:
        """Whether the contact said it, as is mostly plain to see."""
        names = alias_params(self.channel, self.external_id)
        return not set(names.values()).isdisjoint(self.senders)


class _KnownError(Exception):
    """The message is here already; undoes whatever was begun for it."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


def record_message(caller: Caller, arrival: IncomingMessage) -> Shape:
    """Stores the message and answers it; a repeat of its gateway id answers the first.

    Raises ManagerNotFoundError, InvalidError when number and page are two managers',
    BodyTooLargeError for its file.
    """
    try:
        if _is_plain(arrival) and (shape := _record_at_once(caller, arrival)):
            return shape
        with stored(arrival.file) as attachment, transaction.atomic():
            return _record(caller, arrival, attachment)
    except _KnownError as known:
        return known.shape
    except IntegrityError:
        # Its twin was stored while this one waited for the contact that both know.
        first = _first_of(_manager_of(caller, arrival), arrival.gateway_id)
        if first is None:
            raise
        return first


def _is_plain(arrival: IncomingMessage) -> bool:
    """Whether it came in beyond doubt, has no file, quotes nothing, and bears no id
    of ours."""
    return (
        arrival.file is None
        and not arrival.extras.reply_to
        and arrival.is_own
        and as_uuid(arrival.gateway_id or "") is None
    )


def _record_at_once(caller: Caller, arrival: IncomingMessage) -> Shape | None:
    at = arrival.created_at or timezone.now()
    draft = _draft(arrival, incoming=True, at=at)
    who = _names(caller, arrival) | alias_params(arrival.channel, arrival.external_id)
    # Within a transaction a refusal must leave the rest of it as it was.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return insert_fast_path(_by(arrival), who, arrival.channel, draft)


def _by(arrival: IncomingMessage) -> str:
    if arrival.page is None:
        return _BY_NUMBER
    return _BY_PAGE if arrival.number is None else _BY_BOTH


def _record(
    caller: Caller, arrival: IncomingMessage, attachment: Attachment | None
) -> Shape:
    at = arrival.created_at or timezone.now()
    counted = _count(caller, arrival, at) or _recount(caller, arrival, at)
    *columns, incoming = counted
    contact = LockedContact(*columns)
    draft = _draft(arrival, incoming=incoming, at=at)
    quote(contact, draft, arrival.extras.reply_to)
    awaits_receipts = draft.gateway_id is not None and not incoming
    if awaits_receipts:
        lock_reference(contact.manager_id, draft.gateway_id or "")
    message = store(contact, draft, attachment, actor=actor_of(caller))
    if awaits_receipts and apply_parked(contact.manager_id, draft.gateway_id or ""):
        lifted = message_of_reference(contact.manager_id, str(message.uuid))
        return lifted or message.shape
    return message.shape


def _count(caller: Caller, arrival: IncomingMessage, at: datetime) -> Any:
    names = alias_params(arrival.channel, arrival.external_id)
    values = {**_names(caller, arrival), **names} | {
        "at": at,
        "channel": arrival.channel,
        # Only else are the other names looked through.
        "own": arrival.is_own,
        "senders": arrival.senders,
        "reference": arrival.gateway_id,
        "uuid": as_uuid(arrival.gateway_id or ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(manager=_by(arrival)), values)
        return cursor.fetchone()


def _recount(caller: Caller, arrival: IncomingMessage, at: datetime) -> Any:
    """Finds out what was missing and makes it: the contact, new or back again, with
    an open chat. Raises _KnownError when nothing was, but the message is here."""
    manager_id = _manager_of(caller, arrival)
    _refuse_known(manager_id, arrival)
    contact = ensure_contact(
        manager_id, arrival.channel, arrival.external_id, name=arrival.external_id
    )
    counted = _count(caller, arrival, at)
    if counted is None:
        # Its twin was stored while this one waited for the contact.
        _refuse_known(manager_id, arrival)
        raise ContactNotFoundError
    open_chat_of_locked(contact, actor=actor_of(caller))
    return counted


def _refuse_known(manager_id: int, arrival: IncomingMessage) -> None:
    first = _first_of(manager_id, arrival.gateway_id)
    if first is not None:
        raise _KnownError(first)


def _manager_of(caller: Caller, arrival: IncomingMessage) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MANAGERS, _names(caller, arrival))
        rows = cursor.fetchall()
    named = (arrival.number is not None) + (arrival.page is not None)
    borne = sum(bool(by_number) + bool(by_page) for _, by_number, by_page in rows)
    if borne < named:
        raise ManagerNotFoundError
    if len(rows) > 1:
        sentence = _("The number and the page belong to two managers.")
        raise InvalidError({"managerNumber": [sentence], "facebookId": [sentence]})
    manager_id: int = rows[0][0]
    return manager_id


def _names(caller: Caller, arrival: IncomingMessage) -> dict[str, Any]:
    return {
        "number": arrival.number,
        "page": arrival.page,
        "managers": None if caller.managers is None else list(caller.managers),
    }


def _first_of(manager_id: int, gateway_id: str | None) -> Shape | None:
    return message_of_reference(manager_id, gateway_id) if gateway_id else None


def _draft(arrival: IncomingMessage, *, incoming: bool, at: datetime) -> NewMessage:
    draft = NewMessage(
        direction=Direction.IN if incoming else Direction.OUT,
        type=arrival.type,
        content=arrival.content,
        status=Status.WAIT if incoming else Status.SENT,
        sender="" if incoming else arrival.sender,
        url=arrival.url,
        gateway_id=arrival.gateway_id,
        created_at=at,
    )
    extras = arrival.extras
    if arrival.type == "text":
        draft.details = details_of(origin=arrival.origin)
    else:
        draft.content = FILE_CONTENT
        draft.details = details_of(
            caption=extras.caption, file_name=extras.file_name, origin=arrival.origin
        )
    sent = arrival.file
    if sent is not None and sent.found is not None:
        draft.url = ""
        # A text is no file, whatever comes beside it.
        if arrival.type != "text" and not matches_declared(
            sent.found, arrival.type, sent.claimed_mime
        ):
            draft.type = FILE
    return draft
