"""Single-use tickets: what POST api/socket gives and the first frame brings.

Kept by their hash in a table that a crash may empty. A browser cannot set a header on
a socket, and a key in the address would end up in logs.
"""

from __future__ import annotations

import hashlib
import secrets

from django.db import connection

from hci_center.callers import Caller
from hci_center.feed.async_database import Database
from hci_center.feed.identity import SocketIdentity

LASTS = 30

# The few that nobody came for are swept out by whoever asks next.
_ISSUE = """
WITH swept AS (DELETE FROM feed_ticket WHERE expires_at < now())
INSERT INTO feed_ticket (digest, credential, session, base, expires_at)
VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))
"""
# Whoever signs out takes his tickets along.
_REDEEM = """
DELETE FROM feed_ticket t WHERE digest = %(digest)s
RETURNING credential, session, base,
  expires_at > clock_timestamp()
  AND (session = '' OR EXISTS (SELECT FROM django_session s
                                WHERE s.session_key = t.session
                                  AND s.expire_date > clock_timestamp()))
"""


def issue(caller: Caller, session: str, base: str) -> str:
    """A ticket for this caller, good for one socket within LASTS seconds.

    It dies with the session behind it, "" for a key. Links in what the socket hears
    lead to `base`.
    """
    ticket = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(
            _ISSUE, [_digest(ticket), caller.credential, session, base, LASTS]
        )
    return ticket


async def redeem(database: Database, ticket: str) -> SocketIdentity | None:
    """Whose ticket it was; None when it is unknown, used, too old or of a session that
    has ended. Of any number that bring it at once, one gets it. Raises
    DatabaseAwayError."""
    rows = await database.rows(_REDEEM, {"digest": _digest(ticket)})
    if not rows or not rows[0][3]:
        return None
    credential, session, base, _ = rows[0]
    return SocketIdentity(credential, session, base)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()
