-- What is not counted from chats: messages and new contacts by the hour, the sessions of
-- accounts over time, and the days of managers as instants.

-- The zones in which managers have had their days, and from when to when. NULL: of all.
CREATE FUNCTION report_zones(ids bigint[]) RETURNS TABLE (
  manager_id bigint, zone text, begins timestamptz, ends timestamptz
) LANGUAGE sql STABLE AS $$
  SELECT z.manager_id, z.zone, coalesce(lag(z.ends) OVER w, '-infinity'), z.ends
    FROM (SELECT r.manager_id, r.zone::text, r.ended_at AS ends FROM report_zone r
           WHERE ids IS NULL OR r.manager_id = ANY(ids)
           UNION ALL
          SELECT m.id, m.time_zone, 'infinity' FROM managers_manager m
           WHERE ids IS NULL OR m.id = ANY(ids)) z
  WINDOW w AS (PARTITION BY z.manager_id ORDER BY z.ends)
$$;

-- Each day of each manager as instants; a day in which the zone changed has two rows.
CREATE FUNCTION report_days(ids bigint[], since date, until date) RETURNS TABLE (
  manager_id bigint, day date, begins timestamptz, ends timestamptz, zone text
) LANGUAGE sql STABLE AS $$
  SELECT s.* FROM (
    SELECT z.manager_id, d.day, greatest(z.begins, d.day::timestamp AT TIME ZONE z.zone)
             AS begins,
           least(z.ends, (d.day + 1)::timestamp AT TIME ZONE z.zone) AS ends, z.zone
      FROM report_zones(ids) z
     CROSS JOIN (SELECT g::date AS day FROM generate_series(
                   since::timestamp, until::timestamp, interval '1 day') g) d) s
   WHERE s.begins < s.ends
$$;

