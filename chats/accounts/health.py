"""How each gateway session is: asked for, told by the gateway, and shown."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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

# How often a session is asked for, in seconds: more often while something waits,
# less where a platform counts the calls.
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

# At once, but for a session that was asked for within the last seconds.
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

# What is no row of the feed: told once, to whoever listens and sees the manager.
_BROADCAST = "SELECT change_now(%s, %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Due:
    """A session to ask for; `wants_qr`: a person waits for its QR code."""

    line: GatewayAccountRef
    wants_qr: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What asking for a session answered."""

    line: GatewayAccountRef
    health: Health


def ensure_accounts() -> None:
    """Every number and page has its row."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE)


def due_checks(most: int) -> list[Due]:
    """The accounts to ask now; nobody else is given them."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [most])
        return [
            Due(account_ref(row[:WIDTH], channel), wants_qr)
            for channel, wants_qr, *row in cursor.fetchall()
        ]


def request_qr(manager_id: int) -> bool:
    """Has the worker ask for the QR code of a session that is not open.

    False where there is none to ask for, or it is asked for already.
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
    """Whether there is a QR code to ask for."""
    return (
        account.channel == Channel.WHATSAPP
        and account.manager.gateway in SCANNED
        and account.state != GatewayAccount.State.OPEN
    )


def check(drivers: GatewayRegistry, due: Due) -> CheckResult:
    """Asks the gateway; touches no row."""
    line = due.line
    if line.is_unreadable:
        return CheckResult(line, Health("closed", line.unreadable_reason))
    driver = drivers[line.driver]
    if due.wants_qr and isinstance(driver, Connectable):
        return CheckResult(line, driver.connect(line.account))
    return CheckResult(line, driver.health(line.account))


def store_check(checked: CheckResult) -> None:
    """Writes what the gateway answered; a session that opens ends the account's
    pause. A manager that was deleted meanwhile has no session any more."""
    line = checked.line
    try:
        _claim(line, checked.health)
    except IntegrityError:
        if Manager.objects.filter(pk=line.manager_id).exists():
            raise
        logger.info("%s: its manager was deleted meanwhile", line.account.name)


def store_reported(manager_id: int, channel: str, health: Health) -> None:
    """The same for what the gateway tells by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [manager_id])
        row = cursor.fetchone()
    if row is not None:
        _claim(account_ref(row, channel), health, is_pushed=True)


def _claim(line: GatewayAccountRef, health: Health, *, is_pushed: bool = False) -> None:
    if not _is_same_phone(line, health.number):
        reason = _("Another number than the manager's is connected: %s") % health.number
        record(line.manager_id, line.channel, Health("closed", reason))
        pauses.pause(line, "other_number", reason, _UNTIL_REQUESTED_AGAIN)
        return
    if health.state == "open":
        health = _as_reported(line, health)
    is_open = health.state == "open"
    # A gateway that is open and does not say for whom proves nothing against what it
    # said before.
    if (
        is_open
        and health.number is None
        and pauses.prolong(line, "other_number", _UNTIL_REQUESTED_AGAIN)
    ):
        return
    was_down = record(line.manager_id, line.channel, health, is_pushed=is_pushed)
    if is_open:
        # What says that it is open all the while it refuses proves nothing.
        pauses.resume_connected(
            line.manager_id, line.channel, is_back=is_pushed or was_down
        )


def _as_reported(line: GatewayAccountRef, health: Health) -> Health:
    """What says that it is open although its platform has closed it is closed."""
    reason = notices.blocked_by(line.manager_id, line.channel)
    return replace(health, state="closed", reason=reason) if reason else health


def record(
    manager_id: int, channel: str, health: Health, *, is_pushed: bool = False
) -> bool:
    """Writes the state of a session, with a line in its history when it is another.

    Answers whether it was found not to be open before. Pushed news say nothing of what
    only asking tells.
    """
    with transaction.atomic():
        # Its code of before is not read: perhaps no key decrypts it any more.
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
        noted = set(_NOTED)
        if keeps_qr:
            noted.remove("qr")
        else:
            account.qr = health.qr
        if not is_pushed:
            account.idempotent = health.idempotent
            # One that cannot be asked still takes what it took.
            if health.largest_file is not None or health.state != "closed":
                account.largest_file = health.largest_file
            account.checked_at = timezone.now()
        account.save(update_fields=noted)
        if is_change:
            _broadcast(manager_id, health.state)
            level = logging.INFO if health.state == "open" else logging.WARNING
            logger.log(level, "%s:%s: session %s", channel, manager_id, health.state)
    return was_down


def _broadcast(manager_id: int, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BROADCAST, [manager_id, json.dumps({"k": "session", "state": state})]
        )


def _is_same_phone(line: GatewayAccountRef, number: int | None) -> bool:
    if number is None or line.account.number is None or line.channel != "whatsapp":
        return True
    same = spellings(Channel.WHATSAPP, str(line.account.number))
    return str(number) in same


def largest_file(manager_id: int, channel: str) -> int | None:
    """The largest file that the gateway says it takes, in bytes; None where it has not
    said."""
    said = GatewayAccount.objects.filter(manager_id=manager_id, channel=channel)
    return said.values_list("largest_file", flat=True).first()


def session_shape(manager_id: int, channel: str, *, with_qr: bool) -> dict[str, Any]:
    """The session as it was last heard of."""
    account = GatewayAccount.objects.filter(
        manager_id=manager_id, channel=channel
    ).first()
    shape: dict[str, Any] = {
        "state": account.state if account else GatewayAccount.State.UNKNOWN.value,
        "since": _as_time(account.since) if account else None,
        "reason": account.reason if account else "",
    }
    if with_qr:
        shape["qr"] = (account.qr or None) if account else None
    return shape


def _as_time(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
