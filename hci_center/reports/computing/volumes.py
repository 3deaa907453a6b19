"""`messages` and `new_contacts`: counted by hour, not from chats."""

from __future__ import annotations

from collections.abc import Mapping

from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import Report, fetch, ordered

KINDS: Mapping[str, tuple[str, ...]] = {
    "messages": ("in", "human", "automatic"),
    "new_contacts": ("new_contacts",),
}
# Stored hours, and later rows counted live.
_SOURCE = """
WITH span AS (
  SELECT min(d.begins) AS begins, max(d.ends) AS ends
    FROM report_days(%(managers)s, %(since)s, %(until)s) d
), source AS (
  SELECT * FROM (
    SELECT h.manager_id, h.kind, h.day, h.hour, h.channel, h.count FROM report_hour h
     WHERE h.begins < (SELECT max(r.until) FROM report_settled r)
     UNION ALL
    SELECT u.manager_id, u.kind, u.day, u.hour, u.channel, u.count FROM span
     CROSS JOIN LATERAL report_unsettled(%(managers)s, span.begins, span.ends) u
  ) s WHERE s.kind IN ({kinds}) AND {filters}
)
"""
# Each row with its day and hour. The stored counts tell how far to look for the rows of
# a page.
_LISTED = """
WITH day AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
), period AS (
  SELECT greatest(min(d.begins), %(at)s::timestamptz) AS begins, max(d.ends) AS ends
    FROM day d
), span AS MATERIALIZED (
  SELECT p.begins, coalesce((
           SELECT k.begins + interval '1 hour'
             FROM (SELECT h.begins, sum(h.count) OVER (ORDER BY h.begins) AS upto
                     FROM report_hour h
                    WHERE h.begins > p.begins AND h.kind IN ({kinds}) AND {filters}
                      AND h.begins < (SELECT max(r.until) FROM report_settled r)) k
            WHERE k.upto >= %(limit)s ORDER BY k.begins LIMIT 1), p.ends) AS ends
    FROM period p
), each AS MATERIALIZED ({each}
), source AS (
  SELECT x.*, d.day, extract(hour FROM x.at AT TIME ZONE d.zone)::smallint AS hour
    FROM each x
    JOIN day d ON d.manager_id = x.manager_id AND x.at >= d.begins AND x.at < d.ends
)
"""
_EACH: Mapping[str, str] = {
    "messages": """
      SELECT m.id, m.manager_id, m.channel, m.at, m.kind, m.chat_id, m.contact_id,
             m.author_id
        FROM span CROSS JOIN LATERAL report_messages(%(managers)s, span.begins, span.ends,
               NOT EXISTS (SELECT FROM report_settled r
                            WHERE r.stamped_from <= span.begins)) m""",
    "new_contacts": """
      SELECT c.id, c.manager_id, c.channel, c.at, 'new_contacts' AS kind, 0 AS chat_id,
             c.id AS contact_id, NULL::bigint AS author_id
        FROM span CROSS JOIN LATERAL report_new_contacts(%(managers)s, span.begins,
               span.ends, 0) c""",
}


def volumes(question: Question) -> Report:
    """Returns the counts; for messages also by kind."""
    kinds = KINDS[question.metric]
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    source = _SOURCE.format(kinds=listed, filters=question.filters("s"))
    statement = f"""{source}
SELECT {question.keys("s")} AS k, s.kind, sum(s.count) FROM source s GROUP BY 1, 2
"""  # noqa: S608 - of columns
    report = Report(total=_nothing(kinds))
    for key, kind, count in fetch(question, statement):
        place = report.rows.setdefault(tuple(key), _nothing(kinds))
        for figures in (place, report.total):
            figures["count"] += int(count)
            if len(kinds) > 1:
                figures[kind] += int(count)
    return ordered(report, question)


def listed_volumes(question: Question, part: str) -> tuple[str, str]:
    """Returns SQL that lists the rows behind a figure: its start, and columns."""
    kinds = (part,) if part in KINDS["messages"] else KINDS[question.metric]
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    begin = _LISTED.format(
        each=_EACH[question.metric], kinds=wanted, filters=question.filters("h")
    )
    return (
        begin,
        f"""
  SELECT s.at, 0::bigint AS chat_id, 0 AS episode, s.id AS source, s.manager_id,
         0::bigint AS area_id, coalesce(s.author_id, 0) AS operator_id, s.channel,
         s.at AS begins, s.at AS ends, NULL::bigint AS seconds, NULL::bigint AS business,
         NULL::smallint AS mark, s.contact_id, s.chat_id AS of_chat
    FROM source s WHERE s.kind IN ({wanted}) AND {question.filters("s")}""",  # noqa: S608 - of columns
    )


def _nothing(kinds: tuple[str, ...]) -> dict[str, int]:
    named = kinds if len(kinds) > 1 else ()
    return {"count": 0, **dict.fromkeys(named, 0)}
