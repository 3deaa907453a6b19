"""The queue of webhook events: stored as received, processed in order, or parked."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from chats.gateways.events import WebhookItem
from chats.models import InboundEvent

logger = logging.getLogger(__name__)

# The end of the name of the partition of events that wait.
ASIDE = "~later"

_STORE = """
INSERT INTO chats_inboundevent
       (source, lane, payload, digest, state, note, attempts, next_at, arrived_at)
SELECT %s, lane, payload, digest, 'waiting', '', 0, statement_timestamp(), statement_timestamp()
  FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
       AS piece (lane, payload, digest, place)
 ORDER BY place
ON CONFLICT DO NOTHING
"""

# Claims the first event of each partition (`lane`), by a skip scan of `events_waiting`,
# and those after it unless they have been tried: failed events are claimed alone. The
# lock on the first event protects the partition.
_CLAIM = """
WITH RECURSIVE lanes AS (
  (SELECT source, lane FROM chats_inboundevent WHERE state = 'waiting'
    ORDER BY source, lane LIMIT 1)
  UNION ALL
  SELECT n.source, n.lane FROM lanes l CROSS JOIN LATERAL (
    SELECT e.source, e.lane FROM chats_inboundevent e
     WHERE e.state = 'waiting' AND (e.source, e.lane) > (l.source, l.lane)
     ORDER BY e.source, e.lane LIMIT 1) n
), firsts AS (
  SELECT f.id FROM lanes l CROSS JOIN LATERAL (
    SELECT e.id FROM chats_inboundevent e
     WHERE e.state = 'waiting' AND e.source = l.source AND e.lane = l.lane
     ORDER BY e.id LIMIT 1) f
   WHERE (%(source)s::text IS NULL OR (l.source, l.lane) = (%(source)s, %(lane)s))
), due AS (
  SELECT e.id, e.source, e.lane, e.attempts FROM chats_inboundevent e JOIN firsts USING (id)
   WHERE e.state = 'waiting' AND e.next_at <= statement_timestamp()
     AND (e.lease_until IS NULL OR e.lease_until < statement_timestamp())
   LIMIT %(room)s FOR UPDATE OF e SKIP LOCKED
), taken AS (
  SELECT id FROM due
  UNION ALL
  SELECT f.id FROM due CROSS JOIN LATERAL (
    SELECT e.id, bool_and(e.attempts = 0 AND e.next_at <= statement_timestamp())
                   OVER (ORDER BY e.id) AS is_fresh
      FROM chats_inboundevent e
     WHERE e.state = 'waiting' AND e.source = due.source AND e.lane = due.lane
       AND e.id > due.id
     ORDER BY e.id LIMIT %(more)s) f
   WHERE due.attempts = 0 AND f.is_fresh
)
UPDATE chats_inboundevent e
   SET lease_until = statement_timestamp() + interval '60 seconds', attempts = e.attempts + 1
  FROM taken WHERE e.id = taken.id AND e.state = 'waiting'
RETURNING e.id, e.source, e.lane, e.payload, e.attempts,
          extract(epoch FROM statement_timestamp() - e.arrived_at)::float8
"""
_END = """
UPDATE chats_inboundevent
   SET state = %s, note = %s, lease_until = NULL
 WHERE id = %s AND state = 'waiting'
"""
# How long events are kept, in days; longer if parked, because people must check them.
KEPT = {InboundEvent.State.DONE: 7, InboundEvent.State.PARKED: 30}
FORGOTTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that this worker has claimed; `age` is in seconds."""

    id: int
    source: str
    lane: str
    payload: str
    attempts: int
    age: float


def store_pieces(
    source: str, raw: bytes, pieces: list[WebhookItem], lane: str | None = None
) -> None:
    """Stores the events of a webhook body in the queue.

    A repeated body is stored only once, except from WPPConnect. `lane` is the partition
    of all events; the default is each event's account.
    """
    digest = hashlib.sha256(raw).hexdigest()
    # A WPPConnect body has no timestamp: two equal bodies may be two events.
    has_digest = source != InboundEvent.Source.WPPCONNECT
    lanes = [(piece.account if lane is None else lane)[:80] for piece in pieces]
    payloads = [piece.payload for piece in pieces]
    digests = [f"{digest}:{n}" if has_digest else None for n in range(len(pieces))]
    if pieces:
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [source, lanes, payloads, digests])


def claim(
    room: int, lane: tuple[str, str] | None = None, each: int = 1
) -> list[list[ClaimedEvent]]:
    """Claims up to `each` events of up to `room` partitions, or of the given one.

    `lane` is a partition's source and name. Returns one list of events per partition.
    """
    source, name = lane if lane is not None else (None, None)
    values = {"room": room, "source": source, "lane": name, "more": each - 1}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = [ClaimedEvent(*row) for row in cursor.fetchall()]
    claimed: dict[tuple[str, str], list[ClaimedEvent]] = {}
    for event in sorted(rows, key=lambda row: row.id):
        claimed.setdefault((event.source, event.lane), []).append(event)
    return list(claimed.values())


def defer(claimed: ClaimedEvent, aside: str = ASIDE, wait: float = 1.0) -> None:
    """Moves the event to a separate partition, so that it does not block later ones."""
    lane = claimed.lane.partition("~")[0][: 80 - len(aside)] + aside
    waiting = InboundEvent.objects.filter(
        pk=claimed.id, state=InboundEvent.State.WAITING
    )
    next_at = Now() + timedelta(seconds=wait)
    waiting.update(lane=lane, lease_until=None, attempts=0, next_at=next_at)


def end(claimed: ClaimedEvent, state: InboundEvent.State, note: str = "") -> None:
    """Writes the result of a claimed event."""
    # The text of an exception may contain characters that PostgreSQL cannot store.
    note = note.replace("\x00", "").encode("utf-8", "replace").decode()[:500]
    if state == InboundEvent.State.PARKED:
        logger.error("inbound event %s of %s is parked", claimed.id, claimed.source)
    with connection.cursor() as cursor:
        cursor.execute(_END, [state.value, note, claimed.id])


def retry(event_ids: list[int]) -> int:
    """Queues parked events again and returns their number."""
    parked = InboundEvent.objects.filter(
        pk__in=event_ids, state=InboundEvent.State.PARKED
    )
    with transaction.atomic(), connection.cursor() as cursor:
        count = parked.update(
            state=InboundEvent.State.WAITING,
            attempts=0,
            note="",
            next_at=Now(),
            arrived_at=Now(),
        )
        cursor.execute("SELECT wake_delivery()")
    return count


def forget_old() -> None:
    """Deletes old events that were processed or parked."""
    for state, days in KEPT.items():
        old = InboundEvent.objects.filter(
            state=state, arrived_at__lt=Now() - timedelta(days=days)
        )
        oldest = old.order_by("arrived_at").values("pk")[:FORGOTTEN_AT_ONCE]
        InboundEvent.objects.filter(pk__in=oldest).delete()
