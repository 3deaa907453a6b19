"""Fetches the approved templates of accounts, hourly and after notices about them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.accounts.registry import (
    CLOUD,
    COLUMNS,
    WIDTH,
    GatewayAccountRef,
    GatewayRegistry,
    account_ref,
)
from chats.gateways.base import ApprovedTemplate, Failed, HasTemplates, Template
from contacts.models import Channel
from hci_center.background import faults

logger = logging.getLogger(__name__)

# Seconds until the next fetch, a tenth more or less for each account; after failures
# the first ones come sooner.
HOURLY, RETRIES = 3600.0, (60.0, 300.0, 900.0)
# How often `ensure_fetches` and `claim` run, in seconds.
ENSURED_EVERY, CLAIMED_EVERY = 5.0, 1.0

# Accounts of the Cloud API have a fetch, which is due at once when it is new or when
# the manager's settings change. Others have neither a fetch nor templates.
_HAS = f"""a.channel = '{Channel.WHATSAPP.value}' AND m.gateway = '{CLOUD}' AND NOT m.is_demo"""
_ENSURE = f"""
INSERT INTO chats_templatefetch AS f
       (account_id, next_at, is_asked, fence, failures, error, settings_digest)
SELECT a.id, statement_timestamp(), false, 0, 0, '', md5(m.gateway_settings)
  FROM chats_gatewayaccount a JOIN managers_manager m ON m.id = a.manager_id
 WHERE {_HAS} AND NOT EXISTS (
         SELECT FROM chats_templatefetch x
          WHERE x.account_id = a.id AND x.settings_digest = md5(m.gateway_settings))
ON CONFLICT (account_id) DO UPDATE
   SET next_at = statement_timestamp(), is_asked = true, failures = 0,
       settings_digest = excluded.settings_digest
"""  # noqa: S608 - of constants
_REMOVE = f"""
WITH gone AS (
  DELETE FROM chats_templatefetch f
   USING chats_gatewayaccount a JOIN managers_manager m ON m.id = a.manager_id
   WHERE a.id = f.account_id AND NOT ({_HAS})
  RETURNING f.account_id
)
DELETE FROM chats_approvedtemplate t USING gone WHERE t.account_id = gone.account_id
"""  # noqa: S608 - of constants
_REQUEST = """
UPDATE chats_templatefetch f
   SET next_at = statement_timestamp(), is_asked = true
  FROM chats_gatewayaccount a
 WHERE a.id = f.account_id AND a.manager_id = %s AND a.channel = %s
"""
# A lease is longer than any fetch (`whatsapp_cloud.templates.LONGEST_FETCH`).
_CLAIM = f"""
WITH due AS (
  SELECT f.account_id FROM chats_templatefetch f
   WHERE f.next_at <= statement_timestamp()
     AND (f.lease_until IS NULL OR f.lease_until < statement_timestamp())
   ORDER BY f.next_at LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE chats_templatefetch f
     SET lease_until = statement_timestamp() + interval '4 minutes',
         fence = f.fence + 1, is_asked = false
    FROM due WHERE f.account_id = due.account_id
  RETURNING f.account_id, f.fence
)
SELECT t.account_id, t.fence, a.channel, {COLUMNS}
  FROM taken t
  JOIN chats_gatewayaccount a ON a.id = t.account_id
  JOIN managers_manager m ON m.id = a.manager_id
"""  # noqa: S608 - of columns
# Only for the current lease.
_FETCHED = f"""
UPDATE chats_templatefetch
   SET lease_until = NULL, failures = 0, error = '', fetched_at = statement_timestamp(),
       next_at = CASE WHEN is_asked THEN statement_timestamp()
                 ELSE statement_timestamp()
                      + make_interval(secs => {HOURLY} * (0.9 + 0.2 * random())) END
 WHERE account_id = %(account)s AND fence = %(fence)s
"""  # noqa: S608 - of a constant
_FAILED = f"""
UPDATE chats_templatefetch
   SET lease_until = NULL, failures = least(failures + 1, 1000), error = %(error)s,
       next_at = CASE WHEN is_asked AND failures = 0 THEN statement_timestamp()
                 ELSE statement_timestamp() + make_interval(secs => greatest(%(wait)s,
                      coalesce((%(retries)s::float8[])[failures + 1], {HOURLY})
                      * (0.9 + 0.2 * random()))) END
 WHERE account_id = %(account)s AND fence = %(fence)s
RETURNING failures
"""  # noqa: S608 - of a constant
_DELETE = """
DELETE FROM chats_approvedtemplate t
 WHERE t.account_id = %(account)s
   AND NOT EXISTS (SELECT FROM unnest(%(name)s::text[], %(language)s::text[])
                          AS n (name, language)
                    WHERE (n.name, n.language) = (t.name, t.language))
"""
_UPSERT = """
INSERT INTO chats_approvedtemplate AS t
       (account_id, name, language, category, text, parameters, needs)
SELECT %(account)s, n.*
  FROM unnest(%(name)s::text[], %(language)s::text[], %(category)s::text[],
              %(text)s::text[], %(parameters)s::int[], %(needs)s::text[]) AS n
ON CONFLICT (account_id, name, language) DO UPDATE
   SET category = excluded.category, text = excluded.text,
       parameters = excluded.parameters, needs = excluded.needs
 WHERE (t.category, t.text, t.parameters, t.needs)
       IS DISTINCT FROM (excluded.category, excluded.text, excluded.parameters,
                         excluded.needs)
