"""Single-use tickets: issued by POST api/socket, redeemed by the first frame.

Stored as hashes in an unlogged table, which a crash may empty. Tickets are needed
because a browser cannot set a header on a websocket, and a key in the URL would end up
in logs.
"""

from __future__ import annotations

import hashlib
import secrets

from django.db import connection

from hci_center.callers import Caller
from hci_center.feed.async_database import Database
from hci_center.feed.identity import SocketIdentity

LASTS = 30

# Expired tickets are deleted whenever a new one is issued.
_ISSUE = """
WITH swept AS (DELETE FROM feed_ticket WHERE expires_at < now())
INSERT INTO feed_ticket (digest, credential, session, base, expires_at)
VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))
"""
# A ticket is void when the login session that it was issued to has ended.
_REDEEM = """
DELETE FROM feed_ticket t WHERE digest = %(digest)s
RETURNING credential, session, base,
  expires_at > clock_timestamp()
  AND (session = '' OR EXISTS (SELECT FROM django_session s
                                WHERE s.session_key = t.session
                                  AND s.expire_date > clock_timestamp()))
"""


def issue(caller: Caller, session: str, base: str) -> str:
    """Returns a ticket for this caller, valid for one socket within LASTS seconds.

    It becomes invalid when the login session `session` ends, "" for a key. Links in
    the events of the socket start with `base`.
    """
    ticket = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(
            _ISSUE, [_digest(ticket), caller.credential, session, base, LASTS]
        )
    return ticket


async def redeem(database: Database, ticket: str) -> SocketIdentity | None:
    """Uses up the ticket and returns its identity.

    None when it is unknown, used or expired, or when its login session has ended. Of
    several concurrent calls, one succeeds. Raises DatabaseAwayError.
    """
    rows = await database.rows(_REDEEM, {"digest": _digest(ticket)})
    if not rows or not rows[0][3]:
        return None
    credential, session, base, _ = rows[0]
    return SocketIdentity(credential, session, base)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()
