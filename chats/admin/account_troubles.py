"""Gateway accounts that need attention, for the back-office's first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chats.gateways.error_messages import SENTENCES
from contacts.models import Channel
from hci_center.callers import Caller
from hci_center.visibility import reached_managers, reaches_sql

# Gateway sessions that are closed, accounts that are paused or have an alarm, and
# accounts whose latest messages have all failed: at least FEWEST of the newest
# LOOKED_AT that were sent or failed within a day. Read along the primary key, so the
# cost does not depend on the number of messages.
LOOKED_AT = 1000
FEWEST = 3
_TROUBLED = f"""
WITH newest AS (
  SELECT message_id, manager_id, channel, done_at FROM chats_delivery
   WHERE {reaches_sql("manager_id")}
   ORDER BY message_id DESC LIMIT %(looked_at)s
), refused AS (
  SELECT n.manager_id, n.channel, min(n.done_at) AS since,
         (array_agg(m.error ORDER BY n.message_id DESC))[1] AS error
    FROM newest n JOIN chats_message m ON m.id = n.message_id
   WHERE n.done_at > statement_timestamp() - interval '1 day'
   GROUP BY n.manager_id, n.channel
  HAVING count(*) >= %(fewest)s AND bool_and(m.status = 'failed')
)
SELECT a.id, m.name, a.channel,
       CASE WHEN a.pause_code <> '' THEN a.pause_code
            WHEN a.state IN ('closed', 'qr') THEN a.state
            WHEN r.manager_id IS NOT NULL THEN 'refused'
            ELSE 'waiting' END,
       coalesce(a.alarmed_at, CASE WHEN a.state IN ('closed', 'qr') THEN a.since END,
                r.since),
       coalesce(nullif(a.pause_reason, ''), nullif(a.reason, ''), r.error, '')
  FROM chats_gatewayaccount a
  JOIN managers_manager m ON m.id = a.manager_id
  LEFT JOIN refused r ON r.manager_id = a.manager_id AND r.channel = a.channel
 WHERE (a.pause_code <> '' OR a.alarmed_at IS NOT NULL OR a.state IN ('closed', 'qr')
        OR r.manager_id IS NOT NULL)
   AND {reaches_sql("a.manager_id")}
 ORDER BY a.alarmed_at IS NULL, 5 NULLS LAST, a.id
"""  # noqa: S608 - of conditions

TITLES: dict[str, Promise] = {
    "closed": _("The session is disconnected."),
    "qr": _("The session waits to be scanned."),
    "refused": _("Every message fails."),
    "waiting": _("Messages wait."),
    "other_number": _("Another phone is connected."),
}
ADVICE: dict[str, Promise] = {
    "bad_setup": _("Complete the gateway's settings on the manager's page."),
    "closed": _("Connect the phone again: open the session and scan its QR code."),
    "not_authorized": _("Renew the access: enter a new token on the manager's page."),
    "not_connected": _(
        "Connect the phone again: open the session and scan its QR code."
    ),
    "other_number": _("Connect the phone of the manager's number."),
    "qr": _("Open the session and scan its QR code with the phone."),
    "refused": _(
        "Read the reason, and send one of the messages again once it is gone."
    ),
    "restricted": _("Read the platform's notice about the account."),
    "throttled": _("Nothing to do: it goes on by itself."),
    "unreachable": _("See that the gateway's program runs at its address."),
    "wrong_program": _("Check the gateway's address and port."),
}
OTHERWISE = _("See the session's page; it is tried again by itself.")


@dataclass(frozen=True, slots=True)
class AccountTrouble:
    """A problem of a gateway account, since when, and advice."""

    account_id: int
    manager: str
    channel: str
    title: str
    since: datetime | None
    reason: str
    advice: str


def troubles_of(caller: Caller) -> list[AccountTrouble]:
    """Returns the accounts that need attention; alarms first, the oldest first."""
    values: dict[str, Any] = {
        "managers": reached_managers(caller),
        "looked_at": LOOKED_AT,
        "fewest": FEWEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TROUBLED, values)
        return [_problem_of(*row) for row in cursor.fetchall()]


def _problem_of(
    account_id: int,
    manager: str,
    channel: str,
    code: str,
    since: datetime | None,
    reason: str,
) -> AccountTrouble:
    title = TITLES.get(code) or SENTENCES.get(code) or TITLES["waiting"]
    return AccountTrouble(
        account_id,
        manager,
        str(Channel(channel).label),
        str(title),
        since,
        "" if reason == str(title) else reason,
        str(ADVICE.get(code, OTHERWISE)),
    )
