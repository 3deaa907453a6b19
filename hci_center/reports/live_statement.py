"""The statement of the live figures: the state of each open chat, and since when."""

from __future__ import annotations

LONGEST = 10
# How long after the customer's last message a chat counts as forgotten by the bot.
FORGOTTEN_AFTER = "interval '5 minutes'"

# Tiles about chats: since when a chat belongs to the tile, and whether it does. The
# first four are disjoint and together contain all open chats.
_CHATS = {
    "waiting": ("queued_at", "operator_id IS NULL AND NOT is_with_bot"),
    "claimed": ("held_at", "operator_id IS NOT NULL AND is_answered IS NOT TRUE"),
    "in_service": ("held_at", "is_answered"),
    "with_bot": ("opened_at", "is_with_bot"),
    "owed": ("waiting_since", "waiting_since IS NOT NULL AND NOT is_with_bot"),
    "awaiting": ("NULL", "waiting_since IS NULL AND NOT is_with_bot"),
    "forgotten": (
        "last_in_at",
        "is_with_bot AND is_heard_last"
        f" AND last_in_at < statement_timestamp() - {FORGOTTEN_AFTER}",
    ),
    "without_home": ("queued_at", "is_homeless"),
    "at_risk": (
        "risk_at",
        "risk_at <= statement_timestamp()"
        " AND (due_at > statement_timestamp()) IS NOT FALSE",
    ),
    "breached": ("due_at", "due_at <= statement_timestamp()"),
}
CHATS = tuple(_CHATS)
TILES = (*CHATS, "unsent", "accounts_down")
# The statement refers to tiles by their position here, because sorting texts is slow.
_AT = {name: place for place, name in enumerate(TILES)}

