-- What the reports are computed from: the ledger and the messages of some chats, cut into
-- episodes, the bot phase, stays, holds and owings. Functions that return rows are in
-- plpgsql: each is planned once a session and computed once a statement.

-- The kinds of lines that tell the state of a chat; all others are passed over.
CREATE FUNCTION report_state_kinds() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['opened', 'reopened', 'entered_area', 'claimed', 'assigned', 'transferred',
             'released', 'held', 'resumed', 'closed', 'bot_ended'];

CREATE FUNCTION report_micros(length interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0, (extract(epoch FROM length) * 1000000)::bigint);

-- The open seconds of a version of the hours before an instant.
CREATE FUNCTION report_opened_for(of_schedule bigint, t timestamptz) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT o.before_s + extract(epoch FROM least(t, o.ends) - o.begins)
                   FROM areas_opening o
                  WHERE o.schedule_id = of_schedule AND o.begins <= t
                  ORDER BY o.begins DESC LIMIT 1), 0);

-- The microseconds of a span within the open hours; all of them without a schedule.
CREATE FUNCTION report_business(of_schedule bigint, begins timestamptz, ends timestamptz)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN of_schedule IS NULL THEN report_micros(ends - begins)
            ELSE greatest(0, ((report_opened_for(of_schedule, ends)
                               - report_opened_for(of_schedule, begins)) * 1000000)::bigint)
       END;

CREATE FUNCTION report_target(of_schedule bigint, clock text) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT nullif((s.targets ->> clock)::integer, 0)
          FROM areas_schedule s WHERE s.id = of_schedule);

-- The zone in which a moment has its day: that of its schedule, else the manager's then.
CREATE FUNCTION report_zone(of_manager bigint, of_schedule bigint, t timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
  (SELECT s.zone FROM areas_schedule s WHERE s.id = of_schedule),
  (SELECT z.zone FROM report_zone z WHERE z.manager_id = of_manager AND z.ended_at > t
    ORDER BY z.ended_at LIMIT 1),
  (SELECT m.time_zone FROM managers_manager m WHERE m.id = of_manager));

