"""`delivery`: how long messages took to be sent and delivered, and why they failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import Figures, Report, fetch, ordered
from hci_center.reports.kept.delivery_days import LENGTHS

# The days of the period, and those that are not stored or have changed since.
_DAYS = """
WITH span AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s) x WHERE {days}
)"""
_STALE = """, stale AS MATERIALIZED (
  SELECT x.* FROM (
    SELECT x.*, min(x.begins) OVER day AS first, max(x.ends) OVER day AS last FROM span x
    WINDOW day AS (PARTITION BY x.manager_id, x.day)) x
   WHERE {is_live}
      OR (x.last <= (SELECT max(s.deliveries_until) FROM report_settled s)) IS NOT TRUE
      OR EXISTS (SELECT FROM report_dirty_delivery d WHERE d.manager_id = x.manager_id
                    AND d.queued_at >= x.first AND d.queued_at < x.last)
), kept AS NOT MATERIALIZED (
  SELECT x.manager_id, x.day, x.channel, x.part, x.code, x.step, x.count, x.millis
    FROM report_delivery x
   WHERE x.manager_id = ANY(%(managers)s) AND x.day BETWEEN %(since)s AND %(until)s
     AND {days} AND (%(channel)s::text IS NULL OR x.channel = %(channel)s)
     AND (x.manager_id, x.day) NOT IN (SELECT t.manager_id, t.day FROM stale t)
), recent AS MATERIALIZED (
  SELECT {columns}x.part, x.code, x.v, report_step(x.v) AS step, count(*) AS count
    FROM ({lengths}) x GROUP BY {columns}x.part, x.code, x.v
)"""
# The number of deliveries in each histogram step of each group, and in total (`g` is
# NULL). A percentile is the smallest length that so many do not exceed (nearest rank);
# only the step that contains it is read.
_COUNTED = """, counted AS MATERIALIZED (
  SELECT {columns}x.part, x.code, x.step, sum(x.count) AS count FROM kept x
   GROUP BY {columns}x.part, x.code, x.step
   UNION ALL
  SELECT {columns}x.part, x.code, coalesce(x.step, 0), sum(x.count) FROM recent x
   GROUP BY {columns}x.part, x.code, x.step
), named AS MATERIALIZED (
  SELECT x.*, dense_rank() OVER (ORDER BY x.k) AS g
    FROM (SELECT {columns}{keys} AS k
            FROM (SELECT DISTINCT {columns}true FROM counted x) x) x
), grouped AS MATERIALIZED (
  SELECT n.g, x.part, x.code, x.step, sum(x.count) AS count
    FROM counted x JOIN named n ON {same_name}true
   GROUP BY GROUPING SETS ((n.g, x.part, x.code, x.step), (x.part, x.code, x.step))
), ranked AS (
  SELECT x.*, sum(x.count) OVER (PARTITION BY x.g, x.part ORDER BY x.step) AS upto,
         sum(x.count) OVER (PARTITION BY x.g, x.part) AS n
    FROM grouped x WHERE x.part IN ('sent', 'delivered')
), wanted AS MATERIALIZED (
  SELECT r.g, r.part, r.step, p.percentile, p.rank - (r.upto - r.count) AS place,
         (coalesce(r.g, 0) * 1000 + r.step) * 2 + (r.part = 'sent')::integer AS id
    FROM ranked r
   CROSS JOIN LATERAL (VALUES ('p50', div(r.n + 1, 2)), ('p95', div(r.n * 19 + 19, 20)))
           p (percentile, rank)
   WHERE p.rank > r.upto - r.count AND p.rank <= r.upto
), sought AS MATERIALIZED (
  SELECT DISTINCT {columns}w.id, w.part, w.step FROM wanted w JOIN named x ON x.g = w.g
), sought_of_all AS MATERIALIZED (
  SELECT DISTINCT w.id, w.part, w.step FROM wanted w WHERE w.g IS NULL
), length AS (  -- of each group, sorted
  SELECT l.id, array_agg(l.v ORDER BY l.v) AS millis FROM (
    SELECT w.id, v FROM sought w
      JOIN kept x ON {same}x.part = w.part AND x.step = w.step
     CROSS JOIN unnest(x.millis) v
     UNION ALL
    SELECT w.id, x.v FROM sought w
      JOIN recent x ON {same}x.part = w.part AND x.step = w.step
     CROSS JOIN generate_series(1, x.count)) l
   GROUP BY l.id
), length_of_all AS (  -- of many groups together equal ones are many
  SELECT l.id, l.v, sum(l.count) OVER (PARTITION BY l.id ORDER BY l.v) AS upto FROM (
    SELECT w.id, v, count(*) AS count FROM sought_of_all w
      JOIN kept x ON x.part = w.part AND x.step = w.step
     CROSS JOIN unnest(x.millis) v GROUP BY w.id, v
     UNION ALL
    SELECT w.id, x.v, x.count FROM sought_of_all w
      JOIN recent x ON x.part = w.part AND x.step = w.step) l
)
SELECT x.g IS NULL, n.k, x.what, x.code, x.count, x.millis FROM (
  SELECT x.g, x.part AS what, x.code, sum(x.count) AS count, NULL::bigint AS millis
    FROM grouped x GROUP BY x.g, x.part, x.code
   UNION ALL
  SELECT w.g, w.part || ' ' || w.percentile, '', NULL, l.millis[w.place::integer]
    FROM wanted w JOIN length l ON l.id = w.id
   UNION ALL
  SELECT w.g, w.part || ' ' || w.percentile, '', NULL, min(l.v)
    FROM wanted w JOIN length_of_all l ON l.id = w.id AND l.upto >= w.place
   WHERE w.g IS NULL GROUP BY w.g, w.part, w.percentile) x
  LEFT JOIN (SELECT DISTINCT n.g, n.k FROM named n) n ON n.g = x.g
