"""Stores the results of attempts: sent, failed, or a scheduled retry.

This module does not call gateways. A result is written only while the fence of its
delivery is current: if two workers claim a message in turn, only the later one writes.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chats.accounts import pauses
from chats.delivery.queue import Job, Unreadable
from chats.gateways.base import Accepted, Failed, Outcome, Rejected
from chats.messages.receipts import apply_parked, lock_reference, report_status
from chats.models import Delivery, Message, MessagePart
from contacts.aliases import name_address

logger = logging.getLogger(__name__)

# The wait before each retry, in seconds; after the last retry the message fails.
SCHEDULE = (2.0, 10.0, 30.0, 120.0, 300.0, 900.0)
JITTER = 0.2
# How long to wait for events about a message that may have been sent, in seconds.
DOUBT = 60.0
# Codes of failures not reported by a gateway: an internal error, or a day of waiting.
BROKEN, EXPIRED = "broken", "expired"
UNREADABLE_TRIES = 3

# Locks the message before its delivery, in the same order as receipts. Nothing is
# written if the fence has changed or a receipt has already completed the delivery.
_UNDER_FENCE = """EXISTS (SELECT FROM chats_delivery d
   WHERE d.message_id = m.id AND d.fence = %(fence)s AND d.done_at IS NULL)"""
_DONE = """
UPDATE chats_delivery d
   SET done_at = statement_timestamp(), token = '', in_flight = false, lease_until = NULL,
       doubt_until = NULL, {outcome}
  FROM written WHERE d.message_id = written.id AND d.fence = %(fence)s
"""
_ACCEPT = f"""
WITH written AS (
  UPDATE chats_message m SET status = %(status)s, error = %(note)s, gateway_id = %(gateway)s
   WHERE m.id = %(message)s AND {_UNDER_FENCE}
  RETURNING m.id)
{_DONE.format(outcome="sent_at = coalesce(d.sent_at, statement_timestamp())")}
"""  # noqa: S608 - of a condition
_FAIL = f"""
WITH written AS (
  UPDATE chats_message m SET status = 'failed', error = %(error)s
   WHERE m.id = %(message)s AND m.status IN ('wait', 'sent') AND {_UNDER_FENCE}
  RETURNING m.id)
{_DONE.format(outcome="failed_at = statement_timestamp(), failed_code = %(code)s")}
"""  # noqa: S608 - of a condition
_LATER = """
UPDATE chats_delivery
   SET next_at = statement_timestamp() + make_interval(secs => %(wait)s), failures = %(failures)s,
       doubt_until = CASE WHEN %(doubt)s
                          THEN statement_timestamp() + make_interval(secs => %(wait)s) END,
       in_flight = false, lease_until = NULL
 WHERE message_id = %(message)s AND fence = %(fence)s AND done_at IS NULL
"""
# Restores `in_flight` as before the claim, because nothing was sent.
_UNREADABLE = """
UPDATE chats_delivery
   SET next_at = statement_timestamp() + make_interval(secs => %(wait)s),
       failures = %(failures)s, in_flight = %(in_flight)s, lease_until = NULL
 WHERE message_id = %(message)s AND fence = %(fence)s AND done_at IS NULL
"""
_KNOWN_ELSEWHERE = """
UPDATE chats_message
   SET gateway_id = %(gateway)s::text,
       error = CASE WHEN status = 'failed' OR %(note)s::text = '' THEN error
                    ELSE %(note)s::text END
 WHERE id = %(message)s
   AND (gateway_id IS DISTINCT FROM %(gateway)s::text OR %(note)s::text <> '')
"""

# How long a message may wait, and how many fail at once for that.
LONGEST_WAIT = timedelta(hours=24)
EXPIRED_AT_ONCE = 100
# The code of messages that a person chose to fail when changing their account.
ACCOUNT_CHANGED = "account_changed"


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """A job with the outcome of its attempt."""

    job: Job
    outcome: Outcome


def settle(ended: AttemptResult, doubt: float = DOUBT, hurry: float = 1.0) -> None:
    """Writes the result of an attempt, unless its fence is no longer current.

    `hurry` divides the waits of the schedule and of pauses.
    """
    job, outcome = ended.job, ended.outcome
    if isinstance(outcome, Accepted):
        written = _accept(job, outcome)
    elif outcome.scope == "account":
        wait = outcome.pause if isinstance(outcome, Rejected) else outcome.retry_after
        pauses.pause(job.ref, outcome.code, outcome.reason, wait or 0, hurry)
        written = _put_off(job, 0, job.failures)
    elif isinstance(outcome, Rejected):
        written = fail(job.message_id, job.fence, outcome.reason, outcome.code)
    elif outcome.maybe_sent and not job.idempotent:
        written = _put_off(job, doubt, job.failures + 1, doubt=True)
    else:
        written = _try_later(job, outcome, hurry)
    code = getattr(outcome, "code", "accepted")
    if written:
        logger.info("message %s: %s", job.out.uuid, code)
    else:
        logger.warning(
            "message %s: %s, after another worker claimed it", job.out.uuid, code
        )


def give_up(job: Job) -> None:
    """Fails the message because writing its result raised an exception."""
    fail(job.message_id, job.fence, _("The message could not be sent."), BROKEN)


def put_off_unreadable(row: Unreadable) -> None:
    """Schedules a retry of a delivery that could not be loaded.

    After UNREADABLE_TRIES failures, the message fails.
    """
    failures = row.failures + 1
    if failures >= UNREADABLE_TRIES:
        fail(row.message_id, row.fence, _("The message could not be sent."), BROKEN)
        return
    values: dict[str, Any] = {
        "message": row.message_id,
        "fence": row.fence,
        "wait": SCHEDULE[failures - 1],
        "failures": failures,
        "in_flight": row.outcome_unknown,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNREADABLE, values)


def fail_waiting(manager_id: int, channel: str, reason: str, code: str) -> int:
    """Fails an account's messages that no worker is sending; returns how many."""
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    waiting = Delivery.objects.filter(
        is_free,
        manager=manager_id,
        channel=channel,
        done_at__isnull=True,
        in_flight=False,
    )
    rows = list(waiting.order_by("message").values_list("message", "fence"))
    return sum(fail(message_id, fence, reason, code) for message_id, fence in rows)