-- The lines of each episode with what was before them and until when they stood. An
-- episode begins with an opening of a chat that is not open, and ends with the next
-- closing. Lines of an import are not ours, and one that we only saw closed is none.
CREATE FUNCTION report_lines(ids bigint[]) RETURNS TABLE (
  chat_id bigint, manager_id bigint, episode integer, id bigint, place integer, kind text,
  at timestamptz, until timestamptz, area_id bigint, operator_id bigint, was_area bigint,
  was_operator bigint, cause text, sa bigint, schedule_id bigint, actor text,
  acting_id bigint, next_kind text, next_actor text
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS (
    SELECT e.*,
           coalesce(max(e.id) FILTER (WHERE e.kind IN ('opened', 'reopened')) OVER before, 0)
             > coalesce(max(e.id) FILTER (WHERE e.kind = 'closed') OVER before, 0)
             AS is_inside
      FROM chats_chatevent e
     WHERE e.chat_id = ANY(ids) AND e.kind = ANY(report_state_kinds())
    WINDOW before AS (PARTITION BY e.chat_id ORDER BY e.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), numbered AS (
    SELECT l.*, (count(*) FILTER (WHERE NOT is_inside AND l.kind IN ('opened', 'reopened'))
                   OVER (PARTITION BY l.chat_id ORDER BY l.id))::integer AS episode
      FROM line l
  ), ours AS (
    SELECT n.*, first_value(n.kind) OVER w AS begun_by,
           row_number() OVER w AS place, lag(n.area_id) OVER w AS was_area,
           lag(n.operator_id) OVER w AS was_operator, lead(n.at) OVER w AS until,
           lead(n.kind) OVER w AS next_kind, lead(n.actor) OVER w AS next_actor
      FROM numbered n
     WHERE (n.is_inside OR n.kind IN ('opened', 'reopened')) AND n.cause <> 'import'
    WINDOW w AS (PARTITION BY n.chat_id, n.episode ORDER BY n.id)
  )
  SELECT o.chat_id, o.manager_id, o.episode, o.id, o.place::integer, o.kind::text, o.at,
         o.until, o.area_id, o.operator_id, o.was_area, o.was_operator, o.cause::text, o.sa,
         o.schedule_id, o.actor::text, o.acting_operator_id, o.next_kind::text,
         o.next_actor::text
    FROM ours o WHERE o.begun_by <> 'closed';
END $$;

-- Where the bot phase of each episode ends: the first line after it, NULL if it never
-- did. That is the first line of all where there was no bot phase. A menu that closes the
-- chat itself has not let go of it.
CREATE FUNCTION report_bots(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, first_id bigint, begins timestamptz,
  ends timestamptz, origin text, opened_by text, left_id bigint, left_at timestamptz,
  first_schedule bigint, left_schedule bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS MATERIALIZED (SELECT * FROM report_lines(ids)),
  episode AS (
    SELECT l.chat_id, l.episode, min(l.manager_id) AS manager_id, min(l.id) AS first_id,
           min(l.at) FILTER (WHERE l.place = 1) AS begins,
           min(l.at) FILTER (WHERE l.kind = 'closed') AS ends,
           min(l.kind) FILTER (WHERE l.place = 1) AS origin,
           min(l.cause) FILTER (WHERE l.place = 1) AS opened_by,
           min(l.area_id) FILTER (WHERE l.place = 1) AS first_area,
           min(l.operator_id) FILTER (WHERE l.place = 1) AS first_operator,
           min(l.schedule_id) FILTER (WHERE l.place = 1) AS first_schedule,
           min(l.id) FILTER (WHERE l.operator_id IS NOT NULL) AS held_id,
           min(l.id) FILTER (WHERE l.place > 1 AND l.kind IN ('bot_ended', 'entered_area'))
             AS chosen_id,
           min(l.id) FILTER (
             WHERE l.place > 1 AND l.kind <> 'closed'
               AND (l.kind = 'bot_ended' OR l.area_id IS NOT NULL
                    OR l.operator_id IS NOT NULL)) AS moved_id
      FROM line l GROUP BY l.chat_id, l.episode
  ), ended AS (
    SELECT e.*, CASE
             WHEN e.origin = 'reopened' OR e.first_operator IS NOT NULL
               OR e.opened_by = 'operator' THEN e.first_id
             WHEN e.first_area IS NOT NULL THEN
               CASE WHEN e.chosen_id < coalesce(e.held_id, 9223372036854775807)
                    THEN e.chosen_id ELSE e.first_id END
             WHEN NOT EXISTS (SELECT FROM areas_area a WHERE a.manager_id = e.manager_id
                                 AND a.created_at <= e.begins) THEN e.first_id
             ELSE e.moved_id END AS left_id
      FROM episode e
  )
  SELECT e.chat_id, e.episode, e.manager_id, e.first_id, e.begins, e.ends, e.origin,
         e.opened_by, l.id, l.at, e.first_schedule, l.schedule_id
    FROM ended e
    LEFT JOIN line l ON l.id = e.left_id
     AND NOT (l.place > 1 AND l.kind = 'bot_ended' AND l.next_kind = 'closed'
              AND l.next_actor = l.actor);
END $$;

-- What was said in each episode. Who: the customer, an operator, somebody at the phone of
-- the account (nobody's credit), or an automatic message.
CREATE FUNCTION report_said(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, id bigint, at timestamptz, who text, author_id bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT b.chat_id, b.episode, m.id, m.at,
         CASE WHEN m.direction = 'in' THEN 'customer' WHEN o.id IS NOT NULL THEN 'operator'
              WHEN m.auto = 'phone' THEN 'phone' ELSE 'service' END, o.id
    FROM (SELECT m.id, m.chat_id, m.manager_id, m.direction, m.auto, m.sender,
                 coalesce(m.stored_at, greatest(m.created_at, h.opened_at)) AS at
            FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
           WHERE m.chat_id = ANY(ids)) m
    JOIN report_bots(ids) b ON b.chat_id = m.chat_id AND m.at >= b.begins
     AND (b.ends IS NULL OR m.at < b.ends)
    LEFT JOIN areas_operator o ON m.direction = 'out' AND m.auto = ''
     AND o.manager_id = m.manager_id AND o.id::text = m.sender;
END $$;

-- Runs of lines with one area, or none, after the bot phase.
CREATE FUNCTION report_stays(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, source bigint, area_id bigint,
  entered timestamptz, ended timestamptz, taken timestamptz, taker_id bigint,
  is_direct boolean, schedule_id bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS (
    SELECT l.*, count(*) FILTER (WHERE l.id = b.left_id
                                    OR l.area_id IS DISTINCT FROM l.was_area)
                  OVER (PARTITION BY l.chat_id, l.episode ORDER BY l.id) AS island
      FROM report_lines(ids) l
      JOIN report_bots(ids) b ON b.chat_id = l.chat_id AND b.episode = l.episode
     WHERE l.id >= b.left_id AND l.kind <> 'closed'
  )
  SELECT l.chat_id, l.episode, min(l.manager_id), min(l.id), l.area_id,
         (array_agg(l.at ORDER BY l.id))[1], (array_agg(l.until ORDER BY l.id DESC))[1],
         (array_agg(l.at ORDER BY l.id) FILTER (WHERE l.operator_id IS NOT NULL))[1],
         (array_agg(l.operator_id ORDER BY l.id)
            FILTER (WHERE l.operator_id IS NOT NULL))[1],
         (array_agg(l.operator_id ORDER BY l.id))[1] IS NOT NULL,
         (array_agg(l.schedule_id ORDER BY l.id))[1]
    FROM line l GROUP BY l.chat_id, l.episode, l.area_id, l.island;
END $$;

-- Lines with an operator: which hold each belongs to, and whether the customer was put on
-- hold (`is_held`) until the next line.
CREATE FUNCTION report_held_lines(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, id bigint, hold integer,
  area_id bigint, operator_id bigint, at timestamptz, until timestamptz,
  schedule_id bigint, is_held boolean
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS (
    SELECT l.*, count(*) FILTER (WHERE l.place = 1
                                    OR l.operator_id IS DISTINCT FROM l.was_operator)
                  OVER (PARTITION BY l.chat_id, l.episode ORDER BY l.id) AS island
      FROM report_lines(ids) l WHERE l.kind <> 'closed'
  )
  SELECT l.chat_id, l.episode, l.manager_id, l.id, l.island::integer, l.area_id,
         l.operator_id, l.at, l.until, l.schedule_id,
         coalesce(max(l.id) FILTER (WHERE l.kind = 'held') OVER w, 0)
           > coalesce(max(l.id) FILTER (WHERE l.kind = 'resumed') OVER w, 0)
    FROM line l WHERE l.operator_id IS NOT NULL
  WINDOW w AS (PARTITION BY l.chat_id, l.episode, l.island ORDER BY l.id);
END $$;

-- What was owed to the customer: from his message until a person's, or the closing.
-- `heard`: when he spoke first; it is owed from the end of the bot phase at the earliest.
CREATE FUNCTION report_owings(ids bigint[]) RETURNS TABLE (
  chat_id bigint, episode integer, manager_id bigint, source bigint, heard timestamptz,
  since timestamptz, answered timestamptz, closed timestamptz, is_first boolean,
  author_id bigint, answer_id bigint, schedule_id bigint, answer_area bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS MATERIALIZED (SELECT * FROM report_lines(ids)),
  said AS (
    SELECT s.*, count(*) FILTER (WHERE s.who <> 'customer') OVER before AS turns,
           count(*) FILTER (WHERE s.who = 'operator') OVER before AS answers
      FROM report_said(ids) s WHERE s.who <> 'service'
    WINDOW before AS (PARTITION BY s.chat_id, s.episode ORDER BY s.at, s.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), owed AS (
    SELECT s.chat_id, s.episode,
           (array_agg(s.id ORDER BY s.at, s.id) FILTER (WHERE s.who = 'customer'))[1]
             AS source,
           min(s.at) FILTER (WHERE s.who = 'customer') AS heard,
           min(s.at) FILTER (WHERE s.who <> 'customer') AS answered,
           min(s.author_id) AS author_id,
           min(s.id) FILTER (WHERE s.who <> 'customer') AS answer_id,
           bool_and(s.answers = 0) AS is_first
      FROM said s GROUP BY s.chat_id, s.episode, s.turns
    HAVING bool_or(s.who = 'customer')
  ), since AS (
    SELECT o.*, b.manager_id, greatest(o.heard, b.left_at) AS since, b.ends AS closed
      FROM owed o JOIN report_bots(ids) b ON b.chat_id = o.chat_id AND b.episode = o.episode
     WHERE b.left_id IS NOT NULL
       AND (o.answered IS NULL OR o.answered >= b.left_at)
  ), now AS (  -- the newest line at both ends
    SELECT DISTINCT ON (s.source, x.at_end) s.source AS owing, x.at_end, l.area_id,
           l.schedule_id
      FROM since s
     CROSS JOIN LATERAL (VALUES (false, s.since), (true, s.answered)) AS x (at_end, at)
      JOIN line l ON l.chat_id = s.chat_id AND l.episode = s.episode AND l.at <= x.at
     ORDER BY s.source, x.at_end, l.id DESC
  )
  SELECT s.chat_id, s.episode, s.manager_id, s.source, s.heard, s.since, s.answered,
         s.closed, s.is_first, s.author_id, s.answer_id, begun.schedule_id, ended.area_id
    FROM since s
    LEFT JOIN now begun ON begun.owing = s.source AND begun.at_end = false
    LEFT JOIN now ended ON ended.owing = s.source AND ended.at_end;
END $$;
