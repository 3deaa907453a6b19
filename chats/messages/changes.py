"""Edits, deletes and reacts to stored messages.

Messages are looked up by the id that their gateway assigned. A message that came in
several parts is stored as several rows: `<id>`, `<id>#1` and so on, and, before
captions were stored with their files, `<id>#caption`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection, transaction

from chats.conversations.queries import as_uuid
from chats.models import Message, MessageVersion
from hci_center.times import as_time

# The maximum number of rows for one message of a gateway.
MOST_PARTS = 30
LONGEST_REFERENCE = 255
# An emoji with all its code points has at most a dozen characters.
LONGEST_EMOJI = 64
_PART = re.compile(r"#(?:[1-9][0-9]?|caption)\Z")

# By its gateway ids, or by those of the parts in which we sent it.
_NAMED = """(m.gateway_id = ANY(%(references)s::text[]) OR m.id = (
   SELECT p.message_id FROM chats_messagepart p
    WHERE p.manager_id = %(manager)s AND p.gateway_id = %(reference)s))"""
_FIND = f"""
SELECT m.uuid::text FROM chats_message m
 WHERE m.manager_id = %(manager)s AND m.contact_id = %(contact)s
   AND (m.uuid = %(uuid)s::uuid OR {_NAMED})
 ORDER BY coalesce(m.uuid = %(uuid)s::uuid, false) DESC,
          array_position(%(references)s::text[], m.gateway_id::text) LIMIT 1
"""  # noqa: S608 - of a condition
_DELETE = f"""
UPDATE chats_message m
   SET details = coalesce(m.details, '{{}}')
                 || jsonb_build_object('deleted', %(at)s::text)
 WHERE m.manager_id = %(manager)s AND {_NAMED}
   AND coalesce(NOT m.details ? 'deleted', true)
"""  # noqa: S608 - of a condition
_FIRST = f"""
SELECT m.id FROM chats_message m
 WHERE m.manager_id = %(manager)s AND {_NAMED}
 ORDER BY array_position(%(references)s::text[], m.gateway_id::text) LIMIT 1
"""  # noqa: S608 - of a condition
# One reaction per person, the latest last. Computed from the locked row, so that no
# concurrent reaction is lost; a repeat changes nothing.
_REACT = f"""
UPDATE chats_message m
   SET details = nullif(
         coalesce(m.details, '{{}}') - 'reactions' || coalesce((
           SELECT jsonb_build_object('reactions', jsonb_agg(one ORDER BY place))
             FROM (SELECT e.one, e.place
                     FROM jsonb_array_elements(m.details -> 'reactions')
                            WITH ORDINALITY e (one, place)
                    WHERE e.one ->> 'from' <> %(sender)s
                   UNION ALL
                   SELECT %(reaction)s::jsonb, 9223372036854775807
                    WHERE %(reaction)s::jsonb IS NOT NULL) kept
           HAVING count(*) > 0), '{{}}'), '{{}}')
 WHERE m.id = ({_FIRST})
   AND CASE WHEN %(reaction)s::jsonb IS NULL
            THEN coalesce(m.details -> 'reactions' @> %(by_sender)s::jsonb, false)
            ELSE coalesce(NOT m.details -> 'reactions'
                          @> jsonb_build_array(%(reaction)s::jsonb), true) END
"""  # noqa: S608 - of a condition


class UnknownMessageError(Exception):
    """The manager has no message with that id, or not yet."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(reference)


def find_quoted(manager_id: int, contact_id: int, reference: str) -> str | None:
    """Returns the uuid of the contact's message with that id, or None.

    The id may be ours or the gateway's.
    """
    values: dict[str, Any] = {
        **_names(manager_id, reference),
        "contact": contact_id,
        "uuid": as_uuid(reference),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        row = cursor.fetchone()
    return row[0] if row else None


def without_part(reference: str) -> str:
    """Strips the suffix of a part from a gateway id."""
    return _PART.sub("", reference)


def edit_message(
    manager_id: int, reference: str, text: str, at: datetime | None
) -> None:
    """Replaces the text of a message and keeps the old one as a MessageVersion.

    The text of a file is its caption. An edit older than the last applied one changes
    nothing. Raises UnknownMessageError.
    """
    timestamp = at or datetime.now(UTC)
    with transaction.atomic():
        message = _lock(manager_id, reference)
        if message is None:
            raise UnknownMessageError(reference)
        details = dict(message.details or {})
        is_text = message.type == "text"
        before = message.content if is_text else details.get("caption", "")
        if text == before or not _is_newest(message, details, text, timestamp):
            return
        since = details.get("edited")
        if before:
            message.versions.create(
                text=before,
                written_at=datetime.fromisoformat(since)
                if since
                else message.created_at,
            )
        if is_text:
            message.content = text or "…"
        elif text:
            details["caption"] = text
        else:
            details.pop("caption", None)
        message.details = {**details, "edited": as_time(timestamp)}
        message.save(update_fields=["content", "details"])


def delete_message(manager_id: int, reference: str, at: datetime | None) -> None:
    """Marks the message and all its parts as deleted; their content is kept.

    Raises UnknownMessageError.
    """
    values = _names(manager_id, reference) | {"at": as_time(at or datetime.now(UTC))}
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, values)
        if not cursor.rowcount:
            _require(cursor, values, reference)


def react_to_message(manager_id: int, reference: str, sender: str, emoji: str) -> None:
    """Sets the sender's reaction to the message; an empty emoji removes it.

    `sender` is "" for the contact itself. Raises UnknownMessageError.
    """
    reaction = {"from": sender, "emoji": emoji[:LONGEST_EMOJI]} if emoji else None
    values = _names(manager_id, reference) | {
        "sender": sender,
        "by_sender": orjson.dumps([{"from": sender}]).decode(),
        "reaction": orjson.dumps(reaction).decode() if reaction else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REACT, values)
        if not cursor.rowcount:
            _require(cursor, values, reference)


def _names(manager_id: int, reference: str) -> dict[str, Any]:
    """Returns SQL parameters with the ids of all rows of the message, in order."""
    numbered = [f"{reference}#{part}" for part in range(1, MOST_PARTS)]
    first = reference[:LONGEST_REFERENCE]
    return {
        "manager": manager_id,
        "reference": first,
        "references": [first, *numbered, _caption(reference)],
    }


def _caption(reference: str) -> str:
    return f"{reference[:240]}#caption"


def _lock(manager_id: int, reference: str) -> Message | None:
    """Locks and returns the message to edit, or None.

    A caption that is stored as a row of its own precedes its file.
    """
    values = _names(manager_id, reference)
    caption = values["references"].pop()
    values["references"].insert(0, caption)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, values)
        row = cursor.fetchone()
    locked = Message.objects.select_for_update(no_key=True)
    return locked.filter(pk=row[0]).first() if row else None


def _is_newest(
    message: Message, details: dict[str, Any], text: str, timestamp: datetime
) -> bool:
    """Whether the edit is newer than those already applied.

    Gateways with timestamps in seconds give two edits the same time: then the later to
    arrive wins, unless it repeats one that was replaced.
    """
    latest = details.get("edited")
    if latest is None or as_time(timestamp) > latest:
        return True
    if as_time(timestamp) < latest:
        return False
    return not MessageVersion.objects.filter(
        message=message, text=text, written_at=datetime.fromisoformat(latest)
    ).exists()


def _require(cursor: Any, values: dict[str, Any], reference: str) -> None:
    cursor.execute(_FIRST, values)
    if cursor.fetchone() is None:
        raise UnknownMessageError(reference)
