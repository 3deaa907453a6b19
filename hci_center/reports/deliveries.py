"""`delivery`: how long messages took to be sent and delivered, and why they failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hci_center.reports.questions import Question
from hci_center.reports.report import Figures, Report, fetch, ordered

# Each day by itself, along the index `deliveries_queued` alone. A message that was
# delivered after all has not failed.
_DAYS = """
WITH span AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
)"""
_OF_A_DAY = """
  FROM span x CROSS JOIN LATERAL (
    SELECT d.message_id, d.contact_id, d.channel, d.queued_at, d.sent_at, d.delivered_at,
           CASE WHEN d.delivered_at IS NULL THEN d.failed_code ELSE '' END AS failed_code
      FROM chats_delivery d
     WHERE d.manager_id = x.manager_id AND d.queued_at >= x.begins
       AND d.queued_at < x.ends AND {filters} {first}) s
"""
# Equal milliseconds are counted, so that no samples are sorted. To read the index three
# times is quicker than to make three rows of each.
_MILLIS = """greatest(0, round(date_part('epoch', {to} - {since}) * 1000000)::bigint
           / 1000)"""
_COUNTED = f"""{_DAYS}, counted AS (
  SELECT {{columns}}'sent' AS what,
         {_MILLIS.format(since="s.queued_at", to="s.sent_at")} AS v, '' AS code,
         count(*) AS c
  {{of_a_day}} WHERE s.sent_at IS NOT NULL GROUP BY {{columns}}v
   UNION ALL
  SELECT {{columns}}'delivered',
         {_MILLIS.format(since="s.sent_at", to="s.delivered_at")} AS v, '', count(*)
  {{of_a_day}} WHERE s.sent_at IS NOT NULL AND s.delivered_at IS NOT NULL
   GROUP BY {{columns}}v
   UNION ALL
  SELECT {{columns}}'code', NULL, s.failed_code AS v, count(*)
  {{of_a_day}} GROUP BY {{columns}}v
), keyed AS MATERIALIZED (
  SELECT {{keys}} AS k, s.what, s.v, s.code, sum(s.c) AS c FROM counted s
   GROUP BY 1, 2, 3, 4
)
SELECT 'rows', what, k, code, sum(c), NULL, NULL FROM keyed WHERE what = 'code'
 GROUP BY k, what, code
 UNION ALL
SELECT 'rows', what, k, NULL, {{percentiles}}
  FROM (SELECT c.*, sum(c) OVER (PARTITION BY what, k ORDER BY v) AS upto,
               sum(c) OVER (PARTITION BY what, k) AS n
          FROM keyed c WHERE what <> 'code') r
 GROUP BY what, k
 UNION ALL
SELECT 'total', what, NULL, NULL, {{percentiles}}
  FROM (SELECT c.*, sum(c) OVER (PARTITION BY what ORDER BY v) AS upto,
               sum(c) OVER (PARTITION BY what) AS n
          FROM (SELECT what, v, sum(c) AS c FROM keyed WHERE what <> 'code'
                 GROUP BY 1, 2) c) r
 GROUP BY what
"""  # noqa: S608 - of constants
_PERCENTILES = """max(r.n), min(r.v) FILTER (WHERE r.upto * 2 >= r.n),
       min(r.v) FILTER (WHERE r.upto * 20 >= r.n * 19)"""
# Of which columns the keys of groups are made.
_COLUMNS: Mapping[str, str] = {
    "day": "x.day",
    "week": "x.day",
    "month": "x.day",
    "channel": "s.channel",
    "manager": "x.manager_id",
}
# Of which moments a row of each part is.
_PARTS: Mapping[str, tuple[str, str, str]] = {
    "n": ("s.queued_at", "s.sent_at", "true"),
    "sent": ("s.queued_at", "s.sent_at", "d.sent_at IS NOT NULL"),
    "delivered": (
        "s.sent_at",
        "s.delivered_at",
        "d.sent_at IS NOT NULL AND d.delivered_at IS NOT NULL",
    ),
    "failed": (
        "s.queued_at",
        "NULL::timestamptz",
        "d.failed_code <> '' AND d.delivered_at IS NULL",
    ),
}


def deliveries(question: Question) -> Report:
    """Returns how many were queued, with milliseconds and failures by code."""
    columns = dict.fromkeys(_COLUMNS[name] for name in question.by)
    statement = _COUNTED.format(
        columns="".join(f"{column}, " for column in columns),
        of_a_day=_OF_A_DAY.format(filters=_filters(question), first="OFFSET 0"),
        keys=question.keys("s"),
        percentiles=_PERCENTILES,
    )
    report = Report(total=_nothing())
    for scope, what, key, code, n, p50, p95 in fetch(question, statement):
        places = [report.total]
        if scope != "total":
            place = report.rows.setdefault(tuple(key), _nothing())
            places = [place, report.total] if what == "code" else [place]
        for figures in places:
            if what == "code":
                _add_failures(figures, code, int(n))
            elif what == "sent":
                figures |= {"sent": int(n), "p50": p50, "p95": p95}
            else:
                figures["delivered"] = {"n": int(n), "p50": p50, "p95": p95}
    for figures in (*report.rows.values(), report.total):
        figures["failed"] = dict(sorted(figures["failed"].items()))
    return ordered(report, question)


def listed_deliveries(question: Question, part: str) -> tuple[str, str]:
    """Returns the rows behind a figure: a statement's beginning, and what to list.

    Of each day as many as a page has.
    """
    begins, ends, condition = _PARTS.get(part, _PARTS["n"])
    filters = f"{_filters(question)} AND {condition}"
    if question.code is not None:
        filters += " AND d.failed_code = %(code)s"
    filters += """
       AND (%(at)s::timestamptz IS NULL
            OR (d.queued_at, d.message_id) > (%(at)s::timestamptz, %(source)s::bigint))"""
    first = "ORDER BY d.queued_at, d.message_id LIMIT %(limit)s"
    return (
        _DAYS,
        f"""
  SELECT s.queued_at AS at, 0::bigint AS chat_id, 0 AS episode, s.message_id AS source,
         x.manager_id, 0::bigint AS area_id, 0::bigint AS operator_id, s.channel,
         {begins} AS begins, {ends} AS ends,
         CASE WHEN {ends} IS NOT NULL
              THEN report_micros({ends} - {begins}) / 1000000 END AS seconds,
         NULL::bigint AS business, NULL::smallint AS mark, s.contact_id,
         NULL::bigint AS of_chat
  {_OF_A_DAY.format(filters=filters, first=first)}""",
    )


def _filters(question: Question) -> str:
    found = ["true"]
    if question.channel is not None:
        found.append("d.channel = %(channel)s")
    if question.hour is not None:
        found.append("extract(hour FROM d.queued_at AT TIME ZONE x.zone) = %(hour)s")
    if question.weekday is not None:
        found.append("extract(isodow FROM x.day) = %(weekday)s")
    return " AND ".join(found)


def _add_failures(figures: Figures, code: str, count: int) -> None:
    figures["n"] += count
    if code:
        figures["failed"][code] = figures["failed"].get(code, 0) + count


def _nothing() -> dict[str, Any]:
    return {
        "n": 0,
        "sent": 0,
        "p50": None,
        "p95": None,
        "delivered": {"n": 0, "p50": None, "p95": None},
        "failed": {},
    }
