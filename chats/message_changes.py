"""A message that is stored already is edited, taken back or reacted to.

Messages are found by the id that their gateway gave them. One that came in several
parts is stored as several rows: `<id>`, `<id>#1` and so on, and, before captions were
kept with their files, `<id>#caption`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection, transaction

from chats.message_details import as_time
from chats.models import Message, MessageVersion
from chats.queries import as_uuid

# Of one message of a gateway, which is several here, at most.
MOST_PARTS = 30
LONGEST_REFERENCE = 255
_PART = re.compile(r"#(?:[1-9][0-9]?|caption)\Z")

_FIND = """
SELECT m.uuid::text FROM chats_message m
 WHERE m.manager_id = %(manager)s AND m.contact_id = %(contact)s
   AND (m.uuid = %(uuid)s::uuid OR m.gateway_id = ANY(%(references)s::text[]))
 ORDER BY coalesce(m.uuid = %(uuid)s::uuid, false) DESC,
          array_position(%(references)s::text[], m.gateway_id::text) LIMIT 1
"""
_DELETE = """
UPDATE chats_message m
   SET details = coalesce(m.details, '{}') || jsonb_build_object('deleted', %(at)s::text)
 WHERE m.manager_id = %(manager)s AND m.gateway_id = ANY(%(references)s::text[])
   AND coalesce(NOT m.details ? 'deleted', true)
"""
_EXISTS = """
SELECT EXISTS (SELECT FROM chats_message m
  WHERE m.manager_id = %(manager)s AND m.gateway_id = ANY(%(references)s::text[]))
"""
# One reaction a person, the latest last. Made from the row as it is when it is locked,
# so of several at once none is lost; a repeat changes nothing.
_REACT = """
UPDATE chats_message m
   SET details = nullif(
         coalesce(m.details, '{}') - 'reactions' || coalesce((
           SELECT jsonb_build_object('reactions', jsonb_agg(one ORDER BY place))
             FROM (SELECT e.one, e.place
                     FROM jsonb_array_elements(m.details -> 'reactions')
                            WITH ORDINALITY e (one, place)
                    WHERE e.one ->> 'from' <> %(sender)s
                   UNION ALL
                   SELECT %(reaction)s::jsonb, 9223372036854775807
                    WHERE %(reaction)s::jsonb IS NOT NULL) kept
           HAVING count(*) > 0), '{}'), '{}')
 WHERE m.id = (SELECT f.id FROM chats_message f
                WHERE f.manager_id = %(manager)s
                  AND f.gateway_id = ANY(%(references)s::text[])
                ORDER BY array_position(%(references)s::text[], f.gateway_id::text)
                LIMIT 1)
   AND CASE WHEN %(reaction)s::jsonb IS NULL
            THEN coalesce(m.details -> 'reactions' @> %(by_sender)s::jsonb, false)
            ELSE coalesce(NOT m.details -> 'reactions'
                          @> jsonb_build_array(%(reaction)s::jsonb), true) END
"""


class UnknownMessageError(Exception):
    """No message of the manager has that id, or not yet."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(reference)


def find_quoted(manager_id: int, contact_id: int, reference: str) -> str | None:
    """The id of the contact's message of that id, ours or the gateway's; None: none."""
    values: dict[str, Any] = {
        "manager": manager_id,
        "contact": contact_id,
        "uuid": as_uuid(reference),
        "references": _parts(reference),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        row = cursor.fetchone()
    return row[0] if row else None


def without_part(reference: str) -> str:
    """The gateway's id behind the id of a part."""
    return _PART.sub("", reference)


def edit_message(
    manager_id: int, reference: str, text: str, at: datetime | None
) -> None:
    """Puts the new text in the place of the old, which is kept as a version.

    Of a file the caption is its text. An edit that is older than the one applied
    last changes nothing. Raises UnknownMessageError.
    """
    moment = at or datetime.now(UTC)
    with transaction.atomic():
        message = _lock(manager_id, _editable(reference))
        if message is None:
            raise UnknownMessageError(reference)
        details = dict(message.details or {})
        is_text = message.type == "text"
        before = message.content if is_text else details.get("caption", "")
        if text == before or not _is_newest(message, details, text, moment):
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
        message.details = {**details, "edited": as_time(moment)}
        message.save(update_fields=["content", "details"])


def delete_message(manager_id: int, reference: str, at: datetime | None) -> None:
    """Marks the message as taken back, with all its parts; what was said stays.

    Raises UnknownMessageError.
    """
    values: dict[str, Any] = {
        "manager": manager_id,
        "references": _parts(reference),
        "at": as_time(at or datetime.now(UTC)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, values)
        if not cursor.rowcount:
            _require(cursor, values, reference)


def react_to_message(manager_id: int, reference: str, sender: str, emoji: str) -> None:
    """Keeps the sender's one reaction to the message; an empty emoji withdraws it.

    `sender` is "" for the contact itself. Raises UnknownMessageError.
    """
    reaction = {"from": sender, "emoji": emoji} if emoji else None
    values: dict[str, Any] = {
        "manager": manager_id,
        "references": _parts(reference),
        "sender": sender,
        "by_sender": orjson.dumps([{"from": sender}]).decode(),
        "reaction": orjson.dumps(reaction).decode() if reaction else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REACT, values)
        if not cursor.rowcount:
            _require(cursor, values, reference)


def _parts(reference: str) -> list[str]:
    """The names of all rows that the message may be stored as, the first one first."""
    numbered = [f"{reference}#{part}" for part in range(1, MOST_PARTS)]
    return [reference[:LONGEST_REFERENCE], *numbered, _caption(reference)]


def _editable(reference: str) -> list[str]:
    """The same for an edit: a caption that is a row of its own is what was edited."""
    return [_caption(reference), *_parts(reference)[:-1]]


def _caption(reference: str) -> str:
    return f"{reference[:240]}#caption"


def _lock(manager_id: int, references: list[str]) -> Message | None:
    found = Message.objects.select_for_update(no_key=True).filter(
        manager_id=manager_id, gateway_id__in=references
    )
    rows = {message.gateway_id: message for message in found}
    return next((rows[name] for name in references if name in rows), None)


def _is_newest(
    message: Message, details: dict[str, Any], text: str, moment: datetime
) -> bool:
    """Whether the edit is to be applied, after those that were already.

    Gateways that count in seconds give one time to two edits: then the later to
    arrive counts, unless it is a repeat of one that was replaced.
    """
    latest = details.get("edited")
    if latest is None or as_time(moment) > latest:
        return True
    if as_time(moment) < latest:
        return False
    return not MessageVersion.objects.filter(
        message=message, text=text, written_at=datetime.fromisoformat(latest)
    ).exists()


def _require(cursor: Any, values: dict[str, Any], reference: str) -> None:
    cursor.execute(_EXISTS, values)
    if not cursor.fetchone()[0]:
        raise UnknownMessageError(reference)
