"""Computes figures of the independent samples from sorted lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.reports.independent import Row, Rows
from tests.reports.independent_accounts import expected_of_accounts
from tests.reports.independent_moves import left, requeues
from tests.reports.independent_presence import expected_of_presence

Key = tuple[str, ...]
DURATIONS = (
    "tme", "unserved", "queue", "tmr1", "tmr", "unanswered", "owed", "reaction", "tma",
    "resolution", "full_resolution",
)  # fmt: skip
SHARES: dict[str, tuple[Callable[[Row], bool], Callable[[Row], bool]]] = {
    "reopen": (lambda e: e["reopened_soon"], lambda e: e["outcome"] == "resolved"),
    "recontact": (lambda e: e["recontacted"], lambda e: e["outcome"] == "resolved"),
    "one_contact": (
        lambda e: (
            len(e["authors"]) == 1
            and not e["transfers"]
            and not e["reopened_soon"]
            and not e["recontacted"]
        ),
        lambda e: e["outcome"] == "resolved",
    ),
    "transfer": (lambda e: e["transfers"] > 0, lambda e: e["served"]),
    "bounce": (lambda e: e["bounced"], lambda e: e["transfers"] > 0),
    "lost": (lambda e: e["outcome"] == "lost", lambda e: e["queued"]),
    "abandoned": (lambda e: e["outcome"] == "abandoned", lambda e: e["served"]),
    "contained": (lambda e: e["outcome"] == "contained", lambda e: e["had_bot"]),
}


def key_of(row: Row, by: Sequence[str]) -> Key:
    day: date = row["day"]
    values = {
        "day": day.isoformat(),
        "week": (day - timedelta(days=day.weekday())).isoformat(),
        "month": day.isoformat()[:7],
        "hour": str(row["hour"]),
        "weekday": str(day.isoweekday()),
        "area": str(row["area"] or 0),
        "operator": str(row["operator"] or 0),
        "channel": row["channel"],
        "manager": str(row["manager"]),
    }
    return tuple(values[name] for name in by)


def seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)


def figure(lengths: list[int]) -> Row:
    """Returns the percentile by nearest rank."""
    if not lengths:
        return dict.fromkeys(("sum", "mean", "median", "p90", "max"))
    ordered = sorted(lengths)
    mean = Decimal(sum(ordered)) / len(ordered)
    return {
        "sum": sum(ordered),
        "mean": int(mean.quantize(Decimal(1), ROUND_HALF_UP)),
        "median": ordered[math.ceil(len(ordered) / 2) - 1],
        "p90": ordered[(9 * len(ordered) + 9) // 10 - 1],
        "max": ordered[-1],
    }


def rate(n: int, of: int) -> float | None:
    if not of:
        return None
    exact = (Decimal(n) / Decimal(of)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return float(exact)


def expected(
    rows: Rows, metric: str, managers: set[int], since: date, until: date,
    by: Sequence[str] = (),
) -> tuple[dict[Key, Row], Row]:  # fmt: skip
    """Returns the figures of each group and of all."""
    if metric in ("messages", "new_contacts", "delivery", "health"):
        return expected_of_accounts(rows, metric, managers, since, until, by)
    if metric in ("occupancy", "concurrency", "pauses"):
        return expected_of_presence(rows, metric, managers, since, until, by)
    samples = [
        s for s in rows.samples
        if s["manager"] in managers and since <= s["day"] <= until
    ]  # fmt: skip
    if metric in DURATIONS:
        return _durations(samples, metric, by)
    if metric.startswith("sla_"):
        return _targets(samples, metric.removeprefix("sla_"), by)
    if metric in ("csat", "answered_surveys"):
        return _marks([s for s in samples if s["metric"] == metric], metric, by)
    episodes = _dated(rows, metric, managers, since, until)
    if metric == "requeues":
        episodes = [e | each for e in episodes for each in requeues(e)]
    if metric in ("opened", "reopened", "closed", "requeues"):
        return _counts(episodes, metric, by)
    if metric == "bounce" and "area" in by:
        moved = [(e | {"area": at}, came) for e in episodes for at, came in left(e)]
        return _rates(moved, by)[0], _shares(episodes, metric, ())[1]
    if metric == "transfer" and {"area", "operator"} & {*by}:
        return _moved(rows, samples, episodes, by)
    return _shares(episodes, metric, by)


def _dated(
    rows: Rows, metric: str, managers: set[int], since: date, until: date
) -> list[Row]:
    found = []
    for episode in rows.episodes:
        if episode["manager"] not in managers:
            continue
        if metric in ("opened", "reopened"):
            first = episode["lines"][0]
            at, schedule = episode["begins"], first["schedule_id"]
        elif episode["ends"] is None:
            continue
        else:
            at, schedule = episode["ends"], episode["closed"]["schedule_id"]
        local = rows.local(episode["manager"], schedule, at)
        if since <= local.date() <= until:
            dated = {"day": local.date(), "hour": local.hour}
            found.append(episode | dated | {"operator": episode["closer"]})
    return found


def _durations(
    samples: list[Row], metric: str, by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    beside = {
        "tme": {"unserved": lambda s: s["metric"] == "unserved"},
        "tmr1": {
            "unanswered": lambda s: s["metric"] == "unanswered" and s["mark"] == 1,
            "byPhone": lambda s: s["metric"] == "phone1",
        },
        "tmr": {
            "unanswered": lambda s: s["metric"] == "unanswered" and s["mark"] == 0,
            "byPhone": lambda s: s["metric"] == "phone",
        },
        "unanswered": {"first": lambda s: s["metric"] == metric and s["mark"] == 1},
    }.get(metric, {})
    own = [s for s in samples if s["metric"] == metric]

    def shown(scope: Sequence[str], key: Key) -> Row:
        mine = [s for s in own if key_of(s, scope) == key]
        if metric == "tma":
            lengths: dict[Any, list[timedelta]] = {}
            for s in mine:
                both = lengths.setdefault(s["episode"], [timedelta(), timedelta()])
                both[0] += s["length"]
                both[1] += s["open"]
            pairs = list(lengths.values())
        else:
            pairs = [[s["length"], s["open"]] for s in mine]
        answer = {"n": len(pairs), **figure([seconds(a) for a, _ in pairs])}
        answer["business"] = figure([seconds(b) for _, b in pairs])
        for name, condition in beside.items():
            answer[name] = sum(
                condition(s) and key_of(s, scope) == key for s in samples
            )
        return answer

    keys = {key_of(s, by) for s in own}
    for condition in beside.values():
        keys |= {key_of(s, by) for s in samples if condition(s)}
    return {key: shown(by, key) for key in keys} if by else {}, shown((), ())


def _targets(
    samples: list[Row], clock: str, by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    among = []
    for s in samples:
        if s["target"] is None:
            continue
        took = seconds(s["open"])
        missed = {"tme": "unserved"}.get(clock, "unanswered")
        if s["metric"] == clock:
            among.append((s, took <= s["target"]))
        elif (
            clock != "resolution"
            and s["metric"] == missed
            and took > s["target"]
            and (clock == "tme" or s["mark"] == (1 if clock == "tmr1" else 0))
        ):
            among.append((s, False))
    return _rates(among, by)


def _rates(
    among: list[tuple[Row, bool]], by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    def shown(scope: Sequence[str], key: Key) -> Row:
        mine = [is_one for s, is_one in among if key_of(s, scope) == key]
        return {"n": sum(mine), "of": len(mine), "rate": rate(sum(mine), len(mine))}

    keys = {key_of(s, by) for s, _ in among}
    return {key: shown(by, key) for key in keys} if by else {}, shown((), ())


def _shares(
    episodes: list[Row], metric: str, by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    counted, of = SHARES[metric]
    groups, total = _rates([(e, bool(counted(e))) for e in episodes if of(e)], by)
    if metric == "contained":
        _spread(groups, total, episodes, by, "dropped", _dropped_at)
    return groups, total


def _dropped_at(episode: Row) -> str | None:
    if episode["outcome"] != "dropped":
        return None
    sa = episode["closed"]["sa"]
    return "" if sa is None else str(sa)


def _spread(
    groups: dict[Key, Row], total: Row, rows: list[Row], by: Sequence[str], name: str,
    value: Callable[[Row], str | None],
) -> None:  # fmt: skip
    empty = {"n": 0, "of": 0, "rate": None}
    valued = [(key_of(row, by), value(row)) for row in rows]
    if by:
        for key, found in valued:
            if found is not None:
                groups.setdefault(key, dict(empty))
        for key, place in groups.items():
            own = [found for k, found in valued if k == key and found is not None]
            place[name] = {each: own.count(each) for each in own}
    all_of = [found for _, found in valued if found is not None]
    total[name] = {each: all_of.count(each) for each in all_of}


def _marks(
    samples: list[Row], metric: str, by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    if metric == "csat":
        groups, total = _rates([(s, s["mark"] >= 4) for s in samples], by)
        _spread(groups, total, samples, by, "marks", lambda s: str(s["mark"]))
        return groups, total
    asked = [(s, s["mark"] == 1) for s in samples if s["mark"] != 2]
    groups, total = _rates(asked, by)
    lost = [key_of(s, by) for s in samples if s["mark"] == 2]
    if by:
        for key in lost:
            groups.setdefault(key, {"n": 0, "of": 0, "rate": None})
        for key, place in groups.items():
            place["lost"] = lost.count(key)
    total["lost"] = len(lost)
    return groups, total


def _counts(
    episodes: list[Row], metric: str, by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    mine = [
        e for e in episodes if metric in ("closed", "requeues") or e["origin"] == metric
    ]
    keys = [key_of(e, by) for e in mine]
    groups: dict[Key, Row] = {key: {"count": keys.count(key)} for key in keys}
    total: Row = {"count": len(mine)}
    if metric == "opened":
        _spread(groups, total, mine, by, "origins", lambda e: e["opened_by"])
    if metric == "closed":
        _spread(groups, total, mine, by, "outcomes", lambda e: e["outcome"])
    return groups if by else {}, total


def _moved(
    rows: Rows, samples: list[Row], episodes: list[Row], by: Sequence[str]
) -> tuple[dict[Key, Row], Row]:
    """Returns transfers by operators of their chats, and out of areas of chats in them."""
    _, total = _shares(episodes, "transfer", ())
    by_id = {(e["chat"], e["number"]): e for e in rows.episodes}
    found: dict[Key, dict[Any, bool]] = {}
    for s in samples:
        if s["metric"] != "tma":
            continue
        episode = by_id[s["episode"]]
        if "operator" in by:
            moved = s["operator"] in episode["movers"]
        else:
            moved = s["area"] in episode["left_areas"]
        each = found.setdefault(key_of(s, by), {})
        each[s["episode"]] = each.get(s["episode"], False) or moved
    groups = {}
    for key, each in found.items():
        n, of = sum(each.values()), len(each)
        groups[key] = {"n": n, "of": of, "rate": rate(n, of)}
    return groups, total
