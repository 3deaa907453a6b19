"""The queue of webhook events: stored as received, processed in order, or parked.

Processing is idempotent, because a crash or the sender can repeat an event.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chats.accounts.registry import WEBHOOKS, cloud_account
from chats.gateways.events import Ignored, WebhookItem
from chats.gateways.whatsapp_cloud.webhook import BUSINESS_ACCOUNT
from chats.inbound import handlers
from chats.inbound.sent_messages import NotYetError
from chats.messages.changes import UnknownMessageError
from chats.models import InboundEvent
from hci_center.database.faults import fault_of
from hci_center.errors import UnavailableError
from hci_center.limits import give_memory_back
from managers.models import Manager

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
# How long an event may wait for the result of a send that it may be about, in seconds.
LONGEST_WAIT = 120.0
# How long an event may wait for file storage, and between attempts, in seconds.
LONGEST_STORAGE_WAIT = 86400.0
STORAGE_WAIT = 60.0
# After an event with more characters, freed memory is returned to the system.
_LARGE = 2**20
ASIDE = "~later"
# The number of partitions per account in which events about unknown messages wait.
_BUCKETS = 64

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


class UnknownAccountError(Exception):
    """No manager has the account of the event."""


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that this worker has claimed; `age` is in seconds."""

    id: int
    source: str
    lane: str
    payload: str
    attempts: int
    age: float


AccountFinder = Callable[[ClaimedEvent], handlers.WebhookAccount]


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


def process(claimed: ClaimedEvent, find_account: AccountFinder | None = None) -> None:
    """Processes a claimed event and writes the result.

    `find_account` replaces `account_of`. While files cannot be stored, the event is
    deferred for up to a day. Raises database errors: the event is claimed again when
    its lease has expired.
    """
    if claimed.attempts > MOST_ATTEMPTS:
        _end(claimed, InboundEvent.State.PARKED, _("It was tried too often."))
        return
    try:
        note = _act(claimed, find_account or account_of)
        if len(claimed.payload) > _LARGE:
            give_memory_back()
    except UnavailableError:
        if claimed.age < LONGEST_STORAGE_WAIT:
            _defer(claimed, wait=STORAGE_WAIT)
        else:
            _end(claimed, InboundEvent.State.PARKED, _("Its file could not be stored."))
    except NotYetError:
        if claimed.age < LONGEST_WAIT:
            _defer(claimed)
        else:
            _end(claimed, InboundEvent.State.PARKED, _("Its message never ended."))
    except UnknownMessageError as error:
        # Messages from before the installation remain unknown, which is not an error.
        if claimed.age < LONGEST_WAIT:
            _defer(claimed, _bucket(error.reference))
        else:
            _end(claimed, InboundEvent.State.DONE, _("Its message is not known."))
    except UnknownAccountError:
        _end(claimed, InboundEvent.State.PARKED, _("No manager has this account."))
    except Exception as error:
        # A broken event must not block the others; a database error may be temporary.
        if fault_of(error) is not None:
            raise
        logger.warning("inbound event %s parked: %s", claimed.id, type(error).__name__)
        description = f"{type(error).__name__}: {error}"
        # Database errors may contain the values of a statement, so only the text of
        # parse errors is stored.
        is_parse_error = isinstance(error, LookupError | ValueError | TypeError)
        note = description if is_parse_error else type(error).__name__
        _end(claimed, InboundEvent.State.PARKED, note)
    else:
        _end(claimed, InboundEvent.State.DONE, note)


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


def _act(claimed: ClaimedEvent, find_account: AccountFinder) -> str:
    """Handles all events of the payload and returns a note for the admin list.

    Raises UnknownMessageError after all other events have been handled.
    """
    payload = json.loads(claimed.payload)
    events = WEBHOOKS[claimed.source].parse(payload)
    unwanted = [event for event in events if isinstance(event, Ignored)]
    if len(unwanted) == len(events):
        # No manager is needed: the event has no effect.
        return ", ".join(handlers.note_of(event) for event in unwanted)
    if claimed.lane.startswith(BUSINESS_ACCOUNT):
        return _("No manager names this business account.")
    account = find_account(claimed)
    notes: list[str] = []
    unknown: UnknownMessageError | None = None
    for event in events:
        try:
            notes.append(handlers.handle_event(account, claimed.source, event))
        except UnknownMessageError as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return ", ".join(filter(None, notes))


def account_of(claimed: ClaimedEvent) -> handlers.WebhookAccount:
    """Returns the account of an event; raises UnknownAccountError."""
    account = claimed.lane.partition("~")[0]
    if claimed.source == InboundEvent.Source.WHATSAPP:
        cloud = cloud_account(account)
        if cloud is None:
            raise UnknownAccountError
        return handlers.WebhookAccount(cloud.manager_id, cloud.number, cloud.page)
    if claimed.source == InboundEvent.Source.FACEBOOK:
        found = Manager.objects.filter(facebook_id=account or None)
    else:
        found = Manager.objects.filter(pk=int(account))
    row = found.values_list("id", "number", "facebook_id").first()
    if row is None:
        raise UnknownAccountError
    return handlers.WebhookAccount(*row)


def _defer(claimed: ClaimedEvent, aside: str = ASIDE, wait: float = 1.0) -> None:
    """Moves the event to a separate partition, so that it does not block later ones."""
    lane = claimed.lane.partition("~")[0][: 80 - len(aside)] + aside
    waiting = InboundEvent.objects.filter(
        pk=claimed.id, state=InboundEvent.State.WAITING
    )
    next_at = Now() + timedelta(seconds=wait)
    waiting.update(lane=lane, lease_until=None, attempts=0, next_at=next_at)


def _bucket(reference: str) -> str:
    return f"~{zlib.crc32(reference.encode()) % _BUCKETS}"


def _end(claimed: ClaimedEvent, state: InboundEvent.State, note: str = "") -> None:
    # The text of an exception may contain characters that PostgreSQL cannot store.
    note = note.replace("\x00", "").encode("utf-8", "replace").decode()[:500]
    if state == InboundEvent.State.PARKED:
        logger.error("inbound event %s of %s is parked", claimed.id, claimed.source)
    with connection.cursor() as cursor:
        cursor.execute(_END, [state.value, note, claimed.id])
