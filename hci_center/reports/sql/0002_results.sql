-- Episodes with their outcome, and the samples of all durations, of some chats.

CREATE FUNCTION report_episodes(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, contact_id bigint, channel text,
  origin text, opened_by text, begins timestamptz, ends timestamptz, opened_day date,
  opened_hour smallint, day date, hour smallint, area_id bigint, closer_id bigint,
  outcome text, is_served boolean, is_queued boolean, had_bot boolean, sa bigint,
  authors integer, transfers integer, is_bounced boolean, is_reopened boolean,
  is_recontacted boolean, movers bigint[], left_areas bigint[], stay_schedule bigint,
  closed_schedule bigint, first_opened timestamptz, first_schedule bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS MATERIALIZED (
    SELECT l.*, b.left_id,
           coalesce(bool_or(l.operator_id IS NOT NULL) OVER before, false) AS was_had,
           array_agg(l.area_id) FILTER (WHERE l.id >= b.left_id) OVER before AS areas_before
      FROM report_lines(ids) l
      JOIN report_bots(ids) b ON b.chat_id = l.chat_id AND b.episode = l.episode
    WINDOW before AS (PARTITION BY l.chat_id, l.episode ORDER BY l.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), moved AS (  -- transfers: somebody has had it before
    SELECT l.chat_id, l.episode, l.was_area, l.area_id,
           coalesce(l.acting_id, l.was_operator) AS mover_id,
           l.area_id IS DISTINCT FROM l.was_area AS is_of_area,
           l.area_id = ANY(l.areas_before) AS is_back
      FROM line l
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
      FROM line l GROUP BY l.chat_id, l.episode
  ), said AS (
    SELECT s.chat_id, s.episode, count(DISTINCT s.author_id)::integer AS authors
      FROM report_said(ids) s WHERE s.who = 'operator' GROUP BY s.chat_id, s.episode
  ), shut AS (
    SELECT l.*, coalesce(l.acting_id, l.was_operator) AS closer_id FROM line l
     WHERE l.kind = 'closed'
  ), joined AS (
    SELECT b.*, h.contact_id, c.channel::text, s.is_held OR coalesce(a.authors, 0) > 0
             AS is_served,
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
      FROM report_bots(ids) b
      JOIN state s ON s.chat_id = b.chat_id AND s.episode = b.episode
      JOIN chats_chat h ON h.id = b.chat_id
      JOIN contacts_contact c ON c.id = h.contact_id
      LEFT JOIN transfer t ON t.chat_id = b.chat_id AND t.episode = b.episode
      LEFT JOIN said a ON a.chat_id = b.chat_id AND a.episode = b.episode
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
         EXISTS (
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
           j.manager_id, j.first_schedule, j.begins) AS at) opened
   CROSS JOIN LATERAL (SELECT j.ends AT TIME ZONE report_zone(
           j.manager_id, j.closed_schedule, j.ends) AS at) closed;
END $$;

-- Samples in microseconds: cut to whole seconds once, when figures are made. `tma` has a
-- row for each area and operator of an episode, which figures add up. `mark`: of
-- `unanswered` 1 if it was the first, of `csat` the mark, of `answered_surveys` 1 if it
-- was answered, 2 if it was never sent.
CREATE FUNCTION report_samples(ids bigint[]) RETURNS TABLE (
  manager_id bigint, metric text, day date, hour smallint, area_id bigint,
  operator_id bigint, channel text, micros bigint, business_micros bigint, target integer,
  mark smallint, begins timestamptz, ends timestamptz, chat_id bigint, episode integer,
  source bigint, is_open boolean
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH episode AS MATERIALIZED (SELECT * FROM report_episodes(ids)),
  line AS MATERIALIZED (
    SELECT l.*, b.left_id FROM report_lines(ids) l
      JOIN report_bots(ids) b ON b.chat_id = l.chat_id AND b.episode = l.episode
     WHERE l.kind <> 'closed'
  ), stay AS MATERIALIZED (SELECT * FROM report_stays(ids)),
  owing AS MATERIALIZED (SELECT * FROM report_owings(ids)),
  said AS MATERIALIZED (SELECT * FROM report_said(ids) s WHERE s.who = 'operator'),
  held AS MATERIALIZED (SELECT * FROM report_held_lines(ids)),
  hold AS (
    SELECT h.chat_id, h.episode, h.hold, min(h.id) AS source, min(h.operator_id)
             AS operator_id,
           (array_agg(h.area_id ORDER BY h.id))[1] AS area_id,
           (array_agg(h.schedule_id ORDER BY h.id))[1] AS schedule_id,
           (array_agg(h.at ORDER BY h.id))[1] AS begins,
           (array_agg(h.until ORDER BY h.id DESC))[1] AS ends
      FROM held h GROUP BY h.chat_id, h.episode, h.hold
  ), span AS (  -- of one piece: its schedule is that of its beginning
    SELECT 'tme' AS metric, s.chat_id, s.episode, s.source, s.area_id,
           s.taker_id AS operator_id, s.entered AS begins, s.taken AS ends, s.schedule_id,
           report_target(s.schedule_id, 'tme') AS target, NULL::smallint AS mark
      FROM stay s WHERE s.taken IS NOT NULL AND NOT s.is_direct
    UNION ALL
    SELECT 'unserved', s.chat_id, s.episode, s.source, s.area_id, NULL, s.entered, s.ended,
           s.schedule_id, report_target(s.schedule_id, 'tme'), NULL
      FROM stay s WHERE s.taken IS NULL AND s.ended IS NOT NULL
    UNION ALL
    SELECT CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END, o.chat_id, o.episode, o.source,
           o.answer_area, o.author_id, o.since, o.answered, o.schedule_id,
           report_target(o.schedule_id, CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END),
           NULL
      FROM owing o WHERE o.author_id IS NOT NULL
    UNION ALL
    SELECT CASE WHEN o.is_first THEN 'phone1' ELSE 'phone' END, o.chat_id, o.episode,
           o.source, o.answer_area, NULL, o.since, o.answered, o.schedule_id, NULL, NULL
      FROM owing o WHERE o.author_id IS NULL AND o.answered IS NOT NULL
    UNION ALL
    SELECT 'unanswered', o.chat_id, o.episode, o.source, e.area_id, NULL, o.since, o.closed,
           o.schedule_id,
           report_target(o.schedule_id, CASE WHEN o.is_first THEN 'tmr1' ELSE 'tmr' END),
           o.is_first::integer::smallint
      FROM owing o JOIN episode e ON e.chat_id = o.chat_id AND e.episode = o.episode
     WHERE o.answered IS NULL AND o.closed IS NOT NULL
    UNION ALL
    SELECT 'reaction', h.chat_id, h.episode, h.source, h.area_id, h.operator_id, h.begins,
           first.at, h.schedule_id, NULL, NULL
      FROM hold h
     CROSS JOIN LATERAL (
       SELECT s.at FROM said s
        WHERE s.chat_id = h.chat_id AND s.episode = h.episode
          AND s.author_id = h.operator_id AND s.at >= h.begins
          AND (h.ends IS NULL OR s.at < h.ends)
        ORDER BY s.at LIMIT 1) first
     WHERE EXISTS (
       SELECT FROM owing o WHERE o.chat_id = h.chat_id AND o.episode = h.episode
          AND o.heard < h.begins AND o.since <= h.begins
          AND (o.answered IS NULL OR o.answered >= h.begins))
    UNION ALL
    SELECT 'resolution', e.chat_id, e.episode, NULL, e.area_id, e.closer_id, e.begins,
           e.ends, e.stay_schedule, report_target(e.stay_schedule, 'resolution'), NULL
      FROM episode e WHERE e.outcome = 'resolved'
    UNION ALL
    SELECT 'full_resolution', e.chat_id, e.episode, NULL, e.area_id, e.closer_id,
           e.first_opened, e.ends, e.first_schedule, NULL, NULL
      FROM episode e WHERE e.outcome = 'resolved'
  ), total AS (  -- of several pieces, each with its own schedule
    SELECT 'queue' AS metric, e.chat_id, e.episode, e.area_id, NULL::bigint AS operator_id,
           coalesce(sum(report_micros(l.until - l.at)), 0)::bigint AS micros,
           coalesce(sum(report_business(l.schedule_id, l.at, l.until)), 0)::bigint AS business
      FROM episode e
      JOIN report_bots(ids) b ON b.chat_id = e.chat_id AND b.episode = e.episode
      LEFT JOIN line l ON l.chat_id = e.chat_id AND l.episode = e.episode
       AND l.id >= b.left_id AND l.operator_id IS NULL
     WHERE e.ends IS NOT NULL AND b.left_id IS NOT NULL
     GROUP BY e.chat_id, e.episode, e.area_id
    UNION ALL
    SELECT 'owed', e.chat_id, e.episode, e.area_id, e.closer_id,
           sum(report_micros(coalesce(o.answered, o.closed) - o.since))::bigint,
           sum(report_business(o.schedule_id, o.since, coalesce(o.answered, o.closed)))::bigint
      FROM episode e JOIN owing o ON o.chat_id = e.chat_id AND o.episode = e.episode
     WHERE e.ends IS NOT NULL GROUP BY e.chat_id, e.episode, e.area_id, e.closer_id
    UNION ALL
    SELECT 'tma', e.chat_id, e.episode, h.area_id, h.operator_id,
           coalesce(sum(report_micros(h.until - h.at)) FILTER (WHERE NOT h.is_held), 0)
             ::bigint,
           coalesce(sum(report_business(h.schedule_id, h.at, h.until))
                      FILTER (WHERE NOT h.is_held), 0)::bigint
      FROM episode e JOIN held h ON h.chat_id = e.chat_id AND h.episode = e.episode
     WHERE e.ends IS NOT NULL GROUP BY e.chat_id, e.episode, h.area_id, h.operator_id
  ), rated AS (
    SELECT v.*, e.episode, e.manager_id, e.channel, e.area_id AS of_area, e.closer_id,
           e.closed_schedule
      FROM chats_survey v
     CROSS JOIN LATERAL (
       SELECT * FROM episode e WHERE e.chat_id = v.chat_id AND e.begins <= v.asked_at
          AND e.ends IS NOT NULL ORDER BY e.episode DESC LIMIT 1) e
     WHERE v.chat_id = ANY(ids)
  )
  SELECT e.manager_id, s.metric, d.at::date, extract(hour FROM d.at)::smallint, s.area_id,
         s.operator_id, e.channel, report_micros(s.ends - s.begins),
         report_business(s.schedule_id, s.begins, s.ends), s.target, s.mark, s.begins,
         s.ends, s.chat_id, s.episode, s.source, e.ends IS NULL
    FROM span s JOIN episode e ON e.chat_id = s.chat_id AND e.episode = s.episode
   CROSS JOIN LATERAL (SELECT s.ends AT TIME ZONE report_zone(
           e.manager_id, s.schedule_id, s.ends) AS at) d
  UNION ALL
  SELECT e.manager_id, t.metric, e.day, e.hour, t.area_id, t.operator_id, e.channel,
         t.micros, t.business, NULL, NULL, e.begins, e.ends, t.chat_id, t.episode, NULL,
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
