"""Alerts that need a person's attention, logged once and reported to health probes.

An account raises an alert at once when only a person can fix its pause, and for any
other pause once its messages have waited five minutes, whatever state its gateway
session reports. A problem reported by the platform is an alert until it ends or is
marked as handled. Parked webhook events, files that cannot be stored, and open chats
that no active operator can take are reported for as long as there are any.
"""

from __future__ import annotations

import logging

from django.db import connection
from django.utils.translation import gettext as _

from chats.accounts.notices import IS_OPEN_PROBLEM
from chats.models import HomelessChat, InboundEvent, MediaFetch
from hci_center.errors import LackingError

logger = logging.getLogger(__name__)

# Pause codes that do not resolve by themselves.
_AT_ONCE = [
    "bad_setup",
    "not_authorized",
    "other_number",
    "restricted",
    "wrong_program",
]

_HAS_WAITED = """EXISTS (SELECT FROM chats_delivery d
   WHERE d.manager_id = a.manager_id AND d.channel = a.channel AND d.done_at IS NULL
     AND d.queued_at < statement_timestamp() - interval '5 minutes')"""
_HAS_PROBLEM = f"""EXISTS (SELECT FROM chats_gatewaynotice n
   WHERE n.account_id = a.id AND {IS_OPEN_PROBLEM})"""
_RAISE = f"""
UPDATE chats_gatewayaccount a SET alarmed_at = statement_timestamp()
 WHERE a.alarmed_at IS NULL
   AND ((a.pause_code <> '' AND (a.pause_code = ANY(%s) OR {_HAS_WAITED}))
        OR {_HAS_PROBLEM})
RETURNING a.channel, a.manager_id, a.pause_code
"""  # noqa: S608 - of a condition
_END = f"""
UPDATE chats_gatewayaccount a SET alarmed_at = NULL
 WHERE a.alarmed_at IS NOT NULL AND a.pause_code = '' AND NOT {_HAS_WAITED}
   AND NOT {_HAS_PROBLEM}
RETURNING a.channel, a.manager_id
"""  # noqa: S608 - of a condition
_RAISED = f"""
SELECT a.channel, a.manager_id, a.pause_code,
       (SELECT string_agg(n.topic, ' ' ORDER BY n.topic) FROM chats_gatewaynotice n
         WHERE n.account_id = a.id AND {IS_OPEN_PROBLEM})
  FROM chats_gatewayaccount a
 WHERE a.alarmed_at IS NOT NULL ORDER BY a.alarmed_at, a.id
"""  # noqa: S608 - of a condition
# Reported for an account that is no longer paused while its messages still wait.
_WAITING = "waiting"
# Keeps the response to a probe on one line.
_MOST_NAMED = 5


def watch() -> None:
    """Raises and ends alerts and logs each change once."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [_AT_ONCE])
        for channel, manager_id, code in cursor.fetchall():
            if not code:
                logger.error(
                    "%s:%s: its platform reports a problem", channel, manager_id
                )
                continue
            logger.error(
                "%s:%s: nothing leaves (%s); its access or session must be renewed",
                channel,
                manager_id,
                code,
            )
        cursor.execute(_END)
        for channel, manager_id in cursor.fetchall():
            logger.info("%s:%s: messages leave again", channel, manager_id)


def check() -> str:
    """Returns "ok" for a health probe.

    Raises LackingError, which lists everything that has an alert.
    """
    try:
        found = [_accounts(), _parked(), _unstored(), _homeless()]
    finally:
        # The calling thread may stay idle for a long time.
        connection.close()
    if any(found):
        raise LackingError("; ".join(filter(None, found)))
    return "ok"


def _accounts() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_RAISED)
        rows = cursor.fetchall()
    silent, reported = [], []
    for channel, manager_id, code, topics in rows:
        if topics:
            reported.append(f"{channel}:{manager_id} {topics}")
        if code or not topics:
            silent.append(f"{channel}:{manager_id} {code or _WAITING}")
    sentences = []
    if silent:
        sentences.append(_("nothing leaves: %s") % _first_of(silent))
    if reported:
        sentences.append(_("reported by the platform: %s") % _first_of(reported))
    return "; ".join(sentences)


def _first_of(accounts: list[str]) -> str:
    more = len(accounts) - _MOST_NAMED
    return ", ".join(accounts[:_MOST_NAMED]) + (f" (+{more})" if more > 0 else "")


def _parked() -> str:
    count = InboundEvent.objects.filter(state=InboundEvent.State.PARKED).count()
    return _("events of gateways are parked: %d") % count if count else ""


def _unstored() -> str:
    count = MediaFetch.objects.filter(unstored_since__isnull=False).count()
    return _("files cannot be stored: %d") % count if count else ""


def _homeless() -> str:
    count = HomelessChat.objects.filter(alarmed_at__isnull=False).count()
    return _("chats without a home: %d") % count if count else ""