# The open chats, each with its state. A chat is with a bot, and held by nobody, if it
# is inside the menu, or if it has had no area since it was opened and no line says that
# a bot has ended; the ledger is read only where the contact's row is not conclusive.
_OPEN = """
WITH open AS MATERIALIZED (
  SELECT h.id, h.manager_id, h.opened_at, c.area_id, c.operator_id, c.waiting_since,
         c.last_in_at,
         c.last_in_at >= c.last_message_at AS is_heard_last,
         greatest(c.queued_at, h.opened_at) AS queued_at,
         c.operator_id IS NULL
           AND (EXISTS (SELECT FROM chats_menustate s WHERE s.chat_id = h.id)
                OR c.area_id IS NULL
                   AND EXISTS (SELECT FROM areas_area a WHERE a.manager_id = h.manager_id
                                  AND a.created_at <= h.opened_at)
                   AND (SELECT true FROM chats_chatevent e
                         WHERE e.chat_id = h.id AND e.kind = ANY(report_state_kinds())
                           AND (e.kind IN ('reopened', 'bot_ended')
                                OR e.area_id IS NOT NULL OR e.operator_id IS NOT NULL
                                OR e.kind = 'opened' AND e.cause IN ('operator', 'import'))
                         LIMIT 1) IS NULL)
           AS is_with_bot
    FROM chats_chat h
   CROSS JOIN LATERAL (  -- each by itself: most contacts have no open chat
     SELECT c.* FROM contacts_contact c WHERE c.id = h.contact_id OFFSET 0) c
   WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s)
), worker AS MATERIALIZED (  -- who can take a chat
  SELECT o.id, o.manager_id FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
   WHERE o.manager_id = ANY(%(managers)s) AND o.is_active AND u.is_active
), served AS MATERIALIZED (
  SELECT DISTINCT s.area_id FROM areas_operatorarea s JOIN worker w ON w.id = s.operator_id
), sender AS MATERIALIZED (  -- operators as messages name them
  SELECT o.manager_id, o.id::text AS name FROM areas_operator o
   WHERE o.manager_id = ANY(%(managers)s)
), taken AS MATERIALIZED (  -- since when it is held: of each chat, not of all lines
  SELECT h.id, h.opened_at, h.waiting_since, e.at
    FROM open h
   CROSS JOIN LATERAL (
     SELECT max(e.at) AS at FROM chats_chatevent e
      WHERE e.chat_id = h.id AND e.operator_id = h.operator_id
        AND e.kind IN ('opened', 'reopened', 'claimed', 'assigned', 'transferred')) e
   WHERE h.operator_id IS NOT NULL AND e.at IS NOT NULL
), hold AS MATERIALIZED (  -- whether an operator has written since: not to whom still waits
  SELECT h.id, h.at, m.at >= h.at AS is_answered
    FROM taken h
    LEFT JOIN LATERAL (
     SELECT coalesce(m.stored_at, greatest(m.created_at, h.opened_at)) AS at
       FROM chats_message m
      WHERE (h.waiting_since > h.at) IS NOT FALSE
        AND m.chat_id = h.id AND m.direction = 'out' AND m.auto = ''
        -- IS TRUE: senders are hashed once, and not joined for each chat.
        AND ((m.manager_id, m.sender) IN (SELECT manager_id, name FROM sender)) IS TRUE
      ORDER BY m.chat_id DESC, m.id DESC LIMIT 1) m ON true
), clock AS MATERIALIZED (
  SELECT h.id, min(k.risk_at) AS risk_at, min(k.due_at) AS due_at
    FROM open h JOIN chats_clock k ON k.chat_id = h.id
   WHERE k.met_at IS NULL AND k.void_at IS NULL GROUP BY h.id
), placed AS MATERIALIZED (
  SELECT h.*, coalesce(o.at, h.opened_at) AS held_at, o.is_answered, k.risk_at, k.due_at,
         CASE WHEN h.operator_id IS NOT NULL THEN w.id IS NULL
              WHEN h.area_id IS NOT NULL THEN s.area_id IS NULL
              ELSE h.manager_id NOT IN (SELECT manager_id FROM worker) END AS is_homeless
    FROM open h
    LEFT JOIN hold o ON o.id = h.id
    LEFT JOIN clock k ON k.id = h.id
    LEFT JOIN worker w ON w.id = h.operator_id
    LEFT JOIN served s ON s.area_id = h.area_id
), tile (place, manager_id, area_id, since) AS (
"""
_TILES = " UNION ALL\n".join(
    f"  SELECT {_AT[name]}, manager_id, area_id, {since}::timestamptz FROM placed"  # noqa: S608 - of columns
    f" WHERE {is_so}"
    for name, (since, is_so) in _CHATS.items()
)
# Tiles that are not about chats. `p90` is a point in time (90 % have been waiting since
# then or later), so that it remains valid as time passes.
_ACCOUNTS = """
), outbox AS (
  SELECT count(*) AS n, min(d.queued_at) AS oldest,
         percentile_disc(0.9) WITHIN GROUP (ORDER BY d.queued_at DESC) AS p90
    FROM chats_delivery d
   WHERE d.done_at IS NULL AND d.manager_id = ANY(%(managers)s)
), failed AS (  -- today, in the zone of each manager
  SELECT coalesce(sum(d.n), 0)::bigint AS n FROM managers_manager m
   CROSS JOIN LATERAL (
     SELECT count(*) AS n FROM chats_delivery d
      WHERE d.manager_id = m.id
        AND d.failed_at >= date_trunc('day', statement_timestamp(), m.time_zone)) d
   WHERE m.id = ANY(%(managers)s)
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
NOW = f"""{_OPEN}{_TILES}{_ACCOUNTS}, presence AS MATERIALIZED (
  SELECT p.operator_id, p.manager_id, p.state, p.reason, p.since
    FROM presence_of(ARRAY(SELECT id FROM worker)) p
), counted AS MATERIALIZED (  -- of each area, and of all: `is_total`
  SELECT t.place, t.manager_id, t.area_id, grouping(t.area_id) = 1 AS is_total,
         count(*) AS n, min(t.since) AS oldest,
         percentile_disc(0.9) WITHIN GROUP (ORDER BY t.since DESC) AS p90
    FROM tile t GROUP BY GROUPING SETS ((t.place, t.manager_id, t.area_id), (t.place))
), area AS (
  SELECT c.manager_id, coalesce(c.area_id, 0) AS area_id,
         json_object_agg(c.place, json_build_array(c.n, c.oldest, c.p90)) AS tiles
    FROM counted c WHERE NOT c.is_total GROUP BY 1, 2
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
), load AS (
  SELECT p.operator_id, count(*) AS held,
         count(*) FILTER (WHERE p.is_answered IS NOT TRUE) AS claimed,
         count(p.waiting_since) AS owed, min(p.waiting_since) AS oldest
    FROM placed p WHERE p.operator_id IS NOT NULL GROUP BY p.operator_id
), operator AS (
  SELECT o.id, o.manager_id, p.state, p.reason, p.since, coalesce(l.held, 0) AS held,
         coalesce(l.claimed, 0) AS claimed, coalesce(l.owed, 0) AS owed, l.oldest
    FROM areas_operator o
    LEFT JOIN presence p ON p.operator_id = o.id
    LEFT JOIN load l ON l.operator_id = o.id
   WHERE o.manager_id = ANY(%(managers)s)
     AND (p.operator_id IS NOT NULL OR l.operator_id IS NOT NULL)
)
SELECT statement_timestamp(), json_build_object(
  'tiles', (SELECT json_object_agg(x.place, json_build_array(x.n, x.oldest, x.p90))
              FROM (SELECT c.place, c.n, c.oldest, c.p90 FROM counted c WHERE c.is_total
                     UNION ALL SELECT {_AT["unsent"]}, * FROM outbox
                     UNION ALL SELECT {_AT["accounts_down"]}, * FROM down) x),
  'failed', (SELECT f.n FROM failed f),
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
                       c.channel, c.external_id, x.manager_id, h.protocol, x.area_id,
                       x.queued_at) ORDER BY x.queued_at, x.id)
                FROM (SELECT * FROM placed WHERE {_CHATS["waiting"][1]}
                       ORDER BY queued_at, id LIMIT {LONGEST}) x
                JOIN chats_chat h ON h.id = x.id
                JOIN contacts_contact c ON c.id = h.contact_id))
"""  # noqa: S608 - of columns
