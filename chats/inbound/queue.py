"""What webhooks bring: stored as it came, worked through in order, or parked.

Working through a piece does no harm when it is done twice: a crash in the middle,
and senders who repeat themselves for days, cost nothing but time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.accounts.registry import WEBHOOKS, cloud_managers
from chats.gateways.events import Ignored, WebhookItem
from chats.gateways.whatsapp_cloud.webhook import BUSINESS_ACCOUNT
from chats.inbound import handlers
from chats.inbound.sent_messages import NotYetError
from chats.messages.changes import UnknownMessageError
from chats.models import InboundEvent
from hci_center.database.faults import fault_of
from hci_center.errors import UnavailableError
from managers.models import Manager

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
# How long news may wait for the end of a send that they may be of, in seconds.
LONGEST_WAIT = 120.0
# For a place to store files in, and how long between two tries.
LONGEST_STORAGE_WAIT = 86400.0
STORAGE_WAIT = 60.0
ASIDE = "~later"
# What is about a message that is not known yet waits beside that of few others.
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

# The first of each lane, by leaps through `events_waiting`.
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
  SELECT e.id FROM chats_inboundevent e JOIN firsts USING (id)
   WHERE e.state = 'waiting' AND e.next_at <= statement_timestamp()
     AND (e.lease_until IS NULL OR e.lease_until < statement_timestamp())
   LIMIT %(room)s FOR UPDATE OF e SKIP LOCKED
)
UPDATE chats_inboundevent e
   SET lease_until = statement_timestamp() + interval '60 seconds', attempts = e.attempts + 1
  FROM due WHERE e.id = due.id
RETURNING e.id, e.source, e.lane, e.payload, e.attempts,
          extract(epoch FROM statement_timestamp() - e.arrived_at)::float8
"""
_END = """
UPDATE chats_inboundevent
   SET state = %s, note = %s, lease_until = NULL
 WHERE id = %s AND state = 'waiting'
"""
_SET_ASIDE = """
UPDATE chats_inboundevent
   SET lane = %s, lease_until = NULL, attempts = 0,
       next_at = statement_timestamp() + make_interval(secs => %s)
 WHERE id = %s AND state = 'waiting'
"""
# How long pieces are kept, in days: those that were parked wait for somebody.
KEPT = {InboundEvent.State.DONE: 7, InboundEvent.State.PARKED: 30}
_FORGET = """
DELETE FROM chats_inboundevent WHERE id = ANY(ARRAY(
  SELECT id FROM chats_inboundevent
   WHERE state = %s AND arrived_at < statement_timestamp() - make_interval(days => %s)
   ORDER BY arrived_at LIMIT 1000))
"""


class UnknownAccountError(Exception):
    """The piece is about an account that none of our managers has."""


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """A piece that this worker holds."""

    id: int
    source: str
    lane: str
    payload: str
    attempts: int
    age: float


def store_pieces(
    source: str, raw: bytes, pieces: list[WebhookItem], lane: str | None = None
) -> None:
    """Keeps the pieces of a body before anything is made of them.

    Those of a body that came before are kept once, where bodies are told apart.
    """
    digest = hashlib.sha256(raw).hexdigest()
    # A WPPConnect body holds no time: two of the same words are two events.
    is_told_apart = source != InboundEvent.Source.WPPCONNECT
    lanes = [(piece.account if lane is None else lane)[:80] for piece in pieces]
    payloads = [piece.payload for piece in pieces]
    digests = [f"{digest}:{n}" if is_told_apart else None for n in range(len(pieces))]
    if pieces:
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [source, lanes, payloads, digests])


def claim(room: int, lane: tuple[str, str] | None = None) -> list[ClaimedEvent]:
    """Takes the first piece of up to `room` lanes, or of that one."""
    source, name = lane if lane is not None else (None, None)
    values = {"room": room, "source": source, "lane": name}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [ClaimedEvent(*row) for row in cursor.fetchall()]