"""
# The columns that the keys of groups are built from.
_COLUMNS: Mapping[str, str] = {
    "day": "x.day",
    "week": "x.day",
    "month": "x.day",
    "channel": "x.channel",
    "manager": "x.manager_id",
}
# The deliveries of a day.
_LISTED_OF_A_DAY = """
  FROM span x CROSS JOIN LATERAL (
    SELECT d.message_id, d.contact_id, d.channel, d.queued_at, d.sent_at, d.delivered_at
      FROM chats_delivery d
     WHERE d.manager_id = x.manager_id AND d.queued_at >= x.begins
       AND d.queued_at < x.ends AND {filters} {first}) s
"""
# The times that each part is measured between.
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
    """Returns the number of queued messages, with milliseconds and failures by code."""
    columns = dict.fromkeys(_COLUMNS[name] for name in question.by)
    statement = (_DAYS + _STALE + _COUNTED).format(
        days=_day_filter(question),
        is_live="false" if question.hour is None else "true",
        lengths=LENGTHS.format(days="stale", filters=_filters(question)),
        columns="".join(f"{each}, " for each in columns),
        same=_equal(columns, "w"),
        same_name=_equal(columns, "n"),
        keys=question.keys("x"),
    )
    report = Report(total=_nothing())
    for is_total, key, what, code, count, millis in fetch(question, statement):
        figures = report.total
        if not is_total:
            figures = report.rows.setdefault(tuple(key), _nothing())
        _add(figures, what, code, count, millis)
    for figures in (*report.rows.values(), report.total):
        figures["failed"] = dict(sorted(figures["failed"].items()))
    return ordered(report, question)


def listed_deliveries(question: Question, part: str) -> tuple[str, str]:
    """Returns SQL that lists the rows behind a figure: its start, and the columns.

    At most a page of rows for each day.
    """
    begins, ends, condition = _PARTS.get(part, _PARTS["n"])
    filters = f"{_filters(question)} AND {condition}"
    if question.value is not None:
        filters += " AND d.failed_code = %(value)s"
    filters += """
       AND (%(at)s::timestamptz IS NULL
            OR (d.queued_at, d.message_id) > (%(at)s::timestamptz, %(source)s::bigint))"""
    first = "ORDER BY d.queued_at, d.message_id LIMIT %(limit)s"
    return (
        _DAYS.format(days=_day_filter(question)),
        f"""
  SELECT s.queued_at AS at, 0::bigint AS chat_id, 0 AS episode, s.message_id AS source,
         x.manager_id, 0::bigint AS area_id, 0::bigint AS operator_id, s.channel,
         {begins} AS begins, {ends} AS ends,
         CASE WHEN {ends} IS NOT NULL
              THEN report_micros({ends} - {begins}) / 1000000 END AS seconds,
         NULL::bigint AS business, NULL::smallint AS mark, s.contact_id,
         NULL::bigint AS of_chat
  {_LISTED_OF_A_DAY.format(filters=filters, first=first)}""",
    )


def _filters(question: Question) -> str:
    found = ["true"]
    if question.channel is not None:
        found.append("d.channel = %(channel)s")
    if question.hour is not None:
        found.append("extract(hour FROM d.queued_at AT TIME ZONE x.zone) = %(hour)s")
    return " AND ".join(found)


def _equal(columns: Iterable[str], table: str) -> str:
    """Returns SQL that compares columns with those of the table, followed by AND."""
    names = [column.removeprefix("x.") for column in columns]
    return "".join(f"x.{name} = {table}.{name} AND " for name in names)


def _day_filter(question: Question) -> str:
    own = question.own_days("x.manager_id", "x.day")
    if question.weekday is None:
        return f"true{own}"
    return f"extract(isodow FROM x.day) = %(weekday)s{own}"


def _add(
    figures: Figures, what: str, code: str, count: int | None, millis: int | None
) -> None:
    part, _space, percentile = what.partition(" ")
    if percentile:
        place = figures["delivered"] if part == "delivered" else figures
        place[percentile] = millis
        return
    n = int(count or 0)
    if part == "queued":
        figures["n"] = n
    elif part == "sent":
        figures["sent"] = n
    elif part == "delivered":
        figures["delivered"]["n"] = n
    else:
        figures["failed"][code] = n


def _nothing() -> dict[str, Any]:
    return {
        "n": 0,
        "sent": 0,
        "p50": None,
        "p95": None,
        "delivered": {"n": 0, "p50": None, "p95": None},
        "failed": {},
    }
