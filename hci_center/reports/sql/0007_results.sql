-- Episodes with their outcome, and the samples of durations, of some chats: from the parts
-- of 0006_parts.sql. Each is one statement, planned once a session.

CREATE FUNCTION report_chat_messages(ids bigint[]) RETURNS TABLE (
  chat_id bigint, id bigint, at timestamptz, who text, author_id bigint
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT m.chat_id, m.id, coalesce(m.stored_at, greatest(m.created_at, h.opened_at)),
         CASE WHEN m.direction = 'in' THEN 'customer' WHEN o.id IS NOT NULL THEN 'operator'
              WHEN m.auto = 'phone' THEN 'phone' ELSE 'service' END, o.id
    FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
    LEFT JOIN areas_operator o ON m.direction = 'out' AND m.auto = ''
     AND o.manager_id = m.manager_id AND o.id::text = m.sender
   WHERE m.chat_id = ANY(ids);
END $$;

-- Without `counts_authors`, what depends on messages is that of chats without any.
CREATE FUNCTION report_episodes(ids bigint[], counts_authors boolean DEFAULT true)
RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, contact_id bigint, channel text,
  origin text, opened_by text, begins timestamptz, ends timestamptz, opened_day date,
  opened_hour smallint, day date, hour smallint, area_id bigint, closer_id bigint,
  outcome text, is_served boolean, is_queued boolean, had_bot boolean, sa bigint,
  authors integer, transfers integer, is_bounced boolean, is_reopened boolean,
  is_recontacted boolean, movers bigint[], left_areas bigint[], stay_schedule bigint,
  closed_schedule bigint, first_opened timestamptz, first_schedule bigint
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  {parts}, placed AS MATERIALIZED (
    SELECT l.*, b.left_id,
           coalesce(bool_or(l.operator_id IS NOT NULL) OVER before, false) AS was_had,
           array_agg(l.area_id) FILTER (WHERE l.id >= b.left_id) OVER before AS areas_before
      FROM line l JOIN bot b ON b.chat_id = l.chat_id AND b.episode = l.episode
    WINDOW before AS (PARTITION BY l.chat_id, l.episode ORDER BY l.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), moved AS (  -- transfers: somebody has had it before
    SELECT l.chat_id, l.episode, l.was_area, l.area_id,
           coalesce(l.acting_id, l.was_operator) AS mover_id,
           l.area_id IS DISTINCT FROM l.was_area AS is_of_area,
           l.area_id = ANY(l.areas_before) AS is_back
      FROM placed l
     WHERE l.was_had AND l.kind <> 'closed'
       AND (l.area_id IS DISTINCT FROM l.was_area
            OR l.kind = 'transferred' AND l.operator_id IS DISTINCT FROM l.was_operator)
  ), transfer AS (
    SELECT m.chat_id, m.episode, count(*)::integer AS transfers,
           bool_or(m.is_of_area AND coalesce(m.is_back, false)) AS is_bounced,
           array_agg(DISTINCT m.mover_id) FILTER (WHERE m.mover_id IS NOT NULL) AS movers,
           array_agg(DISTINCT coalesce(m.was_area, 0)) FILTER (WHERE m.is_of_area)
             AS left_areas
      FROM moved m GROUP BY m.chat_id, m.episode
  ), state AS (
    SELECT l.chat_id, l.episode,
           bool_or(l.operator_id IS NOT NULL) AS is_held,
           coalesce(bool_or(l.id >= l.left_id AND l.operator_id IS NULL
                            AND l.kind <> 'closed' AND coalesce(l.until > l.at, true)), false)
             AS is_queued
      FROM placed l GROUP BY l.chat_id, l.episode
  ), author AS (
    SELECT s.chat_id, s.episode, count(DISTINCT s.author_id)::integer AS authors
      FROM said s WHERE s.who = 'operator' AND counts_authors
     GROUP BY s.chat_id, s.episode
  ), joined AS (
    SELECT b.*, s.is_held OR coalesce(a.authors, 0) > 0 AS is_served,
           s.is_queued, b.left_id IS DISTINCT FROM b.first_id AS had_bot,
           coalesce(a.authors, 0) AS authors, coalesce(t.transfers, 0) AS transfers,
           coalesce(t.is_bounced, false) AS is_bounced, coalesce(t.movers, '{}') AS movers,
           coalesce(t.left_areas, '{}') AS left_areas,
           x.was_area AS area_id, x.closer_id, x.sa, x.schedule_id AS closed_schedule,
           x.was_operator, x.acting_id, x.actor, x.cause,
           first_value(b.begins) OVER chat AS first_opened,
           first_value(CASE WHEN b.left_id IS NULL THEN b.first_schedule
                ELSE b.left_schedule END) OVER chat
             AS chat_schedule,
           lead(b.begins) OVER chat AS next_begins, lead(b.origin) OVER chat AS next_origin
      FROM bot b
      JOIN state s ON s.chat_id = b.chat_id AND s.episode = b.episode
      LEFT JOIN transfer t ON t.chat_id = b.chat_id AND t.episode = b.episode
      LEFT JOIN author a ON a.chat_id = b.chat_id AND a.episode = b.episode
      LEFT JOIN shut x ON x.chat_id = b.chat_id AND x.episode = b.episode
    WINDOW chat AS (PARTITION BY b.chat_id ORDER BY b.episode)
  ), caused AS (
    SELECT j.*, CASE WHEN j.ends IS NULL THEN NULL WHEN j.cause <> '' THEN j.cause
             WHEN j.acting_id IS NOT NULL OR j.actor LIKE 'user:%' OR j.was_operator IS NOT NULL
               THEN 'resolved'
             WHEN j.is_served THEN 'customer' ELSE 'menu' END AS why
      FROM joined j
  )
  SELECT j.chat_id, j.episode, j.manager_id, j.contact_id, j.channel, j.origin, j.opened_by,
         j.begins, j.ends, opened.at::date, extract(hour FROM opened.at)::smallint,
         closed.at::date, extract(hour FROM closed.at)::smallint, j.area_id, j.closer_id,
         CASE WHEN j.why IS NULL THEN NULL
              WHEN j.why IN ('deleted', 'erased', 'merged', 'imported') THEN 'other'
              WHEN j.is_served THEN
                CASE WHEN j.why IN ('resolved', 'menu') THEN 'resolved' ELSE 'abandoned' END
              WHEN j.is_queued THEN 'lost'
              WHEN j.why = 'menu' THEN 'contained' ELSE 'dropped' END,
         j.is_served, j.is_queued, j.had_bot, j.sa, j.authors, j.transfers, j.is_bounced,
         coalesce(j.next_origin = 'reopened'
                  AND j.next_begins <= j.ends + interval '72 hours', false),
         j.ends IS NOT NULL AND EXISTS (
           SELECT FROM chats_chat k JOIN chats_chatevent e ON e.chat_id = k.id
            WHERE k.contact_id = j.contact_id AND k.id <> j.chat_id AND e.kind = 'opened'
              AND e.at > j.ends AND e.at <= j.ends + interval '72 hours'
              AND e.cause NOT IN ('operator', 'import') AND e.acting_operator_id IS NULL
              AND e.actor NOT LIKE 'user:%'),
         j.movers, j.left_areas,
         CASE WHEN j.left_id IS NULL THEN j.first_schedule ELSE j.left_schedule END,
         j.closed_schedule, j.first_opened, j.chat_schedule
    FROM caused j
   CROSS JOIN LATERAL (SELECT j.begins AT TIME ZONE report_zone(
           j.manager_id, j.first_schedule, j.begins) AS at OFFSET 0) opened
   CROSS JOIN LATERAL (SELECT j.ends AT TIME ZONE report_zone(
           j.manager_id, j.closed_schedule, j.ends) AS at OFFSET 0) closed;
END $$;

-- Samples in microseconds of the metrics that are wanted, of all without: cut to whole
-- seconds once, when figures are made. `tma` has a row for each area and operator of an
-- episode, which figures add up. `mark`: of `unanswered` 1 if it was the first, of `csat`
-- the mark, of `answered_surveys` 1 if it was answered, 2 if it was never sent, of `tma` 1
-- if the operator moved the episode on, and 2 more if it left the area.
CREATE FUNCTION report_samples(ids bigint[], wanted text[] DEFAULT NULL) RETURNS TABLE (
  manager_id bigint, metric text, day date, hour smallint, area_id bigint,
  operator_id bigint, channel text, micros bigint, business_micros bigint, target integer,
  mark smallint, begins timestamptz, ends timestamptz, chat_id bigint, episode integer,
  source bigint, is_open boolean
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
#variable_conflict use_column
DECLARE
  of_episodes CONSTANT text[] := ARRAY['queue', 'owed', 'tma', 'resolution',
    'full_resolution', 'csat', 'answered_surveys'];
BEGIN
  RETURN QUERY
  {parts}, episode AS MATERIALIZED (
    SELECT * FROM report_episodes(ids) WHERE wanted IS NULL OR wanted && of_episodes
  ),
  -- Runs of lines with one area, or none, after the bot phase.
  stay AS MATERIALIZED (
    SELECT l.chat_id, l.episode, min(l.id) AS source, l.area_id,
           (array_agg(l.at ORDER BY l.id))[1] AS entered,
           (array_agg(l.until ORDER BY l.id DESC))[1] AS ended,
           (array_agg(l.at ORDER BY l.id) FILTER (WHERE l.operator_id IS NOT NULL))[1]
             AS taken,
           (array_agg(l.operator_id ORDER BY l.id)
              FILTER (WHERE l.operator_id IS NOT NULL))[1] AS taker_id,
           (array_agg(l.operator_id ORDER BY l.id))[1] IS NOT NULL AS is_direct,
           (array_agg(l.schedule_id ORDER BY l.id))[1] AS schedule_id
      FROM (SELECT l.*, count(*) FILTER (WHERE l.id = b.left_id
                                            OR l.area_id IS DISTINCT FROM l.was_area)
                          OVER (PARTITION BY l.chat_id, l.episode ORDER BY l.id) AS island
              FROM line l JOIN bot b ON b.chat_id = l.chat_id AND b.episode = l.episode
             WHERE l.id >= b.left_id AND l.kind <> 'closed') l
     GROUP BY l.chat_id, l.episode, l.area_id, l.island
  ),
  -- Lines with an operator: which hold each belongs to, and whether the customer was put
  -- on hold (`is_held`) until the next line.
  held AS MATERIALIZED (
    SELECT l.chat_id, l.episode, l.id, l.island AS hold, l.area_id, l.operator_id, l.at,
           l.until, l.schedule_id,
           coalesce(max(l.id) FILTER (WHERE l.kind = 'held') OVER w, 0)
             > coalesce(max(l.id) FILTER (WHERE l.kind = 'resumed') OVER w, 0) AS is_held
      FROM (SELECT l.*, count(*) FILTER (WHERE l.place = 1
                                  OR l.operator_id IS DISTINCT FROM l.was_operator)
                          OVER (PARTITION BY l.chat_id, l.episode ORDER BY l.id) AS island
              FROM line l WHERE l.kind <> 'closed') l
     WHERE l.operator_id IS NOT NULL
    WINDOW w AS (PARTITION BY l.chat_id, l.episode, l.island ORDER BY l.id)
  ), hold AS MATERIALIZED (
    SELECT h.chat_id, h.episode, h.hold, min(h.id) AS source, min(h.operator_id)
             AS operator_id,
           (array_agg(h.area_id ORDER BY h.id))[1] AS area_id,
           (array_agg(h.schedule_id ORDER BY h.id))[1] AS schedule_id,
           (array_agg(h.at ORDER BY h.id))[1] AS begins,
           (array_agg(h.until ORDER BY h.id DESC))[1] AS ends
      FROM held h GROUP BY h.chat_id, h.episode, h.hold
  ),
  -- What was owed to the customer: from his message until a person's, or the closing.
  -- `heard`: when he spoke first; it is owed from the end of the bot phase at the
  -- earliest.
  owed AS (
    SELECT s.chat_id, s.episode,
           (array_agg(s.id ORDER BY s.at, s.id) FILTER (WHERE s.who = 'customer'))[1]
             AS source,
           min(s.at) FILTER (WHERE s.who = 'customer') AS heard,
           min(s.at) FILTER (WHERE s.who <> 'customer') AS answered,
           min(s.author_id) AS author_id, bool_and(s.answers = 0) AS is_first
      FROM (SELECT s.*, count(*) FILTER (WHERE s.who <> 'customer') OVER before AS turns,
                   count(*) FILTER (WHERE s.who = 'operator') OVER before AS answers
              FROM said s WHERE s.who <> 'service'
            WINDOW before AS (PARTITION BY s.chat_id, s.episode ORDER BY s.at, s.id
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) s
     GROUP BY s.chat_id, s.episode, s.turns
    HAVING bool_or(s.who = 'customer')
  ), since AS MATERIALIZED (
    SELECT o.*, greatest(o.heard, b.left_at) AS since, b.ends AS closed
      FROM owed o JOIN bot b ON b.chat_id = o.chat_id AND b.episode = o.episode
     WHERE b.left_id IS NOT NULL AND (o.answered IS NULL OR o.answered >= b.left_at)
  ), newest AS MATERIALIZED (  -- the newest line at both ends
    SELECT DISTINCT ON (s.source, x.at_end) s.source AS owing, x.at_end, l.area_id,
           l.schedule_id
      FROM since s
     CROSS JOIN LATERAL (VALUES (false, s.since), (true, s.answered)) AS x (at_end, at)
      JOIN line l ON l.chat_id = s.chat_id AND l.episode = s.episode AND l.at <= x.at
     ORDER BY s.source, x.at_end, l.id DESC
  ), owing AS MATERIALIZED (
    SELECT s.*, begun.schedule_id, ended.area_id AS answer_area
      FROM since s
      LEFT JOIN newest begun ON begun.owing = s.source AND begun.at_end = false
      LEFT JOIN newest ended ON ended.owing = s.source AND ended.at_end
  ), span AS (  -- of one piece: its schedule is that of its beginning
    SELECT 'tme' AS metric, s.chat_id, s.episode, s.source, s.area_id,
           s.taker_id AS operator_id, s.entered AS begins, s.taken AS ends, s.schedule_id,
           'tme' AS clock, NULL::smallint AS mark
      FROM stay s WHERE s.taken IS NOT NULL AND NOT s.is_direct
       AND (wanted IS NULL OR 'tme' = ANY(wanted))
    UNION ALL
    SELECT 'unserved', s.chat_id, s.episode, s.source, s.area_id, NULL, s.entered, s.ended,
           s.schedule_id, 'tme', NULL
      FROM stay s WHERE s.taken IS NULL AND s.ended IS NOT NULL
       AND (wanted IS NULL OR 'unserved' = ANY(wanted))
    UNION ALL
    SELECT CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END, o.chat_id, o.episode, o.source,
           o.answer_area, o.author_id, o.since, o.answered, o.schedule_id,
           CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END,
           NULL
      FROM owing o WHERE o.author_id IS NOT NULL
       AND (wanted IS NULL OR 'tmr1' = ANY(wanted) AND o.is_first
            OR 'tmr' = ANY(wanted) AND NOT o.is_first)
    UNION ALL
    SELECT CASE WHEN o.is_first THEN 'phone1' ELSE 'phone' END, o.chat_id, o.episode,
           o.source, o.answer_area, NULL, o.since, o.answered, o.schedule_id, NULL, NULL
      FROM owing o WHERE o.author_id IS NULL AND o.answered IS NOT NULL
       AND (wanted IS NULL OR wanted && ARRAY['phone1', 'phone'])
    UNION ALL
    SELECT 'unanswered', o.chat_id, o.episode, o.source, x.was_area, NULL, o.since, o.closed,
           o.schedule_id,
           CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END,
           o.is_first::integer::smallint
      FROM owing o LEFT JOIN shut x ON x.chat_id = o.chat_id AND x.episode = o.episode
     WHERE o.answered IS NULL AND o.closed IS NOT NULL
       AND (wanted IS NULL OR 'unanswered' = ANY(wanted))
    UNION ALL
    SELECT 'reaction', h.chat_id, h.episode, h.source, h.area_id, h.operator_id, h.begins,
           h.first, h.schedule_id, NULL, NULL
      FROM (SELECT h.chat_id, h.episode, h.source, h.area_id, h.operator_id, h.begins,
                   h.schedule_id, min(s.at) AS first
              FROM hold h
              JOIN said s ON s.chat_id = h.chat_id AND s.episode = h.episode
               AND s.author_id = h.operator_id AND s.who = 'operator'
               AND s.at >= h.begins AND (h.ends IS NULL OR s.at < h.ends)
             GROUP BY 1, 2, 3, 4, 5, 6, 7) h
     WHERE EXISTS (
       SELECT FROM owing o WHERE o.chat_id = h.chat_id AND o.episode = h.episode
          AND o.heard < h.begins AND o.since <= h.begins
          AND (o.answered IS NULL OR o.answered >= h.begins))
       AND (wanted IS NULL OR 'reaction' = ANY(wanted))
    UNION ALL
    SELECT 'hold', h.chat_id, h.episode, h.source, h.area_id, h.operator_id, h.begins,
           coalesce(h.ends, statement_timestamp()), h.schedule_id, NULL, NULL
      FROM hold h WHERE wanted IS NULL OR 'hold' = ANY(wanted)
    UNION ALL
    SELECT 'resolution', e.chat_id, e.episode, NULL, e.area_id, e.closer_id, e.begins,
           e.ends, e.stay_schedule, 'resolution', NULL
      FROM episode e WHERE e.outcome = 'resolved'
       AND (wanted IS NULL OR 'resolution' = ANY(wanted))
    UNION ALL
    SELECT 'full_resolution', e.chat_id, e.episode, NULL, e.area_id, e.closer_id,
           e.first_opened, e.ends, e.first_schedule, NULL, NULL
      FROM episode e WHERE e.outcome = 'resolved'
       AND (wanted IS NULL OR 'full_resolution' = ANY(wanted))
  ), total AS (  -- of several pieces, each with its own schedule
    SELECT 'queue' AS metric, e.chat_id, e.episode, e.area_id, NULL::bigint AS operator_id,
           coalesce(sum(report_micros(l.until - l.at)), 0)::bigint AS micros,
           coalesce(sum(report_business(l.schedule_id, l.at, l.until)), 0)::bigint AS business,
           NULL::smallint AS mark
      FROM episode e
      JOIN bot b ON b.chat_id = e.chat_id AND b.episode = e.episode
      LEFT JOIN line l ON l.chat_id = e.chat_id AND l.episode = e.episode
       AND l.id >= b.left_id AND l.operator_id IS NULL AND l.kind <> 'closed'
     WHERE e.ends IS NOT NULL AND b.left_id IS NOT NULL
       AND (wanted IS NULL OR 'queue' = ANY(wanted))
     GROUP BY e.chat_id, e.episode, e.area_id
    UNION ALL
    SELECT 'owed', e.chat_id, e.episode, e.area_id, e.closer_id,
           sum(report_micros(coalesce(o.answered, o.closed) - o.since))::bigint,
           sum(report_business(o.schedule_id, o.since, coalesce(o.answered, o.closed)))::bigint,
           NULL
      FROM episode e JOIN owing o ON o.chat_id = e.chat_id AND o.episode = e.episode
     WHERE e.ends IS NOT NULL AND (wanted IS NULL OR 'owed' = ANY(wanted))
     GROUP BY e.chat_id, e.episode, e.area_id, e.closer_id
    UNION ALL
    SELECT 'tma', e.chat_id, e.episode, h.area_id, h.operator_id,
           coalesce(sum(report_micros(h.until - h.at)) FILTER (WHERE NOT h.is_held), 0)
             ::bigint,
           coalesce(sum(report_business(h.schedule_id, h.at, h.until))
                      FILTER (WHERE NOT h.is_held), 0)::bigint,
           ((h.operator_id = ANY(e.movers))::integer
            + 2 * (coalesce(h.area_id, 0) = ANY(e.left_areas))::integer)::smallint
      FROM episode e JOIN held h ON h.chat_id = e.chat_id AND h.episode = e.episode
     WHERE e.ends IS NOT NULL AND (wanted IS NULL OR 'tma' = ANY(wanted))
     GROUP BY e.chat_id, e.episode, h.area_id, h.operator_id, e.movers, e.left_areas
  ), rated AS (  -- the episode closed last before it was asked
    SELECT DISTINCT ON (v.id) v.*, e.episode, e.manager_id, e.channel, e.area_id AS of_area,
           e.closer_id, e.closed_schedule
      FROM chats_survey v
      JOIN episode e ON e.chat_id = v.chat_id AND e.begins <= v.asked_at
       AND e.ends IS NOT NULL
     WHERE v.chat_id = ANY(ids)
       AND (wanted IS NULL OR wanted && ARRAY['csat', 'answered_surveys'])
     ORDER BY v.id, e.episode DESC
  )
  SELECT b.manager_id, s.metric, d.at::date, extract(hour FROM d.at)::smallint, s.area_id,
         s.operator_id, b.channel, report_micros(s.ends - s.begins),
         report_business(s.schedule_id, s.begins, s.ends),
         nullif((z.targets ->> s.clock)::integer, 0), s.mark, s.begins, s.ends, s.chat_id,
         s.episode, s.source, b.ends IS NULL
    FROM span s JOIN bot b ON b.chat_id = s.chat_id AND b.episode = s.episode
    LEFT JOIN areas_schedule z ON z.id = s.schedule_id
   CROSS JOIN LATERAL (  -- once for each row
     SELECT s.ends AT TIME ZONE coalesce(
              z.zone, report_zone(b.manager_id, NULL, s.ends)) AS at OFFSET 0) d
  UNION ALL
  SELECT e.manager_id, t.metric, e.day, e.hour, t.area_id, t.operator_id, e.channel,
         t.micros, t.business, NULL, t.mark, e.begins, e.ends, t.chat_id, t.episode, NULL,
         false
    FROM total t JOIN episode e ON e.chat_id = t.chat_id AND e.episode = t.episode
  UNION ALL
  SELECT r.manager_id, x.metric, d.at::date, extract(hour FROM d.at)::smallint, r.of_area,
         r.closer_id, r.channel, 0, 0, NULL, x.mark, r.asked_at, x.at, r.chat_id, r.episode,
         r.id, false
    FROM rated r
   CROSS JOIN LATERAL (
     SELECT 'csat' AS metric, r.rating AS mark, r.answered_at AS at
      WHERE r.state = 'rated'
     UNION ALL
     SELECT 'answered_surveys', CASE r.state WHEN 'rated' THEN 1 WHEN 'lost' THEN 2 ELSE 0
            END::smallint, r.asked_at) x
   CROSS JOIN LATERAL (SELECT x.at AT TIME ZONE report_zone(
           r.manager_id, r.closed_schedule, x.at) AS at) d;
END $$;
