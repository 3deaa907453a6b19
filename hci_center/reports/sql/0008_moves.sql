-- Where chats went back to, of closed episodes, as samples without a length: `left` of each
-- area that an episode has left or come back to after somebody had had it (`mark` 1: it
-- came back), and `requeues` of each time it went back into the queue of the same area.
CREATE FUNCTION report_moves(ids bigint[], wanted text[] DEFAULT NULL) RETURNS TABLE (
  manager_id bigint, metric text, day date, hour smallint, area_id bigint,
  operator_id bigint, channel text, micros bigint, business_micros bigint, target integer,
  mark smallint, begins timestamptz, ends timestamptz, chat_id bigint, episode integer,
  source bigint, is_open boolean
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  {parts}, placed AS (
    SELECT l.*, coalesce(bool_or(l.operator_id IS NOT NULL) OVER before, false) AS was_had,
           array_agg(l.area_id) FILTER (WHERE l.id >= b.left_id) OVER before AS areas_before
      FROM line l JOIN bot b ON b.chat_id = l.chat_id AND b.episode = l.episode
     WHERE b.ends IS NOT NULL
    WINDOW before AS (PARTITION BY l.chat_id, l.episode ORDER BY l.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), moved AS (
    SELECT l.chat_id, l.episode, l.was_area, l.area_id, l.id,
           coalesce(l.area_id = ANY(l.areas_before), false) AS is_back
      FROM placed l
     WHERE l.was_had AND l.kind <> 'closed' AND l.area_id IS DISTINCT FROM l.was_area
  ), found AS (
    SELECT 'left' AS metric, x.chat_id, x.episode, x.area_id, NULL::bigint AS operator_id,
           max(x.mark)::smallint AS mark,
           -- One line may be the first of two areas.
           coalesce(min(x.id) FILTER (WHERE x.mark = 0), -min(x.id)) AS source
      FROM (SELECT m.chat_id, m.episode, m.was_area AS area_id, 0 AS mark, m.id FROM moved m
             UNION ALL
            SELECT m.chat_id, m.episode, m.area_id, 1, m.id FROM moved m WHERE m.is_back) x
     GROUP BY x.chat_id, x.episode, x.area_id
     UNION ALL
    SELECT 'requeues', l.chat_id, l.episode, l.area_id,
           coalesce(l.acting_id, l.was_operator), NULL, l.id
      FROM placed l
     WHERE l.kind <> 'closed' AND l.operator_id IS NULL AND l.was_operator IS NOT NULL
       AND l.area_id IS NOT DISTINCT FROM l.was_area
  )
  SELECT b.manager_id, f.metric, d.at::date, extract(hour FROM d.at)::smallint, f.area_id,
         f.operator_id, b.channel, 0::bigint, 0::bigint, NULL::integer, f.mark, b.begins,
         b.ends, f.chat_id, f.episode, f.source, false
    FROM found f
    JOIN bot b ON b.chat_id = f.chat_id AND b.episode = f.episode
    JOIN shut x ON x.chat_id = f.chat_id AND x.episode = f.episode
   CROSS JOIN LATERAL (SELECT b.ends AT TIME ZONE report_zone(
           b.manager_id, x.schedule_id, b.ends) AS at OFFSET 0) d
   WHERE wanted IS NULL OR f.metric = ANY(wanted);
END $$;

-- All samples: what is measured, and these.
ALTER FUNCTION report_samples(bigint[], text[]) RENAME TO report_measured;
CREATE FUNCTION report_samples(ids bigint[], wanted text[] DEFAULT NULL) RETURNS TABLE (
  manager_id bigint, metric text, day date, hour smallint, area_id bigint,
  operator_id bigint, channel text, micros bigint, business_micros bigint, target integer,
  mark smallint, begins timestamptz, ends timestamptz, chat_id bigint, episode integer,
  source bigint, is_open boolean
) LANGUAGE plpgsql STABLE ROWS 20000 AS $$
BEGIN
  IF wanted IS NULL OR wanted && ARRAY['left', 'requeues'] THEN
    RETURN QUERY SELECT * FROM report_moves(ids, wanted);
  END IF;
  IF wanted IS NULL OR NOT wanted <@ ARRAY['left', 'requeues'] THEN
    RETURN QUERY SELECT * FROM report_measured(ids, wanted);
  END IF;
END $$;
