"""The statements that erase the rows of one person, by table.

The remaining rows identify nobody: the ledger, chats with their protocols, ratings
without comments, types and times of messages. So report figures do not change.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import connection

NAME, TEXT = "Pessoa apagada", "[apagado]"

_ANONYMISE = """
UPDATE contacts_contact
   SET name = %(name)s, external_id = %(id)s, phone = NULL, photo = '', area_id = NULL,
       operator_id = NULL, unread = 0, waiting_since = NULL, queued_at = NULL,
       last_in_at = NULL, away_until = NULL,
       deleted_at = coalesce(deleted_at, clock_timestamp())
 WHERE id = %(contact)s
"""
# Deleted rows of a contact, by the kind that a certificate lists.
_OF_CONTACT = (
    ("ids", "contacts_identity", "contact_id"),
    ("tags", "contacts_tagging", "contact_id"),
    ("consents", "contacts_consent", "contact_id"),
    ("scheduled", "chats_scheduled", "contact_id"),
    ("searchIndex", "contacts_searchname", "contact_id"),
    ("searchIndex", "chats_word", "contact_id"),
    ("lookups", "chats_profilefetch", "contact_id"),
    ("tasks", "chats_task", "contact_id"),
)
_SURVEYS = """
UPDATE chats_survey
   SET comment = '', comment_until = NULL,
       state = CASE WHEN state = 'asked' THEN 'void' ELSE state END
 WHERE contact_id = %(contact)s
   AND (comment <> '' OR comment_until IS NOT NULL OR state = 'asked')
"""
# Sender names that are not operators may be ids of the customer.
_SEALS = """
UPDATE chats_transcriptseal s
   SET contact_name = %(name)s, people = s.people - %(aliases)s::text[]
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND s.chat_id = h.id
"""
_NOTES = """
DELETE FROM chats_note n USING chats_chat h
 WHERE h.contact_id = %(contact)s AND n.chat_id = h.id
"""
# Digests of the earlier system's ids and columns. The rows stay, because an imported
# contact does not count as a new one in any figure.
_IMPORTED = """
UPDATE import_ref r
   SET key = 'apagado-' || r.id, digest = '', columns = '{}', protocol = ''
 WHERE r.digest <> ''
   AND (r."table" = 'contacts_contact' AND r.row_id = %(contact)s
        OR r."table" = 'chats_chat'
           AND r.row_id IN (SELECT h.id FROM chats_chat h WHERE h.contact_id = %(contact)s))
"""
_HOLDS = "UPDATE privacy_hold SET reference = '' WHERE contact_id = %(contact)s"
_LOG = """
UPDATE django_admin_log l SET object_repr = '#' || l.object_id
  FROM django_content_type t
 WHERE t.id = l.content_type_id AND l.object_repr <> '#' || l.object_id
   AND (t.app_label, t.model) = (%(app)s, %(model)s)
   AND l.object_id = ANY(%(ids)s::text[])
"""

_BATCH = """
SELECT m.id FROM chats_message m WHERE m.chat_id = %(chat)s AND m.id > %(after)s
 ORDER BY m.chat_id, m.id LIMIT %(most)s
"""
# A worker that has leased a delivery can no longer write its result.
_DELIVERIES = """
UPDATE chats_delivery
   SET template = NULL, choices = NULL, token = '', lease_until = NULL,
       fence = fence + CASE WHEN done_at IS NULL THEN 1 ELSE 0 END,
       failed_at = CASE WHEN done_at IS NULL THEN clock_timestamp() ELSE failed_at END,
       failed_code = CASE WHEN done_at IS NULL THEN 'erased' ELSE failed_code END,
       done_at = coalesce(done_at, clock_timestamp())
 WHERE message_id = ANY(%(messages)s)
"""
_PARKED = """
DELETE FROM chats_parkedreceipt p
 USING chats_message m
 WHERE m.id = ANY(%(messages)s) AND p.manager_id = m.manager_id
   AND (p.reference = m.gateway_id
        OR p.reference IN (SELECT x.gateway_id FROM chats_messagepart x
                            WHERE x.message_id = m.id))
"""
# Deleted rows of messages. Copies of pictures are deleted with their attachments.
_OF_MESSAGES = (
    ("downloads", "chats_mediafetch"),
    ("versions", "chats_messageversion"),
    ("searchIndex", "chats_word"),
    ("gatewayIds", "chats_messagepart"),
)
_FILES = """
DELETE FROM chats_picturecopy c USING chats_attachment a
 WHERE a.message_id = ANY(%(messages)s) AND c.attachment_id = a.id
RETURNING c.uuid, c.file
"""
_ATTACHMENTS = """
DELETE FROM chats_attachment a WHERE a.message_id = ANY(%(messages)s)
RETURNING a.uuid, a.file
"""
_CONVERTED = """
DELETE FROM chats_convertedfile f WHERE f.message_id = ANY(%(messages)s)
RETURNING f.uuid, f.file
"""
_PORTRAITS = """
DELETE FROM chats_portrait p WHERE p.contact_id = %(contact)s RETURNING p.uuid, p.file
"""
_KNOWN_FILES = """
SELECT a.uuid, a.file FROM chats_attachment a WHERE a.message_id = ANY(%(messages)s)
 UNION ALL
