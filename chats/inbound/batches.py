"""Processes batches of events of a partition: receipts together, others one by one.

A gateway sends up to three receipts per message, so most events are receipts. Receipts
of messages with a known gateway id are applied and marked as done in one statement. It
contains at most one receipt per message, so that the feed gets each status change.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from time import monotonic
from typing import Any

from django.db import connection

from chats.accounts.registry import WEBHOOKS, account_named
from chats.conversations.queries import as_uuid
from chats.gateways.events import Receipt
from chats.inbound import processing
from chats.inbound.handlers import WebhookAccount
from chats.inbound.processing import AccountFinder
from chats.inbound.queue import ClaimedEvent
from chats.messages.receipts import LIFT_NAMED, error_of
from hci_center.database.faults import (
    DEADLOCK,
    LOCK_TIMEOUT,
    describe,
    fault_of,
    is_lost,
)
from hci_center.logs.context import bound

logger = logging.getLogger(__name__)

# An event, its receipt if it can be processed in a batch, and the account it names.
Parsed = tuple[ClaimedEvent, Receipt | None, str]

# The maximum number of events of a partition that are claimed at once.
AT_ONCE = 20
# In seconds, half of the lease: events not started by then are released.
LONGEST = 30.0
# The number of immediate attempts for an event after deadlocks and lock timeouts.
TRIES_AT_ONCE = 3

# Subqueries hide the parameter values from the planner, so that PostgreSQL uses a
# generic plan instead of planning each execution. The statement skips receipts with an
# unknown gateway id, and those whose uuid belongs to another message.
_APPLY = f"""
WITH named AS MATERIALIZED (
  SELECT x.id, s.event, s.status, s.error
    FROM unnest((SELECT %(events)s::bigint[]), (SELECT %(references)s::text[]),
                (SELECT %(uuids)s::uuid[]), (SELECT %(statuses)s::text[]),
                (SELECT %(errors)s::text[])) AS s (event, reference, uuid, status, error)
   CROSS JOIN LATERAL (
     SELECT m.id FROM chats_message m
      WHERE m.manager_id = %(manager)s AND m.gateway_id = s.reference
        AND m.direction = 'out' AND (s.uuid IS NULL OR m.uuid = s.uuid)
      LIMIT 1) x
), {LIFT_NAMED}
UPDATE chats_inboundevent e SET state = 'done', note = '', lease_until = NULL
  FROM named n WHERE e.id = n.event AND e.state = 'waiting'
RETURNING e.id
"""  # noqa: S608 - of statuses

_RELEASE = """
UPDATE chats_inboundevent SET lease_until = NULL, attempts = attempts - 1
 WHERE id = ANY(%s) AND state = 'waiting'
"""

# Skips events that have been claimed again. The attempt of the first one still counts,
# because processing it may have caused the loss of the connection.
_GIVE_BACK = """
WITH mine AS (
  SELECT e.id FROM chats_inboundevent e
    JOIN unnest(%s::bigint[], %s::int[]) AS claimed (id, attempts) USING (id, attempts)
   WHERE e.state = 'waiting' ORDER BY e.id FOR UPDATE OF e
)
UPDATE chats_inboundevent e
   SET lease_until = NULL, attempts = e.attempts - (m.id > (SELECT min(id) FROM mine))::int
  FROM mine m WHERE e.id = m.id
"""


def process(claimed: Sequence[ClaimedEvent], is_stopping: Callable[[], bool]) -> None:
    """Processes claimed events of one partition, in order, until `is_stopping` is true.

    If some are slow, such as those with large files, the others are released before
    their lease expires. Raises database errors: the events that were not processed are
    claimed again when their lease has expired, or after `give_back`.
    """
    done, until = 0, monotonic() + LONGEST
    find = _finding_once()

    def is_over() -> bool:
        return is_stopping() or monotonic() > until

    for is_receipt, run in groupby(map(_parsed, claimed), lambda one: bool(one[1])):
        events = list(run)
        if is_over():
            break
        ended = _apply(events, find) if is_receipt else set()
        for event, _receipt, _name in events:
            if is_over():
                break
            if event.id not in ended:
                _process(event, find)
            done += 1
    if done < len(claimed):
        _release(claimed[done:])


def _finding_once() -> AccountFinder:
    """Returns a cached `account_of` for events of one partition, and so one account."""
    found: list[WebhookAccount] = []

    def find(event: ClaimedEvent) -> WebhookAccount:
        if not found:
            found.append(processing.account_of(event))
        return found[0]

    return find


def _release(claimed: Sequence[ClaimedEvent]) -> None:
    """Releases events that were not tried, without counting the attempt."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [[event.id for event in claimed]])


def give_back(claimed: Sequence[ClaimedEvent]) -> None:
    """Releases events after the connection was lost, before their lease expires."""
    values = [[event.id for event in claimed], [event.attempts for event in claimed]]
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values)


def _parsed(claimed: ClaimedEvent) -> Parsed:
    try:
        payload = json.loads(claimed.payload)
        events = WEBHOOKS[claimed.source].parse(payload)
    except Exception:  # noqa: BLE001 - parked where it is processed
        return claimed, None, ""
    match events:
        case [Receipt(external_ids=[_]) as receipt] if claimed.attempts <= 1:
            return claimed, receipt, account_named(claimed.source, payload)
    return claimed, None, ""


def _apply(events: Sequence[Parsed], find: AccountFinder) -> set[int]:
    """Applies receipts of known messages; returns the ids of the completed events.

    After an error, the remaining ones are left to be processed one by one.
    """
    ended: set[int] = set()
    try:
        account = find(events[0][0])
        for some in _rounds([one for one in events if account.is_named(one[2])]):
            ended |= _apply_round(account.manager_id, some)
    except processing.UnknownAccountError:
        return ended
    except Exception as error:
        if is_lost(error):
            raise
        logger.warning("%d receipts one by one: %s", len(events), describe(error))
    return ended


def _rounds(events: Sequence[Parsed]) -> Iterator[list[tuple[int, Receipt]]]:
    """Splits receipts, in order, into parts in which no message occurs twice."""
    part: dict[str, tuple[int, Receipt]] = {}
    for event, receipt, _name in events:
        if receipt is None or (receipt.uuid and as_uuid(receipt.uuid) is None):
            continue
        if receipt.external_ids[0] in part:
            yield list(part.values())
            part = {}
        part[receipt.external_ids[0]] = (event.id, receipt)
    if part:
        yield list(part.values())


def _apply_round(manager_id: int, receipts: list[tuple[int, Receipt]]) -> set[int]:
    values: dict[str, Any] = {
        "manager": manager_id,
        "events": [event_id for event_id, _ in receipts],
        "references": [one.external_ids[0] for _, one in receipts],
        "uuids": [as_uuid(one.uuid) if one.uuid else None for _, one in receipts],
        "statuses": [one.status for _, one in receipts],
        "errors": [error_of(one.status, one.error[:500]) for _, one in receipts],
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPLY, values)
        return {event_id for (event_id,) in cursor.fetchall()}


def _process(event: ClaimedEvent, find: AccountFinder) -> None:
    """Processes an event, retrying after deadlocks and lock timeouts."""
    with bound(event_id=event.id):
        for tries in range(1, TRIES_AT_ONCE + 1):
            try:
                processing.process(event, find)
                return
            except Exception as error:
                passes = fault_of(error) in (DEADLOCK, LOCK_TIMEOUT)
                if not passes or tries == TRIES_AT_ONCE:
                    raise