"""
_LIST = f"""
SELECT t.name, t.language, t.category, t.text, t.parameters
  FROM chats_approvedtemplate t
  JOIN chats_gatewayaccount a ON a.id = t.account_id
  JOIN managers_manager m ON m.id = a.manager_id
 WHERE a.manager_id = %s AND {_HAS} AND t.needs = ''
 ORDER BY t.name, t.language
"""  # noqa: S608 - of constants
_TEXT = f"""
SELECT t.text, t.parameters
  FROM chats_approvedtemplate t
  JOIN chats_gatewayaccount a ON a.id = t.account_id
  JOIN managers_manager m ON m.id = a.manager_id
 WHERE a.manager_id = %s AND {_HAS} AND t.needs = ''
   AND t.name = %s AND t.language = %s
"""  # noqa: S608 - of constants
_CATEGORY = f"""
SELECT t.category
  FROM chats_approvedtemplate t
  JOIN chats_gatewayaccount a ON a.id = t.account_id
  JOIN managers_manager m ON m.id = a.manager_id
 WHERE a.manager_id = %s AND {_HAS} AND t.name = %s AND t.language = %s
"""  # noqa: S608 - of constants
PLACEHOLDER = re.compile(r"\{\{\s*([0-9]+)\s*\}\}")
_SHOWN = ("name", "language", "category", "text", "parameters")


@dataclass(frozen=True, slots=True)
class ClaimedFetch:
    """An account whose templates this worker has claimed to fetch."""

    account_id: int
    fence: int
    ref: GatewayAccountRef


def ensure_fetches() -> None:
    """Creates the fetches of Cloud API accounts and removes those of others."""
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE)
        cursor.execute(_ENSURE)


def request_fetch(manager_id: int, channel: str) -> None:
    """Makes a fetch due at once, even if one that may miss the change is running."""
    with connection.cursor() as cursor:
        cursor.execute(_REQUEST, [manager_id, channel])


def templates_of(manager_id: int) -> list[dict[str, Any]]:
    """Returns the templates that a manager's number can send, as last fetched."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [manager_id])
        return [dict(zip(_SHOWN, row, strict=True)) for row in cursor.fetchall()]


def text_as_sent(manager_id: int, template: Template) -> str:
    """Returns what the customer reads; "" if the template's text is not known."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXT, [manager_id, template.name, template.language])
        row = cursor.fetchone()
    if row is None or row[1] != len(template.parameters):
        return ""
    values = template.parameters
    return PLACEHOLDER.sub(lambda found: values[int(found[1]) - 1], row[0])


def category_of(manager_id: int, template: Template) -> str:
    """Returns a template's category, as the platform writes it; "" if not known."""
    with connection.cursor() as cursor:
        cursor.execute(_CATEGORY, [manager_id, template.name, template.language])
        row = cursor.fetchone()
    return "" if row is None else row[0]


def claim() -> ClaimedFetch | None:
    """Claims the fetch that has been due for the longest time, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        row = cursor.fetchone()
    if row is None:
        return None
    account_id, fence, channel, *manager = row
    return ClaimedFetch(account_id, fence, account_ref(manager[:WIDTH], channel))


def fetch_due(
    drivers: GatewayRegistry,
    claimed: ClaimedFetch,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Fetches the claimed templates and then all other due ones, one by one.

    Raises database errors: the fetch is claimed again after its lease expires.
    """
    due: ClaimedFetch | None = claimed
    while due is not None:
        failed = Failed("broken", _("An error of the service; it is recorded."))
        fail = partial(_store_failure, due, failed)
        subject = f"account {due.account_id}"
        with faults.isolate("worker", "templates", subject, fail):
            _fetch(drivers, due)
        due = None if is_stopping() else claim()


def _fetch(drivers: GatewayRegistry, claimed: ClaimedFetch) -> None:
    ref = claimed.ref
    driver = drivers[ref.driver]
    found: list[ApprovedTemplate] | Failed = []
    if ref.is_unreadable:
        found = Failed("bad_setup", ref.unreadable_reason)
    elif isinstance(driver, HasTemplates) and ref.account.business:
        found = driver.templates(ref.account)
    if isinstance(found, Failed):
        _store_failure(claimed, found)
    else:
        _store(claimed, found)


def _store(claimed: ClaimedFetch, found: list[ApprovedTemplate]) -> None:
    """Replaces the account's templates, unless the lease has expired meanwhile."""
    values: dict[str, Any] = {
        "account": claimed.account_id,
        "fence": claimed.fence,
        **{name: [getattr(one, name) for one in found] for name in (*_SHOWN, "needs")},
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FETCHED, values)
        if cursor.rowcount:
            cursor.execute(_DELETE, values)
            cursor.execute(_UPSERT, values)


def _store_failure(claimed: ClaimedFetch, failed: Failed) -> None:
    """Records the error and schedules another attempt; templates are kept."""
    values: dict[str, Any] = {
        "account": claimed.account_id,
        "fence": claimed.fence,
        "error": failed.reason[:500],
        "wait": failed.retry_after or 0,
        "retries": list(RETRIES),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, values)
        row = cursor.fetchone()
    if row is not None:
        name = claimed.ref.account.name
        logger.warning("%s templates: %s, attempt %d", name, failed.code, row[0])
