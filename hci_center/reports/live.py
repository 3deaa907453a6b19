"""The live figures: who waits now, of how many, since when, and who is there."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from django.db import connection

from contacts.models import public_id
from hci_center.callers import Caller
from hci_center.reports.scope import Managers, find_managers
from hci_center.times import as_time

# However many look, the figures of the same managers are computed once in this time, in
# seconds, by each process.
KEPT_FOR = 1.0
LONGEST = 10
# So long after a customer's last words a bot has forgotten him.
FORGOTTEN_AFTER = "interval '5 minutes'"

# The chats that are open, each with its place. Nobody holds a chat that is with a bot: it
# is inside the menu, or it has had no area since it was opened and no line says that a
# bot has ended; that is asked of the ledger only where the contact's row leaves it open.
_OPEN = """
WITH open AS MATERIALIZED (
  SELECT h.id, h.manager_id, h.protocol, h.opened_at, c.id AS contact_id, c.area_id,
         c.operator_id, c.waiting_since, c.last_in_at,
         c.last_in_at >= c.last_message_at AS is_heard_last,
         greatest(c.queued_at, h.opened_at) AS queued_at,
         c.operator_id IS NULL
           AND (EXISTS (SELECT FROM chats_menustate s WHERE s.chat_id = h.id)
                OR c.area_id IS NULL
                   AND EXISTS (SELECT FROM areas_area a WHERE a.manager_id = h.manager_id
                                  AND a.created_at <= h.opened_at)
                   AND NOT EXISTS (
                     SELECT FROM chats_chatevent e
                      WHERE e.chat_id = h.id AND e.kind = ANY(report_state_kinds())
                        AND (e.kind IN ('reopened', 'bot_ended')
                             OR e.area_id IS NOT NULL OR e.operator_id IS NOT NULL
                             OR e.kind = 'opened' AND e.cause IN ('operator', 'import'))))
           AS is_with_bot
    FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
   WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s)
), worker AS MATERIALIZED (  -- who can take a chat
  SELECT o.id, o.manager_id FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
   WHERE o.manager_id = ANY(%(managers)s) AND o.is_active AND u.is_active
), served AS MATERIALIZED (
  SELECT DISTINCT s.area_id FROM areas_operatorarea s JOIN worker w ON w.id = s.operator_id
), hold AS MATERIALIZED (  -- since when it is held, and whether he has written since
  SELECT h.id, l.at,
         m.at >= l.at AS is_answered
    FROM open h
   CROSS JOIN LATERAL (
     SELECT e.at FROM chats_chatevent e
      WHERE e.chat_id = h.id AND e.operator_id = h.operator_id
        AND e.kind IN ('opened', 'reopened', 'claimed', 'assigned', 'transferred')
      ORDER BY e.id DESC LIMIT 1) l
    LEFT JOIN LATERAL (
     SELECT coalesce(m.stored_at, greatest(m.created_at, h.opened_at)) AS at
       FROM chats_message m
      WHERE m.chat_id = h.id AND m.direction = 'out' AND m.auto = ''
        AND (m.manager_id, m.sender) IN (SELECT o.manager_id, o.id::text
                                           FROM areas_operator o
                                          WHERE o.manager_id = ANY(%(managers)s))
      ORDER BY m.chat_id DESC, m.id DESC LIMIT 1) m ON true
   WHERE h.operator_id IS NOT NULL
), clock AS MATERIALIZED (
  SELECT h.id, min(k.risk_at) AS risk_at, min(k.due_at) AS due_at
    FROM open h JOIN chats_clock k ON k.chat_id = h.id
   WHERE k.met_at IS NULL AND k.void_at IS NULL GROUP BY h.id
), tile AS MATERIALIZED (
  SELECT h.id, h.manager_id, h.area_id, h.operator_id, t.name, t.since
    FROM open h
    LEFT JOIN hold o ON o.id = h.id
    LEFT JOIN clock k ON k.id = h.id
   CROSS JOIN LATERAL (VALUES
     ('waiting', h.queued_at, h.operator_id IS NULL AND NOT h.is_with_bot),
     ('claimed', coalesce(o.at, h.opened_at),
      h.operator_id IS NOT NULL AND o.is_answered IS NOT TRUE),
     ('in_service', coalesce(o.at, h.opened_at), o.is_answered IS TRUE),
     ('with_bot', h.opened_at, h.is_with_bot),
     ('owed', h.waiting_since, h.waiting_since IS NOT NULL AND NOT h.is_with_bot),
     ('awaiting', NULL, h.waiting_since IS NULL AND NOT h.is_with_bot),
     ('forgotten', h.last_in_at, h.is_with_bot AND h.is_heard_last
        AND h.last_in_at < statement_timestamp() - {forgotten}),
     ('without_home', h.queued_at,
      CASE WHEN h.operator_id IS NOT NULL
           THEN NOT EXISTS (SELECT FROM worker w WHERE w.id = h.operator_id)
           WHEN h.area_id IS NOT NULL
           THEN NOT EXISTS (SELECT FROM served s WHERE s.area_id = h.area_id)
           ELSE NOT EXISTS (SELECT FROM worker w WHERE w.manager_id = h.manager_id) END),
     ('at_risk', k.risk_at, k.risk_at <= statement_timestamp()
        AND (k.due_at > statement_timestamp()) IS NOT FALSE),
     ('breached', k.due_at, k.due_at <= statement_timestamp())
   ) t (name, since, is_so)
   WHERE t.is_so
)""".replace("{forgotten}", FORGOTTEN_AFTER)
# Of the tiles that are not about chats.
_ACCOUNTS = """, outbox AS (
  SELECT count(*) AS n, min(d.queued_at) AS oldest,
         percentile_disc(0.9) WITHIN GROUP (ORDER BY d.queued_at DESC) AS p90
    FROM chats_delivery d
   WHERE d.done_at IS NULL AND d.manager_id = ANY(%(managers)s)
), down AS (
  SELECT count(*) AS n, min(t.since) AS oldest,
         percentile_disc(0.9) WITHIN GROUP (ORDER BY t.since DESC) AS p90
    FROM (SELECT CASE WHEN a.state IN ('closed', 'qr') THEN a.since
                      ELSE coalesce(a.alarmed_at, a.since) END AS since
            FROM chats_gatewayaccount a
           WHERE a.manager_id = ANY(%(managers)s)
             AND (a.pause_code <> '' OR a.alarmed_at IS NOT NULL
                  OR a.state IN ('closed', 'qr'))) t
)"""
# 90 % do not wait longer: told as the instant since when that one waits, so that it
# stays true while time passes.
_COUNTED = """count(*) AS n, min(t.since) AS oldest,
         percentile_disc(0.9) WITHIN GROUP (ORDER BY t.since DESC) AS p90"""
_NOW = f"""{_OPEN}{_ACCOUNTS}, presence AS MATERIALIZED (
  SELECT p.operator_id, p.manager_id, p.state, p.reason, p.since
    FROM presence_of(ARRAY(SELECT id FROM worker)) p
), by_area AS (
  SELECT t.manager_id, coalesce(t.area_id, 0) AS area_id, t.name, {_COUNTED}
    FROM tile t GROUP BY 1, 2, 3
), area AS (
  SELECT a.manager_id, a.area_id,
         json_object_agg(a.name, json_build_array(a.n, a.oldest, a.p90)) AS tiles
    FROM by_area a GROUP BY 1, 2
), online AS (  -- who could take what waits there: without an area everybody
  SELECT s.area_id, count(*) AS n FROM areas_operatorarea s
    JOIN presence p ON p.operator_id = s.operator_id AND p.state = 'online' GROUP BY 1
   UNION ALL
  SELECT -p.manager_id, count(*) FROM presence p WHERE p.state = 'online'
   GROUP BY p.manager_id
), shown AS (
  SELECT a.manager_id, a.id, a.code FROM areas_area a
   WHERE a.manager_id = ANY(%(managers)s)
   UNION ALL
  SELECT a.manager_id, 0, '' FROM area a WHERE a.area_id = 0
), operator AS (
  SELECT o.id, o.manager_id, p.state, p.reason, p.since,
         count(*) FILTER (WHERE t.name IN ('claimed', 'in_service')) AS held,
         count(*) FILTER (WHERE t.name = 'claimed') AS claimed,
         count(*) FILTER (WHERE t.name = 'owed') AS owed,
         min(t.since) FILTER (WHERE t.name = 'owed') AS oldest
    FROM areas_operator o
    LEFT JOIN presence p ON p.operator_id = o.id
    LEFT JOIN tile t ON t.operator_id = o.id
   WHERE o.manager_id = ANY(%(managers)s)
   GROUP BY o.id, o.manager_id, p.state, p.reason, p.since
  HAVING count(p.operator_id) > 0 OR count(t.id) > 0
)
SELECT statement_timestamp(), json_build_object(
  'tiles', (SELECT json_object_agg(x.name, json_build_array(x.n, x.oldest, x.p90))
              FROM (SELECT t.name, {_COUNTED} FROM tile t GROUP BY t.name
                     UNION ALL SELECT 'unsent', * FROM outbox
                     UNION ALL SELECT 'accounts_down', * FROM down) x),
  'areas', (SELECT json_agg(json_build_array(s.manager_id, s.code, a.tiles,
                                             coalesce(n.n, 0))
                            ORDER BY s.manager_id, s.code)
              FROM shown s
              LEFT JOIN area a ON a.manager_id = s.manager_id AND a.area_id = s.id
              LEFT JOIN online n
                ON n.area_id = CASE WHEN s.id = 0 THEN -s.manager_id ELSE s.id END),
  'operators', (SELECT json_agg(json_build_array(
                         o.id, o.manager_id, coalesce(o.state, 'offline'), o.reason,
                         o.since, o.held, o.claimed, o.owed, o.oldest) ORDER BY o.id)
                  FROM operator o),
  'longest', (SELECT json_agg(json_build_array(
                       c.channel, c.external_id, x.manager_id, x.protocol, x.area_id,
                       x.since) ORDER BY x.since, x.id)
                FROM (SELECT t.id, t.since, t.manager_id, t.area_id, h.protocol,
                             h.contact_id
                        FROM tile t JOIN open h ON h.id = t.id WHERE t.name = 'waiting'
                       ORDER BY t.since, t.id LIMIT {LONGEST}) x
                JOIN contacts_contact c ON c.id = x.contact_id))
