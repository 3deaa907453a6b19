"""A minimal loop of psycopg and requests that does the same work.

Claims one due message, the oldest of its contact, with a lease; posts it; stores the
outcome. No pauses, retries, ids or fences: `python bare.py URL DSN`.
"""

from __future__ import annotations

import sys

import psycopg
import requests

CLAIM = """
WITH c AS (
  SELECT d.message_id FROM chats_delivery d
   WHERE d.done_at IS NULL AND d.next_at <= now()
     AND (d.lease_until IS NULL OR d.lease_until < now())
     AND NOT EXISTS (SELECT FROM chats_delivery p WHERE p.contact_id = d.contact_id
                        AND p.message_id < d.message_id AND p.done_at IS NULL)
   ORDER BY d.next_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
UPDATE chats_delivery u SET lease_until = now() + interval '60 s'
  FROM c, chats_message m, contacts_contact k
 WHERE u.message_id = c.message_id AND m.id = c.message_id AND k.id = u.contact_id
RETURNING u.message_id, m.uuid::text, m.content, k.external_id
"""
SENT = "UPDATE chats_message SET status = 'sent', gateway_id = %s WHERE id = %s"
DONE = "UPDATE chats_delivery SET done_at = now() WHERE message_id = %s"


def main(url: str, dsn: str) -> None:
    session = requests.Session()
    session.trust_env = False
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as database:
        while True:
            row = database.execute(CLAIM).fetchone()
            if row is None:
                return
            message, uuid, content, to = row
            body = {"messageId": uuid, "contactNumber": int(to), "content2": content}
            answer = session.post(f"{url}/send/text", json=body, timeout=(3, 30))
            name = answer.json()["data"]["messageId"]
            with database.transaction():
                database.execute(SENT, [name, message])
                database.execute(DONE, [message])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