def expire() -> None:
    """Fails messages that have waited for a day, with the reason for the wait."""
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    old = Delivery.objects.filter(
        is_free, done_at__isnull=True, queued_at__lt=Now() - LONGEST_WAIT
    ).values_list("message", "fence", "message__error")
    for message_id, fence, error in list(old[:EXPIRED_AT_ONCE]):
        fail(message_id, fence, error or _("The message waited for a day."), EXPIRED)


def _accept(job: Job, accepted: Accepted) -> bool:
    reference = accepted.external_ids[0] if accepted.external_ids else job.out.uuid
    try:
        with transaction.atomic():
            written = _write_accepted(job, accepted, reference)
    except IntegrityError:
        # The echo arrived before the response and was stored as a separate message.
        with transaction.atomic():
            echo = _forget_echo(job, reference)
            if echo is None:
                reference = job.out.uuid
            written = _write_accepted(job, accepted, reference)
        if echo is not None and echo.status in ("delivered", "read"):
            report_status(job.ref.manager_id, reference, echo.status)
    if job.pauses:
        pauses.resume(job.ref.manager_id, job.ref.channel)
    return written


def _write_accepted(job: Job, accepted: Accepted, reference: str) -> bool:
    manager_id = job.ref.manager_id
    lock_reference(manager_id, reference)
    values: dict[str, Any] = {
        "message": job.message_id,
        "fence": job.fence,
        "status": accepted.status,
        "gateway": reference,
        "note": accepted.note[:500],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT, values)
        written = bool(cursor.rowcount)
        if not written:
            # A receipt with our own id came first; later ones have the gateway's id.
            cursor.execute(_KNOWN_ELSEWHERE, values)
    _keep_parts(job, [one for one in accepted.external_ids if one != reference])
    apply_parked(manager_id, reference)
    canonical = accepted.canonical_to
    if canonical and canonical != job.address:
        name_address(job.contact_id, canonical)
    return written


def _keep_parts(job: Job, parts: list[str]) -> None:
    """Stores the additional gateway ids of a message that was sent in several parts.

    Deletes echoes that arrived before the response and were stored as messages.
    """
    for part in parts:
        _forget_echo(job, part)
    rows = [
        MessagePart(
            manager_id=job.ref.manager_id,
            message_id=job.message_id,
            gateway_id=part[:255],
        )
        for part in parts
    ]
    MessagePart.objects.bulk_create(rows, ignore_conflicts=True)


def _forget_echo(job: Job, reference: str) -> Message | None:
    """Deletes and returns the message that was created from the job's echo, if any.

    A message with its own delivery is not an echo: the gateway has reused an id.
    """
    echo = Message.objects.filter(
        manager_id=job.ref.manager_id,
        gateway_id=reference,
        direction="out",
        pk__gt=job.message_id,
        delivery__isnull=True,
    ).first()
    if echo is not None:
        echo.delete()
    return echo


def fail(message_id: int, fence: int, reason: str, code: str) -> bool:
    """Marks the message as failed, with a reason for people and a code for reports.

    Returns False if nothing was written, because the fence is not current.
    """
    values: dict[str, Any] = {
        "message": message_id,
        "fence": fence,
        "error": reason[:500],
        "code": code[:32],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FAIL, values)
        return bool(cursor.rowcount)


def _try_later(job: Job, failed: Failed, hurry: float) -> bool:
    failures = job.failures + 1
    most = min(failed.tries or len(SCHEDULE) + 1, len(SCHEDULE) + 1)
    if failures >= most:
        return fail(job.message_id, job.fence, failed.reason, failed.code)
    wait = SCHEDULE[failures - 1] / hurry * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return _put_off(job, max(wait, failed.retry_after or 0), failures)


def _put_off(job: Job, wait: float, failures: int, *, doubt: bool = False) -> bool:
    values: dict[str, Any] = {
        "message": job.message_id,
        "fence": job.fence,
        "wait": wait,
        "failures": failures,
        "doubt": doubt,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LATER, values)
        return bool(cursor.rowcount)
