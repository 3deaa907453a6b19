"""Gateway session state: checked, and reported by the gateway."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.accounts import notices, pauses
from chats.accounts.registry import (
    COLUMNS,
    CONTROLLER,
    EVOLUTION,
    WIDTH,
    WPPCONNECT,
    GatewayAccountRef,
    GatewayRegistry,
    account_ref,
)
from chats.gateways.base import Connectable, Health
from chats.models import GatewayAccount, SessionChange
from contacts.aliases import spellings
from contacts.models import Channel
from managers.models import Manager

logger = logging.getLogger(__name__)

# How often a session is checked, in seconds: more often while messages wait, less
# often where a platform limits the number of calls.
WAITING, IDLE, IDLE_AT_META = 15, 60, 300
_UNTIL_REQUESTED_AGAIN = IDLE + 10

_ENSURE = """
INSERT INTO chats_gatewayaccount
       (manager_id, channel, state, since, reason, qr, idempotent, next_check_at,
        pause_code, pause_reason, pauses, fingerprint)
SELECT m.id, said.channel, 'unknown', statement_timestamp(), '', '', false, statement_timestamp(), '', '', 0, ''
  FROM managers_manager m
  CROSS JOIN LATERAL (VALUES ('whatsapp', m.number IS NOT NULL),
                             ('facebook', m.facebook_id IS NOT NULL))
       AS said (channel, there)
 WHERE said.there AND NOT EXISTS (
         SELECT FROM chats_gatewayaccount a
          WHERE a.manager_id = m.id AND a.channel = said.channel)
ON CONFLICT DO NOTHING
"""
_DUE = f"""
WITH due AS (
  SELECT a.id, a.qr_asked_at IS NOT NULL AS wants_qr FROM chats_gatewayaccount a
   WHERE a.next_check_at <= statement_timestamp()
   ORDER BY a.next_check_at LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE chats_gatewayaccount a
     SET next_check_at = statement_timestamp() + make_interval(secs => CASE
           WHEN EXISTS (SELECT FROM chats_delivery d
                         WHERE d.manager_id = a.manager_id AND d.channel = a.channel
                           AND d.done_at IS NULL) THEN {WAITING}
           WHEN a.channel = 'facebook' AND a.state = 'open' THEN {IDLE_AT_META}
           ELSE {IDLE} END),
         qr_asked_at = NULL
    FROM due WHERE a.id = due.id
  RETURNING a.manager_id, a.channel, due.wants_qr
)
SELECT t.channel, t.wants_qr, {COLUMNS}
  FROM taken t JOIN managers_manager m ON m.id = t.manager_id
"""  # noqa: S608 - of columns

_ACCOUNT = f"SELECT {COLUMNS} FROM managers_manager m WHERE m.id = %s"  # noqa: S608 - of columns

_NOTED = ("state", "since", "reason", "qr", "idempotent", "largest_file", "checked_at")

# The check is due at once, unless the session was checked within the last seconds.
_REQUEST_QR = """
UPDATE chats_gatewayaccount a
   SET qr_asked_at = statement_timestamp(),
       next_check_at = least(a.next_check_at, greatest(statement_timestamp(),
                             a.checked_at + make_interval(secs => %(rest)s)))
  FROM managers_manager m
 WHERE m.id = a.manager_id AND m.gateway = ANY(%(gateways)s)
   AND a.manager_id = %(manager)s AND a.channel = 'whatsapp'
   AND a.state <> 'open' AND a.qr_asked_at IS NULL
"""
# The gateways whose session a phone opens by scanning a QR code.
SCANNED = [CONTROLLER, EVOLUTION, WPPCONNECT]
CHECKED_EVERY = 5.0

# An ephemeral event, not stored: published once to connected callers who may see the
# manager.
_BROADCAST = "SELECT change_now(%s, %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Due:
    """A session to check; `wants_qr` is true if somebody requested its QR code."""

    ref: GatewayAccountRef
    wants_qr: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of checking a session."""

    ref: GatewayAccountRef
    health: Health


def ensure_accounts() -> None:
    """Creates the missing GatewayAccount rows of all numbers and pages."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE)


def due_checks(most: int) -> list[Due]:
    """Claims up to `most` accounts that are due and returns the checks to make."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [most])
        return [
            Due(account_ref(row[:WIDTH], channel), wants_qr)
            for channel, wants_qr, *row in cursor.fetchall()
        ]


def request_qr(manager_id: int) -> bool:
    """Schedules a request of the QR code of a session that is not open.

    Returns False when the session has no QR code or it was requested already.
    """
    values: dict[str, Any] = {
        "manager": manager_id,
        "gateways": SCANNED,
        "rest": CHECKED_EVERY,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REQUEST_QR, values)
        if not cursor.rowcount:
            return False
        cursor.execute("SELECT wake_delivery()")
    return True


