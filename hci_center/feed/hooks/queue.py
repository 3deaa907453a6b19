"""The queue of hooks: those that are due, their leases, and outcomes of POSTs.

Each function is one statement. A lease is taken on the row as read: it fails if another
process has sent meanwhile or a person has changed the hook (`fence`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hci_center.feed.async_database import Database

# Longer than a POST may take (posting.TOTAL), so that no other process sends before it
# has ended.
LEASE = 15.0
# The delays after failures in a row, in seconds; the last one is repeated.
DELAYS = (1, 5, 30, 120, 600, 1800, 3600)
# A hook is disabled after failing for this long, or when its receiver answers 410.
GIVES_UP_AFTER = "3 days"

_ON = """
SELECT h.id, h.key_id, h.url, h.secret,
       CASE WHEN h.old_secret_until > clock_timestamp() THEN h.old_secret ELSE '' END,
       h.kinds, h.cursor, h.epoch, h.failures, h.fence, n.seq, n.epoch,
       h.next_at <= clock_timestamp()
         AND (h.lease_until IS NULL OR h.lease_until <= clock_timestamp())
         AND (h.cursor, h.epoch) IS DISTINCT FROM (n.seq, n.epoch)
         AND k.revoked_at IS NULL
         AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
  FROM feed_hook h JOIN managers_apikey k ON k.id = h.key_id, change_head n
 WHERE h.state = 'on' ORDER BY h.next_at
"""
_LEASE = """
UPDATE feed_hook
   SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
       fence = fence + 1
 WHERE id = %(id)s AND fence = %(fence)s AND state = 'on'
   AND (lease_until IS NULL OR lease_until <= clock_timestamp())
RETURNING fence
"""
_ADVANCE = """
UPDATE feed_hook SET cursor = %(cursor)s
 WHERE id = %(id)s AND fence = %(fence)s
   AND (lease_until IS NULL OR lease_until <= clock_timestamp())
"""
_RECEIVED = """
UPDATE feed_hook
   SET cursor = %(cursor)s, epoch = %(epoch)s, failures = 0, failing_since = NULL,
       error = '', lease_until = NULL, tried_at = statement_timestamp(),
       sent_at = statement_timestamp(), next_at = statement_timestamp()
 WHERE id = %(id)s AND fence = %(fence)s
"""
_FAILED = f"""
UPDATE feed_hook h
   SET failures = failures + 1, error = %(error)s, lease_until = NULL,
       failing_since = coalesce(failing_since, statement_timestamp()),
       tried_at = statement_timestamp(),
       next_at = statement_timestamp() + make_interval(secs => %(delay)s),
       state = CASE WHEN o.is_over THEN 'off' ELSE h.state END,
       alarmed_at = CASE WHEN o.is_over THEN statement_timestamp() ELSE alarmed_at END
  FROM (SELECT id, %(gone)s OR coalesce(failing_since <= statement_timestamp()
                                 - interval '{GIVES_UP_AFTER}', false) AS is_over
          FROM feed_hook) o
 WHERE h.id = %(id)s AND o.id = h.id AND h.fence = %(fence)s
RETURNING o.is_over
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as it was read, and the feed's cursor and epoch at that time.

    The secrets are as stored: encrypted.
    """

    id: int
    key_id: int
    url: str
    secret: str
    old_secret: str
    kinds: list[str]
    cursor: int
    epoch: str
    failures: int
    fence: int
    last: int
    feed_epoch: str
    is_due: bool

    @property
    def credential(self) -> str:
        return f"key:{self.key_id}"


async def hooks_on(database: Database) -> list[Hook]:
    """Returns the active hooks, the longest waiting first."""
    return [Hook(*row) for row in await database.rows(_ON, {}, patience=0)]


async def lease(database: Database, hook: Hook) -> int | None:
    """Leases the hook as it was read; returns its new fence, or None."""
    values = {"id": hook.id, "fence": hook.fence, "lease": LEASE}
    rows = await database.rows(_LEASE, values, patience=0)
    return rows[0][0] if rows else None


async def advance(database: Database, hook: Hook, cursor: int) -> None:
    """Advances the cursor over changes that are not for the hook."""
    values = {"id": hook.id, "fence": hook.fence, "cursor": cursor}
    await database.rows(_ADVANCE, values)


async def settle_received(
    database: Database, hook_id: int, fence: int, cursor: int, epoch: str
) -> None:
    """Stores that the receiver has received everything up to this cursor."""
    values = {"id": hook_id, "fence": fence, "cursor": cursor, "epoch": epoch}
    await database.rows(_RECEIVED, values)


async def settle_failed(
    database: Database, hook: Hook, fence: int, error: str, *, gone: bool
) -> bool:
    """Stores a failed attempt; returns whether the hook is switched off for it."""
    values = {
        "id": hook.id,
        "fence": fence,
        "error": error[:64],
        "delay": DELAYS[min(hook.failures, len(DELAYS) - 1)],
        "gone": gone,
    }
    rows = await database.rows(_FAILED, values)
    return bool(rows and rows[0][0])


def due(hooks: list[Hook], left_out: Collection[int]) -> list[Hook]:
    """Returns the hooks that are due now."""
    return [hook for hook in hooks if hook.is_due and hook.id not in left_out]
