"""Recomputes messages, new contacts, deliveries and accounts by plain loops."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.reports.independent import Row, Rows, table

Key = tuple[str, ...]


def key_of(row: Row, by: Sequence[str]) -> Key:
    day: date = row["day"]
    values = {
        "day": day.isoformat(),
        "week": (day - timedelta(days=day.weekday())).isoformat(),
        "month": day.isoformat()[:7],
        "hour": str(row.get("hour")),
        "weekday": str(day.isoweekday()),
        "channel": row["channel"],
        "manager": str(row["manager"]),
    }
    return tuple(values[name] for name in by)


def expected_of_accounts(
    rows: Rows, metric: str, managers: set[int], since: date, until: date,
    by: Sequence[str],
) -> tuple[dict[Key, Row], Row]:  # fmt: skip
    """Returns the figures of each group and of all."""
    found = {
        "messages": _messages,
        "new_contacts": _new_contacts,
        "delivery": _deliveries,
        "health": _pieces,
    }[metric](rows)
    mine = [
        each for each in found
        if each["manager"] in managers and since <= each["day"] <= until
    ]  # fmt: skip
    figure: Callable[[list[Row]], Row] = {
        "messages": _kinds,
        "new_contacts": lambda these: {"count": len(these)},
        "delivery": _times,
        "health": _states,
    }[metric]
    groups: dict[Key, list[Row]] = {}
    for each in mine:
        groups.setdefault(key_of(each, by), []).append(each)
    shown = {key: figure(these) for key, these in groups.items()} if by else {}
    return shown, figure(mine)


def _dated(rows: Rows, manager: int, at: datetime) -> Row:
    local = rows.local(manager, None, at)
    return {"manager": manager, "day": local.date(), "hour": local.hour}


def _messages(rows: Rows) -> list[Row]:
    ours: dict[int, datetime | None] = {}
    for line in rows.lines:
        if line["kind"] == "opened" and line["cause"] == "import":
            own = [
                other["at"] for other in rows.lines
                if other["chat_id"] == line["chat_id"] and other["cause"] != "import"
            ]  # fmt: skip
            ours[line["chat_id"]] = min(own, default=None)
    found = []
    for message in rows.messages:
        at = message["stored_at"]
        if at is None:
            opened = rows.chats[message["chat_id"]]["opened_at"]
            at = max(message["created_at"], opened)
        if message["chat_id"] in ours:
            begin = ours[message["chat_id"]]
            if begin is None or at < begin:
                continue
        kind = "automatic"
        if message["direction"] == "in":
            kind = "in"
        elif message["auto"] == "" and message["sender"].isdigit():
            operator = rows.operators.get(int(message["sender"]))
            if operator and operator["manager_id"] == message["manager_id"]:
                kind = "human"
        channel = rows.contacts[message["contact_id"]]["channel"]
        dated = _dated(rows, message["manager_id"], at)
        found.append(dated | {"kind": kind, "channel": channel, "at": at})
    return found


def _kinds(messages: list[Row]) -> Row:
    kinds = Counter(message["kind"] for message in messages)
    named = {kind: kinds[kind] for kind in ("in", "human", "automatic")}
    return {"count": len(messages), **named}


def _new_contacts(rows: Rows) -> list[Row]:
    return [
        _dated(rows, one["manager_id"], one["created_at"]) | {"channel": one["channel"]}
        for one in rows.contacts.values()
    ]


def _deliveries(rows: Rows) -> list[Row]:
    return [
        _dated(rows, one["manager_id"], one["queued_at"]) | one
        for one in table("SELECT * FROM chats_delivery")
    ]


def _times(deliveries: list[Row]) -> Row:
    sent = [
        _ms(one["sent_at"] - one["queued_at"]) for one in deliveries if one["sent_at"]
    ]
    both = [one for one in deliveries if one["sent_at"] and one["delivered_at"]]
    delivered = [_ms(one["delivered_at"] - one["sent_at"]) for one in both]
    failed = Counter(
        one["failed_code"] for one in deliveries
        if one["failed_code"] and not one["delivered_at"]
    )  # fmt: skip
    return {
        "n": len(deliveries),
        "sent": len(sent),
        "p50": rank(sent, 50),
        "p95": rank(sent, 95),
        "delivered": {
            "n": len(delivered),
            "p50": rank(delivered, 50),
            "p95": rank(delivered, 95),
        },
        "failed": dict(failed),
    }


def _ms(length: timedelta) -> int:
    return max(length, timedelta()) // timedelta(milliseconds=1)


def rank(values: list[int], percent: int) -> int | None:
    if not values:
        return None
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def _pieces(rows: Rows) -> list[Row]:
    """Returns seconds of each state by day, incidents, and hours without a message."""
    found = []
    accounts = table("SELECT id, manager_id, channel FROM chats_gatewayaccount")
    for account in accounts:
        common = {"manager": account["manager_id"], "channel": account["channel"]}
        for state, begin, end in _runs(account["id"]):
            if state == "down" and end - begin >= timedelta(seconds=60):
                found.append(_dated(rows, common["manager"], end) | common | {"n": 1})
            if state != "unknown":
                found += _cut(rows, common, state, begin, end)
    return found + _gaps(rows)


def _runs(account: int) -> list[tuple[str, datetime, datetime]]:
    runs: list[Any] = []
    changes = table(
        f"SELECT at, state FROM chats_sessionchange WHERE account_id = {account}"  # noqa: S608
        " ORDER BY at, id"
    )
    for change in changes:
        state = {"open": "open", "unknown": "unknown"}.get(change["state"], "down")
        if runs and runs[-1][0] == state:
            continue
        if runs:
            runs[-1][2] = change["at"]
        runs.append([state, change["at"], datetime.now(UTC)])
    return [tuple(run) for run in runs]


def _cut(
    rows: Rows, common: Row, state: str, begin: datetime, end: datetime
) -> list[Row]:
    pieces = []
    while begin < end:
        local = rows.local(common["manager"], None, begin)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(end, (midnight + timedelta(days=1)).astimezone(UTC))
        pieces.append(
            common | {"day": local.date(), "state": state, "length": until - begin}
        )
        begin = until
    return pieces


def _gaps(rows: Rows) -> list[Row]:
    messages = _messages(rows)
    counts = Counter(
        (one["manager"], one["channel"], one["day"], one["hour"]) for one in messages
    )
    found = []
    for manager, channel, day, hour in counts:
        for week in range(1, 5):
            target = day + timedelta(days=7 * week)
            before = sorted(
                counts[manager, channel, target - timedelta(days=7 * n), hour]
                for n in range(1, 5)
            )
            gap = {"manager": manager, "channel": channel, "day": target, "hour": hour}
            if before[1] >= 1 and not counts[manager, channel, target, hour]:
                found.append(gap)
    return [
        gap | {"gap": 1} for n, gap in enumerate(found) if gap not in found[:n]
    ]  # fmt: skip


def _states(pieces: list[Row]) -> Row:
    lengths = {"open": timedelta(), "down": timedelta()}
    for piece in pieces:
        if "state" in piece:
            lengths[piece["state"]] += piece["length"]
    known = lengths["open"] + lengths["down"]
    rate = None
    if known:
        rate = math.floor(lengths["open"] / known * 10000 + 0.5) / 10000
    return {
        "n": sum(piece.get("n", 0) for piece in pieces),
        "open": lengths["open"] // timedelta(seconds=1),
        "known": known // timedelta(seconds=1),
        "rate": rate,
        "gaps": sum(piece.get("gap", 0) for piece in pieces),
    }