def can_request_qr(account: GatewayAccount) -> bool:
    """Whether a QR code can be requested for the account."""
    return (
        account.channel == Channel.WHATSAPP
        and account.manager.gateway in SCANNED
        and account.state != GatewayAccount.State.OPEN
    )


def check(drivers: GatewayRegistry, due: Due) -> CheckResult:
    """Requests the session state from the gateway, without writing to the database."""
    ref = due.ref
    if ref.is_unreadable:
        return CheckResult(ref, Health("closed", ref.unreadable_reason))
    driver = drivers[ref.driver]
    if due.wants_qr and isinstance(driver, Connectable):
        return CheckResult(ref, driver.connect(ref.account))
    return CheckResult(ref, driver.health(ref.account))


def store_check(checked: CheckResult) -> None:
    """Stores the result of a check; a session that opens ends the account's pause.

    Ignores the result if the manager has been deleted in the meantime.
    """
    ref = checked.ref
    try:
        _claim(ref, checked.health)
    except IntegrityError:
        if Manager.objects.filter(pk=ref.manager_id).exists():
            raise
        logger.info("%s: its manager was deleted meanwhile", ref.account.name)


def store_reported(manager_id: int, channel: str, health: Health) -> None:
    """Stores the session state that a gateway pushed through its webhook."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [manager_id])
        row = cursor.fetchone()
    if row is not None:
        _claim(account_ref(row, channel), health, is_pushed=True)


def _claim(ref: GatewayAccountRef, health: Health, *, is_pushed: bool = False) -> None:
    if not _is_same_phone(ref, health.number):
        reason = _("Another number than the manager's is connected: %s") % health.number
        record(ref.manager_id, ref.channel, Health("closed", reason))
        pauses.pause(ref, "other_number", reason, _UNTIL_REQUESTED_AGAIN)
        return
    if health.state == "open":
        health = _as_reported(ref, health)
    is_open = health.state == "open"
    # An open session without a number does not refute the wrong number reported
    # earlier.
    if (
        is_open
        and health.number is None
        and pauses.prolong(ref, "other_number", _UNTIL_REQUESTED_AGAIN)
    ):
        return
    was_down = record(ref.manager_id, ref.channel, health, is_pushed=is_pushed)
    if is_open:
        # A session that reported "open" all the time while the gateway refused its
        # messages does not prove that the cause is gone.
        pauses.resume_connected(
            ref.manager_id, ref.channel, is_back=is_pushed or was_down
        )


def _as_reported(ref: GatewayAccountRef, health: Health) -> Health:
    """Returns the health, closed when the platform has blocked the account."""
    reason = notices.blocked_by(ref.manager_id, ref.channel)
    return replace(health, state="closed", reason=reason) if reason else health


def record(
    manager_id: int, channel: str, health: Health, *, is_pushed: bool = False
) -> bool:
    """Writes the state of a session and adds a SessionChange when it differs.

    Returns whether the last check found the session not open. A pushed state does not
    update the fields that only a check provides.
    """
    with transaction.atomic():
        # The previous QR code is deferred: no current key may decrypt it.
        accounts = GatewayAccount.objects.defer("qr").select_for_update()
        account, is_new = accounts.get_or_create(manager_id=manager_id, channel=channel)
        keeps_qr = health.keeps_qr and account.state == GatewayAccount.State.QR
        if keeps_qr:
            health = replace(health, state="qr")
        reason = health.reason[:500]
        was_down = account.checked_at is not None and account.state != "open"
        is_change = is_new or account.state != health.state
        if is_change:
            account.since = timezone.now()
        if is_change or account.reason != reason:
            SessionChange.objects.create(
                account=account, state=health.state, reason=reason
            )
        account.state, account.reason = health.state, reason
        _save(account, health, keeps_qr=keeps_qr, is_pushed=is_pushed)
        if is_change:
            _broadcast(manager_id, health.state)
            level = logging.INFO if health.state == "open" else logging.WARNING
            logger.log(level, "%s:%s: session %s", channel, manager_id, health.state)
    return was_down


def _save(
    account: GatewayAccount, health: Health, *, keeps_qr: bool, is_pushed: bool
) -> None:
    """Saves the account with the QR code and what a check has found."""
    noted = set(_NOTED)
    if keeps_qr:
        noted.remove("qr")
    else:
        account.qr = health.qr
    if not is_pushed:
        account.idempotent = health.idempotent
        # A gateway that cannot be reached keeps its last known limit.
        if health.largest_file is not None or health.state != "closed":
            account.largest_file = health.largest_file
        account.checked_at = timezone.now()
    account.save(update_fields=noted)


def _broadcast(manager_id: int, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BROADCAST, [manager_id, json.dumps({"k": "session", "state": state})]
        )


def _is_same_phone(ref: GatewayAccountRef, number: int | None) -> bool:
    if number is None or ref.account.number is None or ref.channel != "whatsapp":
        return True
    same = spellings(Channel.WHATSAPP, str(ref.account.number))
    return str(number) in same
