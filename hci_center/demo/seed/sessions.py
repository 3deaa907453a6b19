"""Writes the history of states of the demonstration's accounts, with incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hci_center.demo.seed.companies import Company

# The period that reports cover.
DAYS = 92
# The approximate days between two incidents, and their duration in minutes.
BETWEEN = 11
LENGTHS = (0.6, 2, 4, 9, 25, 70)
_REASON = "Conexão perdida"
_ACCOUNT = """
INSERT INTO chats_gatewayaccount (manager_id, channel, state, since, reason, qr,
       idempotent, next_check_at, pause_code, pause_reason, pauses, fingerprint)
VALUES (%s, %s, 'open', %s, '', '', false, %s, '', '', 0, '')
ON CONFLICT DO NOTHING RETURNING id
"""
_CHANGE = """
INSERT INTO chats_sessionchange (account_id, at, state, reason) VALUES (%s, %s, %s, %s)
"""


def load_sessions(
    companies: Iterable[Company], rng: Random, now: datetime, cursor: Any
) -> None:
    """Adds the accounts of the companies with the changes of their sessions."""
    for company in companies:
        manager = company.manager
        channels = {"whatsapp": manager.number, "facebook": manager.facebook_id}
        for channel, name in channels.items():
            if name is None:
                continue
            changes = [*_changes(rng, now)]
            values = [manager.pk, channel, changes[-1][0], now]
            cursor.execute(_ACCOUNT, values)
            row = cursor.fetchone()
            if row is not None:
                cursor.executemany(_CHANGE, [(row[0], *change) for change in changes])


def _changes(rng: Random, now: datetime) -> Iterator[tuple[datetime, str, str]]:
    at = now - timedelta(days=DAYS)
    yield at, "open", ""
    while True:
        at += timedelta(days=rng.expovariate(1 / BETWEEN))
        length = timedelta(minutes=rng.choice(LENGTHS))
        if at + length >= now:
            return
        yield at, "closed", _REASON
        at += length
        yield at, "open", ""
