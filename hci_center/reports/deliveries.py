"""`delivery`: how long messages took to be sent and delivered, and why they failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hci_center.reports.questions import Question
from hci_center.reports.report import Figures, Report, fetch, ordered

# Read from the index `deliveries_queued` alone. A message that was delivered after all
# has not failed.
_SOURCE = """
WITH span AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
), source AS (
  SELECT * FROM (
    SELECT d.manager_id, x.day, d.channel, d.queued_at, d.sent_at, d.delivered_at,
           CASE WHEN d.delivered_at IS NULL THEN d.failed_code ELSE '' END AS failed_code,
           d.message_id, d.contact_id, x.zone
      FROM span x JOIN chats_delivery d
        ON d.manager_id = x.manager_id AND d.queued_at >= x.begins AND d.queued_at < x.ends
  ) s WHERE {filters}
)
"""
# Equal milliseconds are counted, so that no samples are sorted.
_MEASURED = """, measured AS (
  SELECT {keys} AS k, s.failed_code,
         CASE WHEN s.sent_at IS NOT NULL
              THEN report_micros(s.sent_at - s.queued_at) / 1000 END AS sent,
         CASE WHEN s.sent_at IS NOT NULL AND s.delivered_at IS NOT NULL
              THEN report_micros(s.delivered_at - s.sent_at) / 1000 END AS delivered
    FROM source s
), counted AS MATERIALIZED (
  SELECT k, grouping(sent, delivered, failed_code) AS what, coalesce(sent, delivered) AS v,
         failed_code, count(*) AS c
    FROM measured GROUP BY GROUPING SETS ((k, sent), (k, delivered), (k, failed_code))
)
SELECT 'code', what, k, failed_code, c, NULL, NULL FROM counted WHERE what = 6
 UNION ALL
SELECT 'rows', what, k, NULL, {percentiles}
  FROM (SELECT c.*, sum(c) OVER (PARTITION BY what, k ORDER BY v) AS upto,
               sum(c) OVER (PARTITION BY what, k) AS n
          FROM counted c WHERE what < 6 AND v IS NOT NULL) r
 GROUP BY what, k
 UNION ALL
SELECT 'total', what, NULL, NULL, {percentiles}
  FROM (SELECT c.*, sum(c) OVER (PARTITION BY what ORDER BY v) AS upto,
               sum(c) OVER (PARTITION BY what) AS n
          FROM (SELECT what, v, sum(c) AS c FROM counted
                 WHERE what < 6 AND v IS NOT NULL GROUP BY 1, 2) c) r
 GROUP BY what
"""
_PERCENTILES = """max(r.n), min(r.v) FILTER (WHERE r.upto * 2 >= r.n),
       min(r.v) FILTER (WHERE r.upto * 20 >= r.n * 19)"""
# What `grouping` says of the sets with the milliseconds until sent.
_SENT = 3
# Of which moments a row of each part is.
_PARTS: Mapping[str, tuple[str, str, str]] = {
    "n": ("s.queued_at", "s.sent_at", "true"),
    "sent": ("s.queued_at", "s.sent_at", "s.sent_at IS NOT NULL"),
    "delivered": (
        "s.sent_at",
        "s.delivered_at",
        "s.sent_at IS NOT NULL AND s.delivered_at IS NOT NULL",
    ),
    "failed": ("s.queued_at", "NULL::timestamptz", "s.failed_code <> ''"),
}


def deliveries(question: Question) -> Report:
    """Returns how many were queued, with milliseconds and failures by code."""
    statement = _SOURCE.format(filters=_filters(question)) + _MEASURED.format(
        keys=question.keys("s"), percentiles=_PERCENTILES
    )
    report = Report(total=_nothing())
    for scope, what, key, code, n, p50, p95 in fetch(question, statement):
        places = [report.total]
        if scope != "total":
            place = report.rows.setdefault(tuple(key), _nothing())
            places = [place] if scope == "rows" else [place, report.total]
        for figures in places:
            if scope == "code":
                _add_failures(figures, code, int(n))
            elif what == _SENT:
                figures |= {"sent": int(n), "p50": p50, "p95": p95}
            else:
                figures["delivered"] = {"n": int(n), "p50": p50, "p95": p95}
    for figures in (*report.rows.values(), report.total):
        figures["failed"] = dict(sorted(figures["failed"].items()))
    return ordered(report, question)


def listed_deliveries(question: Question, part: str) -> tuple[str, str]:
    """Returns the rows behind a figure: a statement's beginning, and what to list."""
    begins, ends, condition = _PARTS.get(part, _PARTS["n"])
    if question.code is not None:
        condition += " AND s.failed_code = %(code)s"
    begin = _SOURCE.format(filters=_filters(question))
    return (
        begin,
        f"""
  SELECT s.queued_at AS at, 0::bigint AS chat_id, 0 AS episode, s.message_id AS source,
         s.manager_id, 0::bigint AS area_id, 0::bigint AS operator_id, s.channel,
         {begins} AS begins, {ends} AS ends,
         CASE WHEN {ends} IS NOT NULL
              THEN report_micros({ends} - {begins}) / 1000000 END AS seconds,
         NULL::bigint AS business, NULL::smallint AS mark, s.contact_id,
         NULL::bigint AS of_chat
    FROM source s WHERE {condition}""",  # noqa: S608 - of columns
    )


def _filters(question: Question) -> str:
    found = ["true"]
    if question.channel is not None:
        found.append("s.channel = %(channel)s")
    if question.hour is not None:
        found.append("extract(hour FROM s.queued_at AT TIME ZONE s.zone) = %(hour)s")
    if question.weekday is not None:
        found.append("extract(isodow FROM s.day) = %(weekday)s")
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
