"""Recomputes the load and the pauses of operators by plain loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.reports.independent import Row, Rows, table

Key = tuple[str, ...]
NOTHING = timedelta()


def expected_of_presence(
    rows: Rows, metric: str, managers: set[int], since: date, until: date,
    by: Sequence[str],
) -> tuple[dict[Key, Row], Row]:  # fmt: skip
    """Returns the figures of each group and of all."""
    state = "paused" if metric == "pauses" else "online"
    holds = _holds(rows)
    mine = [
        span | {"holds": holds.get(span["operator"], [])}
        for span in _spans(rows)
        if span["manager"] in managers and since <= span["day"] <= until
        and span["state"] == state
    ]  # fmt: skip
    figure: Callable[[list[Row]], Row] = {
        "occupancy": _occupancy,
        "concurrency": _concurrency,
        "pauses": _pauses,
    }[metric]
    groups: dict[Key, list[Row]] = {}
    for span in mine:
        groups.setdefault(tuple(_part(span, name) for name in by), []).append(span)
    shown = {key: figure(these) for key, these in groups.items()} if by else {}
    return shown, figure(mine)


def _part(span: Row, name: str) -> str:
    day: date = span["day"]
    return {
        "day": day.isoformat(),
        "week": (day - timedelta(days=day.weekday())).isoformat(),
        "month": day.isoformat()[:7],
        "operator": str(span["operator"]),
        "manager": str(span["manager"]),
    }[name]


def _spans(rows: Rows) -> list[Row]:
    """Returns the spans of presence, cut at their manager's midnights."""
    found = []
    for one in table("SELECT * FROM areas_presencespan ORDER BY id"):
        manager = rows.operators[one["operator_id"]]["manager_id"]
        zone = ZoneInfo(rows.managers[manager]["time_zone"])
        begins, ends = one["started_at"], one["ended_at"] or one["seen_at"]
        while begins < ends:
            day = begins.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), zone)
            found.append(
                {
                    "manager": manager, "operator": one["operator_id"], "day": day,
                    "state": one["state"], "reason": one["reason"], "begins": begins,
                    "ends": min(ends, midnight.astimezone(begins.tzinfo)),
                }
            )  # fmt: skip
            begins = found[-1]["ends"]
    return found


def _holds(rows: Rows) -> dict[int, list[tuple[datetime, datetime]]]:
    """Returns from when to when each operator had each chat."""
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for episode in rows.episodes:
        holder: int | None = None
        since: datetime | None = None
        for line in episode["lines"]:
            now = None if line["kind"] == "closed" else line["operator_id"]
            if now == holder:
                continue
            if holder is not None and since is not None:
                found.setdefault(holder, []).append((since, line["at"]))
            holder, since = now, line["at"]
        if holder is not None and since is not None:
            ends = episode["ends"] or datetime.now(since.tzinfo)
            found.setdefault(holder, []).append((since, ends))
    return found


def _length(spans: list[Row]) -> timedelta:
    return sum((span["ends"] - span["begins"] for span in spans), NOTHING)


def _loads(span: Row) -> list[tuple[timedelta, int]]:
    """Returns the parts of a span without changes, with the number of chats."""
    begins, ends = span["begins"], span["ends"]
    edges = {begins, ends}
    for hold in span["holds"]:
        edges |= {edge for edge in hold if begins < edge < ends}
    cut = sorted(edges)
    return [
        (b - a, sum(1 for x, y in span["holds"] if x <= a and y >= b))
        for a, b in pairwise(cut)
    ]


def _occupancy(spans: list[Row]) -> Row:
    online = _length(spans)
    pieces = [piece for span in spans for piece in _loads(span)]
    busy = sum((length for length, n in pieces if n), NOTHING)
    return _shown(spans, "busy", busy, online, "rate")


def _concurrency(spans: list[Row]) -> Row:
    online = _length(spans)
    pieces = [piece for span in spans for piece in _loads(span)]
    held = sum((length * n for length, n in pieces), NOTHING)
    return _shown(spans, "held", held, online, "mean")


def _shown(
    spans: list[Row], name: str, part: timedelta, online: timedelta, share: str
) -> Row:
    microsecond = timedelta(microseconds=1)
    a, b = part // microsecond, online // microsecond
    return {
        "n": len(spans),
        name: part // timedelta(seconds=1),
        "online": online // timedelta(seconds=1),
        share: ((20000 * a + b) // (2 * b)) / 10000 if b else None,
    }


def _pauses(spans: list[Row]) -> Row:
    def shown(these: list[Row]) -> dict[str, Any]:
        return {"n": len(these), "sum": _length(these) // timedelta(seconds=1)}

    reasons = sorted({span["reason"] for span in spans})
    return shown(spans) | {
        "reasons": {
            reason: shown([span for span in spans if span["reason"] == reason])
            for reason in reasons
        }
    }
