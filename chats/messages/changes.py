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

from chats.conversations.message_details import as_time
from chats.conversations.queries import as_uuid
from chats.models import Message, MessageVersion

# Of one message of a gateway, which is several here, at most.
MOST_PARTS = 30
LONGEST_REFERENCE = 255
# One with all its parts has a dozen characters at most.
LONGEST_EMOJI = 64
_PART = re.compile(r"#(?:[1-9][0-9]?|caption)\Z")

# By its gateway's ids, or by those of the parts that we sent it in.
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
# One reaction a person, the latest last. Made from the row as it is when it is locked,
# so of several at once none is lost; a repeat changes nothing.
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
    """No message of the manager has that id, or not yet."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(reference)


def find_quoted(manager_id: int, contact_id: int, reference: str) -> str | None:
    """The id of the contact's message of that id, ours or the gateway's; None: none."""
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
        message = _lock(manager_id, reference)
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
    values = _names(manager_id, reference) | {"at": as_time(at or datetime.now(UTC))}
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, values)
        if not cursor.rowcount:
            _require(cursor, values, reference)


def react_to_message(manager_id: int, reference: str, sender: str, emoji: str) -> None:
    """Keeps the sender's one reaction to the message; an empty emoji withdraws it.

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
    """All rows that the message may be stored as, the first one first."""
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
    """The message whose text it is, for an edit: a caption that is a row of its own
    comes before its file."""
    values = _names(manager_id, reference)
    caption = values["references"].pop()
    values["references"].insert(0, caption)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, values)
        row = cursor.fetchone()
    locked = Message.objects.select_for_update(no_key=True)
    return locked.filter(pk=row[0]).first() if row else None


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
    cursor.execute(_FIRST, values)
    if cursor.fetchone() is None:
        raise UnknownMessageError(reference)