def process(taken: ClaimedEvent) -> None:
    """Does what the piece asks for and writes how that ended.

    Raises the error of a fault of the database: the piece stays, and is taken again when its lease has run out. While files cannot be stored
    it waits aside, for a day.
    """
    if taken.attempts > MOST_ATTEMPTS:
        _end(taken, InboundEvent.State.PARKED, _("It was tried too often."))
        return
    try:
        note = _act(taken)
    except UnavailableError:
        if taken.age < LONGEST_STORAGE_WAIT:
            _defer(taken, wait=STORAGE_WAIT)
        else:
            _end(taken, InboundEvent.State.PARKED, _("Its file could not be stored."))
    except NotYetError:
        if taken.age < LONGEST_WAIT:
            _defer(taken)
        else:
            _end(taken, InboundEvent.State.PARKED, _("Its message never ended."))
    except UnknownMessageError as error:
        # Of a message from before us it would never be known: that is no fault.
        if taken.age < LONGEST_WAIT:
            _defer(taken, _bucket(error.reference))
        else:
            _end(taken, InboundEvent.State.DONE, _("Its message is not known."))
    except UnknownAccountError:
        _end(taken, InboundEvent.State.PARKED, _("No manager has this account."))
    except Exception as error:
        # A poison event must not block the others; a fault of the database may pass.
        if fault_of(error) is not None:
            raise
        logger.warning("inbound event %s parked: %s", taken.id, type(error).__name__)
        said = f"{type(error).__name__}: {error}"
        # What a database complains of repeats what it was given.
        is_of_shape = isinstance(error, LookupError | ValueError | TypeError)
        note = said if is_of_shape else type(error).__name__
        _end(taken, InboundEvent.State.PARKED, note)
    else:
        _end(taken, InboundEvent.State.DONE, note)


def retry(event_ids: list[int]) -> int:
    """Parked pieces wait again; answers how many do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chats_inboundevent SET state = 'waiting', attempts = 0, note = '',"
            " next_at = statement_timestamp(), arrived_at = statement_timestamp()"
            " WHERE id = ANY(%s) AND state = 'parked'",
            [event_ids],
        )
        count: int = cursor.rowcount
        cursor.execute("SELECT wake_delivery()")
    return count


def forget_old() -> None:
    """Removes pieces that were worked through, or parked, long ago."""
    with connection.cursor() as cursor:
        for state, days in KEPT.items():
            cursor.execute(_FORGET, [state.value, days])


def _act(taken: ClaimedEvent) -> str:
    """Answers a note for whoever reads the list."""
    payload = json.loads(taken.payload)
    events = WEBHOOKS[taken.source].parse(payload)
    unwanted = [event for event in events if isinstance(event, Ignored)]
    if len(unwanted) == len(events):
        # Whosever it is: nothing is made of it.
        return ", ".join(handlers.note_of(event) for event in unwanted)
    if taken.lane.startswith(BUSINESS_ACCOUNT):
        return _("No manager names this business account.")
    manager = _manager_of(taken)
    notes: list[str] = []
    unknown: UnknownMessageError | None = None
    for event in events:
        try:
            notes.append(handlers.handle_event(manager, taken.source, event))
        except UnknownMessageError as error:
            # What else the piece tells does not wait for it.
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return ", ".join(filter(None, notes))


def _manager_of(taken: ClaimedEvent) -> handlers.WebhookAccount:
    managers = Manager.objects.all()
    account = taken.lane.partition("~")[0]
    if taken.source == InboundEvent.Source.FACEBOOK:
        found = managers.filter(facebook_id=account or None)
    elif taken.source == InboundEvent.Source.WHATSAPP:
        found = managers.filter(pk=cloud_managers().get(account, 0))
    else:
        found = managers.filter(pk=int(account))
    row = found.values_list("id", "number", "facebook_id").first()
    if row is None:
        raise UnknownAccountError
    return handlers.WebhookAccount(*row)


def _defer(taken: ClaimedEvent, aside: str = ASIDE, wait: float = 1.0) -> None:
    """It waits in a lane of its own, and lets those behind it go."""
    lane = taken.lane.partition("~")[0][: 80 - len(aside)] + aside
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, [lane, wait, taken.id])


def _bucket(reference: str) -> str:
    return f"~{zlib.crc32(reference.encode()) % _BUCKETS}"


def _end(taken: ClaimedEvent, state: InboundEvent.State, note: str = "") -> None:
    # Text that an exception repeats may hold what a column cannot.
    note = note.replace("\x00", "").encode("utf-8", "replace").decode()[:500]
    if state == InboundEvent.State.PARKED:
        logger.error("inbound event %s of %s is parked", taken.id, taken.source)
    with connection.cursor() as cursor:
        cursor.execute(_END, [state.value, note, taken.id])
