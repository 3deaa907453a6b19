"""Erases data about a person in raw webhook events and stored responses.

Both are found by the person's ids in their text, as whole words. A raw event remains as
an empty row: senders repeat events for days, and its digest identifies duplicates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from chats.accounts.cloud_accounts import cloud_account
from chats.models import InboundEvent
from managers.models import Manager

# How many rows are searched with one statement.
STEP = 20_000
# Shorter ids would match texts about others.
SHORTEST = 5

_RANGE = "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM {table}"
_EVENTS = """
SELECT id, source, lane FROM chats_inboundevent
 WHERE id > %(after)s AND id <= %(upto)s AND payload ~ %(pattern)s
"""
_EMPTY = """
UPDATE chats_inboundevent
   SET payload = '{}', note = '', state = 'done', lease_until = NULL
 WHERE id = ANY(%(ids)s)
"""
_ANSWERS = """
DELETE FROM api_storedanswer
 WHERE id > %(after)s AND id <= %(upto)s
   AND (manager_id = %(manager)s OR manager_id IS NULL)
   AND body IS NOT NULL AND convert_from(body, 'UTF8') ~ %(pattern)s
"""


def pattern_of(aliases: Sequence[str]) -> str | None:
    """Returns a regular expression of PostgreSQL for the ids, or None."""
    long = [re.escape(alias) for alias in aliases if len(alias) >= SHORTEST]
    if not long:
        return None
    return f"(^|[^0-9A-Za-z])({'|'.join(long)})($|[^0-9A-Za-z])"


def erase_events(manager_id: int, pattern: str) -> Iterator[int]:
    """Empties the matching raw events of the manager, or of none; yields counts."""
    accounts: dict[tuple[str, str], int | None] = {}
    for after, upto in _steps("chats_inboundevent"):
        values: dict[str, Any] = {"after": after, "upto": upto, "pattern": pattern}
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, values)
            found = cursor.fetchall()
            ids = []
            for event_id, source, lane in found:
                account = (source, lane.partition("~")[0])
                if account not in accounts:
                    accounts[account] = _manager_of(*account)
                if accounts[account] in (manager_id, None):
                    ids.append(event_id)
            cursor.execute(_EMPTY, {"ids": ids})
        yield len(ids)


def erase_answers(manager_id: int, pattern: str) -> Iterator[int]:
    """Deletes the manager's matching stored responses; yields counts."""
    for after, upto in _steps("api_storedanswer"):
        values: dict[str, Any] = {"after": after, "upto": upto, "pattern": pattern}
        with connection.cursor() as cursor:
            cursor.execute(_ANSWERS, {**values, "manager": manager_id})
            yield cursor.rowcount


def _steps(table: str) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_RANGE.format(table=table))
        first, last = cursor.fetchone()
    return [(after, after + STEP) for after in range(max(first - 1, 0), last, STEP)]


def _manager_of(source: str, account: str) -> int | None:
    """Returns the manager of an account's events; None if there is none."""
    if source == InboundEvent.Source.WHATSAPP:
        cloud = cloud_account(account)
        return None if cloud is None else cloud.manager_id
    found = Manager.objects.all()
    if source == InboundEvent.Source.FACEBOOK:
        found = found.filter(facebook_id=account or None)
    else:
        found = found.filter(pk=int(account) if account.isdigit() else 0)
    return found.values_list("pk", flat=True).first()
