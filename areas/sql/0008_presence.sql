-- Presence of operators and its history, areas_presencespan.
--
-- Every change of an operator's presence is made under a lock of his row, and ends with
-- presence_follow, which sees all that was committed before. So of changes at once (a
-- socket of each of two processes, a pause) the last one leaves the right span. These
-- are functions because no lock may be held while a feed process is busy otherwise.

-- What each of these operators is: offline without a live socket or if he set so, else
-- what he set. `since`: when the pause was set, the span began, or the last one ended.
CREATE FUNCTION presence_of(operators bigint[])
RETURNS TABLE (operator_id bigint, manager_id bigint, has_set boolean, state text,
               reason text, since timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT o.id, o.manager_id, v.operator_id IS NOT NULL, w.state,
         CASE w.state WHEN 'paused' THEN v.reason ELSE '' END,
         CASE w.state
           WHEN 'paused' THEN v.since
           WHEN 'online' THEN
             (SELECT s.started_at FROM areas_presencespan s
               WHERE s.operator_id = o.id AND s.ended_at IS NULL)
           ELSE
             (SELECT coalesce(s.ended_at, s.seen_at) FROM areas_presencespan s
               WHERE s.operator_id = o.id
               ORDER BY s.started_at DESC, s.id DESC LIMIT 1)
         END
    FROM areas_operator o
    LEFT JOIN areas_availability v ON v.operator_id = o.id
   CROSS JOIN LATERAL (
     SELECT CASE WHEN v.state IS DISTINCT FROM 'offline'
                  AND EXISTS (SELECT FROM areas_presence p
                               WHERE p.operator_id = o.id
                                 AND p.online_until > clock_timestamp())
                 THEN coalesce(v.state, 'online') ELSE 'offline' END) AS w (state)
   WHERE o.id = ANY (operators)
$$;

-- Ends and begins spans as the operators' presence is now; the caller holds the locks.
-- A span that was not seen for `lasts` seconds, after a crash, ends when it was seen
-- last; with `are_lost` all do. Returns what has changed; `state` is NULL for who has
-- never set anything.
CREATE FUNCTION presence_follow(operators bigint[], lasts integer, are_lost boolean)
RETURNS TABLE (operator_id bigint, manager_id bigint, is_online boolean, state text,
               reason text, since timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz := clock_timestamp();
  stale timestamptz := moment - make_interval(secs => lasts);
  ended bigint[];
  begun bigint[];
BEGIN
  WITH cut AS (
    UPDATE areas_presencespan s
       SET ended_at = greatest(s.started_at,
                               CASE WHEN are_lost OR s.seen_at < stale
                                    THEN s.seen_at ELSE moment END)
      FROM presence_of(operators) w
     WHERE s.operator_id = w.operator_id AND s.ended_at IS NULL
       AND (s.seen_at < stale OR s.state <> w.state OR s.reason <> w.reason)
    RETURNING s.operator_id
  )
  SELECT coalesce(array_agg(operator_id), '{}') INTO ended FROM cut;
  WITH opened AS (
    INSERT INTO areas_presencespan (operator_id, state, reason, started_at, seen_at)
    SELECT w.operator_id, w.state, w.reason, t.at, t.at
      FROM presence_of(operators) w
     -- A clock that was set back makes no spans that overlap.
     CROSS JOIN LATERAL (
       SELECT greatest(moment, (SELECT s.ended_at FROM areas_presencespan s
                                 WHERE s.operator_id = w.operator_id
                                 ORDER BY s.started_at DESC, s.id DESC LIMIT 1))) AS t (at)
     WHERE w.state <> 'offline'
       AND NOT EXISTS (SELECT FROM areas_presencespan s
                        WHERE s.operator_id = w.operator_id AND s.ended_at IS NULL)
    RETURNING operator_id
  )
  SELECT coalesce(array_agg(operator_id), '{}') INTO begun FROM opened;
  RETURN QUERY
  SELECT w.operator_id, w.manager_id, w.state <> 'offline',
         CASE WHEN w.has_set THEN w.state END, w.reason, w.since
    FROM presence_of(operators) w
   WHERE w.operator_id = ANY (ended || begun);
END $$;

-- Locks the operators in an order that is the same for everybody.
CREATE FUNCTION presence_lock(operators bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM areas_operator o WHERE o.id = ANY (operators)
    ORDER BY o.id FOR NO KEY UPDATE;
END $$;

-- The operators have a socket in this process.
CREATE FUNCTION presence_arrive(by_process text, operators bigint[], lasts integer)
RETURNS TABLE (operator_id bigint, manager_id bigint, is_online boolean, state text,
               reason text, since timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM presence_lock(operators);
  INSERT INTO areas_presence (operator_id, process, online_until)
  SELECT o.id, by_process, clock_timestamp() + make_interval(secs => lasts)
    FROM areas_operator o WHERE o.id = ANY (operators)
  ON CONFLICT (operator_id, process) DO UPDATE SET online_until = excluded.online_until;
  RETURN QUERY SELECT * FROM presence_follow(operators, lasts, false);
  UPDATE areas_presencespan s SET seen_at = clock_timestamp()
   WHERE s.operator_id = ANY (operators) AND s.ended_at IS NULL;
END $$;

-- The operators have no socket in this process any more.
CREATE FUNCTION presence_depart(by_process text, operators bigint[], lasts integer)
RETURNS TABLE (operator_id bigint, manager_id bigint, is_online boolean, state text,
               reason text, since timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM presence_lock(operators);
  DELETE FROM areas_presence p
   WHERE p.process = by_process AND p.operator_id = ANY (operators);
  RETURN QUERY SELECT * FROM presence_follow(operators, lasts, false);
END $$;

-- The operators still have a socket in this process. Takes no lock of operators, and
-- passes over rows that somebody else is changing, so that it waits for nobody. Returns
-- those who must arrive anew: their rows have expired, or a crash emptied the table.
CREATE FUNCTION presence_renew(by_process text, operators bigint[], lasts integer)
RETURNS TABLE (operator_id bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz := clock_timestamp();
  seen_since timestamptz := moment - make_interval(secs => lasts);
  renewed bigint[];
  settled bigint[];
BEGIN
  -- Arrays, and not joins, which are slow where the tables have no statistics yet.
  WITH kept AS (
    UPDATE areas_presence SET online_until = moment + make_interval(secs => lasts)
     WHERE id = ANY (ARRAY(
             SELECT p.id FROM areas_presence p
              WHERE p.process = by_process AND p.operator_id = ANY (operators)
                AND p.online_until > moment
                FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING operator_id
  )
  SELECT coalesce(array_agg(operator_id), '{}') INTO renewed FROM kept;
  UPDATE areas_presencespan SET seen_at = moment
   WHERE id = ANY (ARRAY(
           SELECT s.id FROM areas_presencespan s
            WHERE s.operator_id = ANY (renewed) AND s.ended_at IS NULL
              AND s.seen_at >= seen_since
              FOR NO KEY UPDATE SKIP LOCKED));
  settled := ARRAY(
    SELECT s.operator_id FROM areas_presencespan s
     WHERE s.operator_id = ANY (renewed) AND s.ended_at IS NULL
       AND s.seen_at >= seen_since
    UNION ALL
    SELECT v.operator_id FROM areas_availability v
     WHERE v.operator_id = ANY (renewed) AND v.state = 'offline');
  RETURN QUERY
  SELECT o.id FROM areas_operator o
   WHERE o.id = ANY (operators) AND o.id <> ALL (settled);
END $$;

-- Ends the presence that a process which died has left behind.
CREATE FUNCTION presence_expire(lasts integer)
RETURNS TABLE (operator_id bigint, manager_id bigint, is_online boolean, state text,
               reason text, since timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  operators bigint[];
BEGIN
  SELECT array_agg(x.operator_id) INTO operators FROM (
    SELECT p.operator_id FROM areas_presence p WHERE p.online_until <= clock_timestamp()
    UNION
    SELECT s.operator_id FROM areas_presencespan s
     WHERE s.ended_at IS NULL
       AND s.seen_at < clock_timestamp() - make_interval(secs => lasts)) x;
  IF operators IS NULL THEN RETURN; END IF;
  PERFORM presence_lock(operators);
  DELETE FROM areas_presence p
   WHERE p.operator_id = ANY (operators) AND p.online_until <= clock_timestamp();
  -- Not those who came back while this waited for their locks.
  SELECT array_agg(w.operator_id) INTO operators
    FROM presence_of(operators) w
   WHERE w.state = 'offline';
  RETURN QUERY SELECT * FROM presence_follow(operators, lasts, true);
END $$;