"""  # noqa: S608 - of columns

# Of chats; the first four are disjoint and together all open ones.
CHATS = (
    "waiting", "claimed", "in_service", "with_bot", "owed", "awaiting", "forgotten",
    "without_home", "at_risk", "breached",
)  # fmt: skip
TILES = (*CHATS, "unsent", "accounts_down")

_kept: dict[tuple[int, ...], tuple[float, dict[str, Any]]] = {}
_computing = Lock()


def now(caller: Caller, manager_id: int | None = None) -> dict[str, Any]:
    """Returns the live figures of one manager, or of all that the caller reaches.

    `tiles`, those of each area and of each operator, and the longest waits. They are at
    most KEPT_FOR old. Raises ManagerNotFoundError.
    """
    managers = find_managers(caller, manager_id)
    found = _fresh(managers.ids)
    if found is None:
        with _computing:
            found = _fresh(managers.ids) or _compute(managers)
    return found


def forget() -> None:
    """Forgets what is kept, so that the next figures are of their moment."""
    _kept.clear()


def _fresh(ids: tuple[int, ...]) -> dict[str, Any] | None:
    kept = _kept.get(ids)
    return kept[1] if kept and monotonic() - kept[0] < KEPT_FOR else None


def _compute(managers: Managers) -> dict[str, Any]:
    began = monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"managers": list(managers.ids)})
        at, found = cursor.fetchone()
    answer = _shape(
        at, json.loads(found) if isinstance(found, str) else found, managers
    )
    for ids in [ids for ids, kept in _kept.items() if began - kept[0] > KEPT_FOR]:
        del _kept[ids]
    _kept[managers.ids] = began, answer
    return answer


def _shape(at: Any, found: dict[str, Any], managers: Managers) -> dict[str, Any]:
    return {
        "metric": "now",
        "at": as_time(at),
        "tiles": _tiles(found["tiles"], TILES),
        "areas": [
            {
                "m": managers.name(manager_id),
                "area": code,
                "tiles": _tiles(tiles, CHATS),
                "online": online,
            }
            for manager_id, code, tiles, online in found["areas"] or ()
        ],
        "operators": [_operator(row, managers) for row in found["operators"] or ()],
        "longest": [
            {
                "contactId": public_id(channel, external_id),
                "m": managers.name(manager_id),
                "protocol": protocol,
                "area": managers.codes.get(area_id, ""),
                "since": _time(since),
            }
            for channel, external_id, manager_id, protocol, area_id, since in found[
                "longest"
            ]
            or ()
        ],
    }


def _tiles(
    found: dict[str, Any] | None, names: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    tiles = {}
    for name in names:
        n, oldest, p90 = (found or {}).get(name, (0, None, None))
        tiles[name] = {"n": n, "oldest": _time(oldest), "p90": _time(p90)}
    return tiles


def _operator(row: list[Any], managers: Managers) -> dict[str, Any]:
    operator_id, manager_id, state, reason, since, held, claimed, owed, oldest = row
    return {
        "operatorId": str(operator_id),
        "m": managers.name(manager_id),
        "presence": state,
        "pauseReason": reason or "",
        "since": _time(since),
        "held": held,
        "claimed": claimed,
        "owed": owed,
        "oldest": _time(oldest),
    }


def _time(text: str | None) -> str | None:
    return None if text is None else as_time(datetime.fromisoformat(text))