-- How many messages (`in`, `human`, `automatic`) and new contacts there were from an
-- instant to another, by the hour of the manager's day. `is_unstamped`: messages of
-- earlier versions, without a time of storing, are looked for too. What was imported is
-- not ours; contacts from `contact_after` on are looked at alone.
CREATE FUNCTION report_volumes(
  ids bigint[], since timestamptz, until timestamptz, is_unstamped boolean,
  contact_after bigint
) RETURNS TABLE (
  manager_id bigint, kind text, day date, hour smallint, channel text, count integer,
  begins timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  IF since >= until THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH said AS MATERIALIZED (
    SELECT * FROM report_messages(ids, since, until, is_unstamped)
  ), zone AS MATERIALIZED (
    SELECT * FROM report_zones(ids)
  ), happened AS (
    SELECT s.manager_id, s.kind, s.channel, s.at FROM said s
     UNION ALL
    SELECT c.manager_id, 'new_contacts', c.channel, c.at
      FROM report_new_contacts(ids, since, until, contact_after) c
  ), placed AS (
    SELECT h.manager_id, h.kind, h.channel, l.at,
           -- Where the local hour begins, or the hour of the clock within it.
           greatest(date_trunc('hour', h.at, 'UTC'), h.at - (l.at - date_trunc('hour', l.at)))
             AS begins
      FROM happened h
      JOIN zone z ON z.manager_id = h.manager_id AND h.at >= z.begins AND h.at < z.ends
     CROSS JOIN LATERAL (SELECT h.at AT TIME ZONE z.zone AS at) l
  )
  SELECT p.manager_id, p.kind, p.at::date, extract(hour FROM p.at)::smallint, p.channel,
         count(*)::integer, p.begins
    FROM placed p GROUP BY 1, 2, 3, 4, 5, 7;
END $$;

-- The messages of that time, one by one.
CREATE FUNCTION report_messages(
  ids bigint[], since timestamptz, until timestamptz, is_unstamped boolean
) RETURNS TABLE (
  id bigint, manager_id bigint, chat_id bigint, contact_id bigint, channel text,
  kind text, author_id bigint, at timestamptz
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH said AS MATERIALIZED (
    SELECT m.id, m.manager_id, m.chat_id, m.contact_id, m.direction, m.auto, m.sender,
           m.stored_at AS at
      FROM chats_message m
     WHERE m.stored_at >= since AND m.stored_at < until
       AND (ids IS NULL OR m.manager_id = ANY(ids))
     UNION ALL
    SELECT m.id, m.manager_id, m.chat_id, m.contact_id, m.direction, m.auto, m.sender,
           greatest(m.created_at, h.opened_at)
      FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
     WHERE is_unstamped AND m.stored_at IS NULL
       AND greatest(m.created_at, h.opened_at) >= since
       AND greatest(m.created_at, h.opened_at) < until
       AND (ids IS NULL OR m.manager_id = ANY(ids))
  ), imported AS (  -- and from when on they are ours
    SELECT e.chat_id, (SELECT min(o.at) FROM chats_chatevent o
                        WHERE o.chat_id = e.chat_id AND o.cause <> 'import') AS ours_at
      FROM chats_chatevent e
     WHERE e.chat_id = ANY(ARRAY(SELECT DISTINCT s.chat_id FROM said s))
       AND e.kind = 'opened' AND e.cause = 'import'
  )
  SELECT s.id, s.manager_id, s.chat_id, s.contact_id, c.channel::text,
         CASE WHEN s.direction = 'in' THEN 'in' WHEN o.id IS NOT NULL THEN 'human'
              ELSE 'automatic' END, o.id, s.at
    FROM said s
    JOIN contacts_contact c ON c.id = s.contact_id
    LEFT JOIN areas_operator o ON s.direction = 'out' AND s.auto = ''
     AND o.manager_id = s.manager_id AND o.id::text = s.sender
    LEFT JOIN imported i ON i.chat_id = s.chat_id
   WHERE i.chat_id IS NULL OR s.at >= i.ours_at;
END $$;

CREATE FUNCTION report_new_contacts(
  ids bigint[], since timestamptz, until timestamptz, contact_after bigint
) RETURNS TABLE (id bigint, manager_id bigint, channel text, at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT c.id, c.manager_id, c.channel::text, c.created_at FROM contacts_contact c
   WHERE c.id > contact_after AND c.created_at >= since AND c.created_at < until
     AND (ids IS NULL OR c.manager_id = ANY(ids))
     AND NOT EXISTS (SELECT FROM import_ref r
                      WHERE r."table" = 'contacts_contact' AND r.row_id = c.id)
$$;

-- Until when the hours of `report_hour` are settled; what came later is counted at once.
CREATE FUNCTION report_unsettled(ids bigint[], since timestamptz, until timestamptz)
RETURNS TABLE (
  manager_id bigint, kind text, day date, hour smallint, channel text, count integer,
  begins timestamptz
) LANGUAGE sql STABLE AS $$
  SELECT v.* FROM (SELECT max(s.until) AS until, max(s.contact_after) AS contact_after,
                          coalesce(max(s.until) < max(s.stamped_from), true)
                            AS is_unstamped
                     FROM report_settled s) s
   CROSS JOIN LATERAL report_volumes(
           ids, greatest(since, coalesce(s.until, '-infinity')), report_unsettled.until,
           s.is_unstamped, coalesce(s.contact_after, 0)) v
$$;

-- The states of accounts over time: `open`, `down` or `unknown`, each until the next;
-- `ends` is NULL while it goes on. `source` is the change with which it began.
CREATE FUNCTION report_sessions(ids bigint[]) RETURNS TABLE (
  manager_id bigint, channel text, state text, source bigint, begins timestamptz,
  ends timestamptz
) LANGUAGE sql STABLE AS $$
  SELECT m.manager_id, m.channel::text, m.state, m.id, m.at,
         lead(m.at) OVER (PARTITION BY m.account_id ORDER BY m.at, m.id)
    FROM (
      SELECT c.*, lag(c.state) OVER (PARTITION BY c.account_id ORDER BY c.at, c.id) AS was
        FROM (
          SELECT s.id, s.account_id, a.manager_id, a.channel, s.at,
                 CASE s.state WHEN 'open' THEN 'open' WHEN 'unknown' THEN 'unknown'
                      ELSE 'down' END AS state
            FROM chats_gatewayaccount a
            JOIN chats_sessionchange s ON s.account_id = a.id
           WHERE a.manager_id = ANY(ids)) c) m
   WHERE m.state IS DISTINCT FROM m.was
$$;
