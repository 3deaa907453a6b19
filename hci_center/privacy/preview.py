"""Counts the rows that an erasure would change, before it is confirmed."""

from __future__ import annotations

from django.db import connection

from contacts.models import Contact
from hci_center.privacy.erasing_rows import Counts

# Raw events and the feed are searched by text, which only the worker does.
_COUNTS = """
WITH mine AS (SELECT id FROM chats_chat WHERE contact_id = ANY(%(contacts)s)),
     said AS (SELECT m.id FROM chats_message m JOIN mine ON mine.id = m.chat_id)
SELECT 'closed', count(*) FROM chats_chat
 WHERE contact_id = ANY(%(contacts)s) AND closed_at IS NULL
 UNION ALL SELECT 'messages', count(*) FROM said
 UNION ALL SELECT 'files', (SELECT count(*) FROM said JOIN chats_attachment a
                             ON a.message_id = said.id)
         + (SELECT count(*) FROM chats_portrait WHERE contact_id = ANY(%(contacts)s))
 UNION ALL SELECT 'versions', count(*) FROM said JOIN chats_messageversion v
                             ON v.message_id = said.id
 UNION ALL SELECT 'notes', count(*) FROM chats_note n JOIN mine ON mine.id = n.chat_id
 UNION ALL SELECT 'deliveries', count(*) FROM said JOIN chats_delivery d
                             ON d.message_id = said.id
 UNION ALL SELECT 'scheduled', count(*) FROM chats_scheduled
                             WHERE contact_id = ANY(%(contacts)s)
 UNION ALL SELECT 'ids', count(*) FROM contacts_identity
                             WHERE contact_id = ANY(%(contacts)s)
 UNION ALL SELECT 'tags', count(*) FROM contacts_tagging
                             WHERE contact_id = ANY(%(contacts)s)
 UNION ALL SELECT 'comments', count(*) FROM chats_survey
                             WHERE contact_id = ANY(%(contacts)s) AND comment <> ''
"""


def counts_of(contacts: list[Contact]) -> Counts:
    """Returns how many rows of each kind the contacts have."""
    ids = [contact.pk for contact in contacts]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"contacts": ids})
        found = dict(cursor.fetchall())
    return {"contacts": len(ids), **found}