SELECT c.uuid, c.file FROM chats_picturecopy c
  JOIN chats_attachment a ON a.id = c.attachment_id
 WHERE a.message_id = ANY(%(messages)s)
 UNION ALL
SELECT f.uuid, f.file FROM chats_convertedfile f WHERE f.message_id = ANY(%(messages)s)
"""
_MESSAGES = """
UPDATE chats_message
   SET content = %(text)s, url = '', error = '', gateway_id = NULL, details = NULL,
       sender = CASE WHEN sender = ANY(%(aliases)s::text[]) THEN '' ELSE sender END,
       status = CASE WHEN direction = 'out' AND status = 'wait' THEN 'failed'
                     ELSE status END
 WHERE id = ANY(%(messages)s)
"""

Counts = dict[str, int]
# A stored file with the uuid of its row; files of quick replies have other names.
FoundFile = tuple[Any, str]


def disable_capture() -> None:
    """Disables capture by the feed in the transaction, and allows deleting notes.

    Clients have already removed everything with the contact.
    """
    _execute("SELECT set_config('hci.capture', 'off', true)")
    _execute("SELECT set_config('hci.erasing', 'on', true)")


def anonymise(contact_id: int) -> None:
    """Anonymizes the locked contact and marks it as deleted."""
    values = {"name": NAME, "id": f"apagado-{secrets.token_hex(6)}"}
    _execute(_ANONYMISE, {"contact": contact_id, **values})


def erase_related_rows(contact_id: int, aliases: Sequence[str]) -> Counts:
    """Erases the contact's other rows, except messages and files."""
    counts: Counts = {}
    values = {"contact": contact_id, "aliases": list(aliases), "name": NAME}
    tables = {model._meta.db_table for model in apps.get_models()}
    for kind, table, column in _OF_CONTACT:
        if table not in tables:
            continue
        count(counts, kind, _execute(_delete(table, column, "%(contact)s"), values))
    count(counts, "comments", _execute(_SURVEYS, values))
    count(counts, "names", _execute(_SEALS, values))
    count(counts, "notes", _execute(_NOTES, values))
    count(counts, "imported", _execute(_IMPORTED, values))
    _execute(_HOLDS, values)
    count(counts, "adminLog", erase_from_log("contacts", "contact", [contact_id]))
    return counts


def erase_from_log(app: str, model: str, ids: Sequence[int]) -> int:
    """Replaces names of rows in Django's admin log by their ids."""
    values = {"app": app, "model": model, "ids": [str(each) for each in ids]}
    return _execute(_LOG, values)


def batch(chat_id: int, after: int, most: int) -> list[int]:
    """Returns the next messages of a chat."""
    values = {"chat": chat_id, "after": after, "most": most}
    return [row[0] for row in _rows(_BATCH, values)]


def files_of(message_ids: list[int]) -> list[FoundFile]:
    return [(row[0], row[1]) for row in _rows(_KNOWN_FILES, {"messages": message_ids})]


def erase_messages(
    message_ids: list[int], aliases: Sequence[str]
) -> tuple[Counts, list[FoundFile]]:
    """Erases the messages' contents; returns the files whose rows it deleted."""
    counts: Counts = {}
    values = {"messages": message_ids, "aliases": list(aliases), "text": TEXT}
    count(counts, "receipts", _execute(_PARKED, values))
    for kind, table in _OF_MESSAGES:
        deletion = _delete(table, "message_id", "ANY(%(messages)s)")
        count(counts, kind, _execute(deletion, values))
    files = delete_files(message_ids)
    count(counts, "files", len(files))
    count(counts, "deliveries", _execute(_DELIVERIES, values))
    count(counts, "messages", _execute(_MESSAGES, values))
    erase_from_log("chats", "message", message_ids)
    return counts, files


def delete_files(message_ids: list[int]) -> list[FoundFile]:
    """Deletes the rows of the messages' files; returns the files."""
    return [
        (row[0], row[1])
        for statement in (_FILES, _ATTACHMENTS, _CONVERTED)
        for row in _rows(statement, {"messages": message_ids})
    ]


def portrait_of(contact_id: int) -> list[FoundFile]:
    statement = "SELECT uuid, file FROM chats_portrait WHERE contact_id = %(contact)s"
    return [(row[0], row[1]) for row in _rows(statement, {"contact": contact_id})]


def erase_portrait(contact_id: int) -> list[FoundFile]:
    """Deletes the row of the contact's picture; returns its file."""
    return [(row[0], row[1]) for row in _rows(_PORTRAITS, {"contact": contact_id})]


def count(counts: Counts, kind: str, n: int) -> None:
    if n:
        counts[kind] = counts.get(kind, 0) + n


def _delete(table: str, column: str, wanted: str) -> str:
    return f"DELETE FROM {table} WHERE {column} = {wanted}"  # noqa: S608 - of constants


def _execute(statement: str, values: dict[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
