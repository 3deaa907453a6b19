-- Makes the stored presence of the manager's days before `wanted` final, so that their spans
-- can be deleted; returns the first day that is not final, NULL if all days are as before.
-- Days that are not yet stored, or are marked, and later ones do not become final.
CREATE FUNCTION report_finish_presence(of_manager bigint, wanted date) RETURNS date
LANGUAGE plpgsql AS $$
DECLARE
  first date;
BEGIN
  -- The worker stores days under this lock.
  PERFORM pg_advisory_xact_lock(hashtext('hci_center.reports.summaries'));
  SELECT least(wanted, s.summaries_until + 1,
               (SELECT min(d.day) FROM report_dirty_day d WHERE d.manager_id = of_manager))
    INTO first FROM report_settled s WHERE s.summaries_until IS NOT NULL;
  IF first IS NOT NULL THEN
    INSERT INTO report_final_presence AS f (manager_id, before) VALUES (of_manager, first)
    ON CONFLICT (manager_id) DO UPDATE SET before = greatest(f.before, excluded.before);
  END IF;
  RETURN (SELECT f.before FROM report_final_presence f WHERE f.manager_id = of_manager);
END $$;

-- As before, but final days are not marked.
CREATE OR REPLACE FUNCTION report_mark_presence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz;
  until timestamptz;
BEGIN
  IF TG_OP = 'INSERT' THEN
    since := NEW.started_at;
    until := coalesce(NEW.ended_at, NEW.seen_at);
  ELSIF TG_OP = 'DELETE' THEN
    since := OLD.started_at;
    until := coalesce(OLD.ended_at, OLD.seen_at);
  ELSE
    since := least(coalesce(OLD.ended_at, OLD.seen_at), coalesce(NEW.ended_at, NEW.seen_at));
    until := greatest(coalesce(OLD.ended_at, OLD.seen_at),
                      coalesce(NEW.ended_at, NEW.seen_at));
    IF (OLD.operator_id, OLD.state, OLD.reason, OLD.started_at)
       IS DISTINCT FROM (NEW.operator_id, NEW.state, NEW.reason, NEW.started_at) THEN
      since := least(OLD.started_at, NEW.started_at);
    ELSIF since = until OR since > clock_timestamp() - interval '6 hours' THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO report_dirty_day (manager_id, day)
  SELECT DISTINCT o.manager_id, g::date FROM areas_operator o
    LEFT JOIN report_final_presence f ON f.manager_id = o.manager_id
   CROSS JOIN generate_series(date_trunc('day', (since - interval '14 hours') AT TIME ZONE 'UTC'),
                              (until + interval '14 hours') AT TIME ZONE 'UTC',
                              interval '1 day') g
   WHERE o.id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.operator_id END,
                  CASE WHEN TG_OP <> 'INSERT' THEN OLD.operator_id END)
     AND g < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
     AND g >= coalesce(f.before, '-infinity');
  RETURN NULL;
END $$;
