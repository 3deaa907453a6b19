"""Reads the data about a person, for the dossier."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

from chats.inbox.seals import names_in
from contacts.models import Contact
from hci_center.privacy.raw_events import pattern_of
from hci_center.times import as_time
from managers.models import Manager

_CHATS = """
SELECT id, protocol, opened_at, closed_at, reason FROM chats_chat
 WHERE contact_id = %(of)s ORDER BY id
"""
_LINES = """
SELECT e.kind, e.at, a.name AS area, o.name AS operator, e.cause
  FROM chats_chatevent e
  LEFT JOIN areas_area a ON a.id = e.area_id
  LEFT JOIN areas_operator o ON o.id = e.operator_id
 WHERE e.chat_id = %(of)s ORDER BY e.id
"""
_MESSAGES = """
SELECT m.id AS row, m.uuid::text AS id, m.created_at AS "createdAt",
       m.stored_at AS "storedAt", m.direction, m.sender AS "from", m.auto, m.type,
       m.content, m.url, m.status, m.error, m.details,
       a.uuid AS file_uuid, a.file AS file_name, a.mime,
       ARRAY(SELECT v.text FROM chats_messageversion v WHERE v.message_id = m.id
              ORDER BY v.written_at) AS "earlierTexts"
  FROM chats_message m LEFT JOIN chats_attachment a ON a.message_id = m.id
 WHERE m.chat_id = %(of)s ORDER BY m.chat_id, m.id
"""
_RATINGS = """
SELECT state, asked_at AS "askedAt", rating, comment, answered_at AS "answeredAt"
  FROM chats_survey WHERE chat_id = %(of)s
"""
_NOTES = """
SELECT h.protocol, n.created_at AS "createdAt", coalesce(o.name, '') AS operator, n.text
  FROM chats_note n JOIN chats_chat h ON h.id = n.chat_id
  LEFT JOIN areas_operator o ON o.id = n.author_id
 WHERE h.contact_id = %(of)s ORDER BY n.id
"""
_DELIVERIES = """
SELECT m.uuid::text AS message, d.channel, d.template, d.queued_at AS "queuedAt",
       d.sent_at AS "sentAt", d.delivered_at AS "deliveredAt", d.read_at AS "readAt",
       d.failed_at AS "failedAt", d.failed_code AS "failedCode"
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
  JOIN chats_chat h ON h.id = m.chat_id
 WHERE h.contact_id = %(of)s ORDER BY m.id
"""
_SCHEDULED = """
SELECT text, template, send_at AS "sendAt", state FROM chats_scheduled
 WHERE contact_id = %(of)s ORDER BY id
"""
_IDENTITIES = """
SELECT channel, alias FROM contacts_identity WHERE contact_id = %(of)s ORDER BY alias
"""
_TAGS = """
SELECT t.name FROM contacts_tagging x JOIN contacts_tag t ON t.id = x.tag_id
 WHERE x.contact_id = %(of)s ORDER BY t.name
"""
_RAW = """
SELECT source, arrived_at AS "arrivedAt", payload FROM chats_inboundevent
 WHERE payload ~ %(pattern)s AND source IN ('evolution', 'wppconnect')
   AND split_part(lane, '~', 1) = %(manager)s::text
    OR payload ~ %(pattern)s AND source = 'facebook'
   AND split_part(lane, '~', 1) = %(page)s::text
 ORDER BY id
"""

_JSON = ("details", "template")

Row = dict[str, Any]


def contact_of(contact: Contact) -> Row:
    """Returns the columns of the contact with its ids, tags and notes."""
    columns = {
        field.name: _plain(getattr(contact, field.attname))
        for field in Contact._meta.concrete_fields
        if field.name not in ("id", "manager")
    }
    columns["area"] = contact.area.name if contact.area else ""
    columns["operator"] = contact.operator.name if contact.operator else ""
    return {
        **columns,
        "identities": rows(_IDENTITIES, contact.pk),
        "consents": _consents(contact),
        "tags": [each["name"] for each in rows(_TAGS, contact.pk)],
        "notes": rows(_NOTES, contact.pk),
        "scheduled": rows(_SCHEDULED, contact.pk),
    }


def _consents(contact: Contact) -> list[Row]:
    consents: Any = getattr(contact, "consents", None)
    found = [] if consents is None else consents.order_by("pk").values()
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def chats_of(contact: Contact) -> list[Row]:
    """Returns the contact's chats with their ledger, messages and ratings.

    Messages keep `file_uuid` and `file_name` of their stored files.
    """
    found = rows(_CHATS, contact.pk)
    for chat in found:
        chat_id = chat.pop("id")
        names = names_in(chat_id)
        chat["lines"] = rows(_LINES, chat_id)
        chat["messages"] = rows(_MESSAGES, chat_id)
        for message in chat["messages"]:
            del message["row"]
            # By the name that the customer saw, never by number.
            sender = message.pop("from")
            is_theirs = message["direction"] == "in"
            message["from"] = names.contact if is_theirs else names.of(sender)
            message["details"] = message["details"] or {}
        chat["ratings"] = rows(_RATINGS, chat_id)
    return found


def deliveries_of(contact: Contact) -> list[Row]:
    return rows(_DELIVERIES, contact.pk)


def raw_of(manager: Manager, aliases: list[str]) -> list[Row]:
    """Returns the manager's raw events that contain an id of the person."""
    pattern = pattern_of(aliases)
    if pattern is None:
        return []
    return _rows(
        _RAW,
        {"pattern": pattern, "manager": str(manager.pk), "page": manager.facebook_id},
    )


def rows(statement: str, of: int) -> list[Row]:
    return _rows(statement, {"of": of})


def _rows(statement: str, values: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [
            {name: _read(name, value) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]


def _read(name: str, value: Any) -> Any:
    """Returns the value of a column; jsonb values are text."""
    if name in _JSON and isinstance(value, str):
        return json.loads(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Returns a time in the API's format, anything else unchanged."""
    return as_time(value) if isinstance(value, datetime) else value
