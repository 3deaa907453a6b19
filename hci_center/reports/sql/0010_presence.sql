-- What changes a span of presence after its day may have been kept marks the days between
-- the old end and the new, or all of both spans if anything else changed. A day is kept when it
-- has been over everywhere for twelve hours: what happens before pays nothing.
CREATE FUNCTION report_mark_presence() RETURNS trigger LANGUAGE plpgsql AS $$
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
   CROSS JOIN generate_series(date_trunc('day', (since - interval '14 hours') AT TIME ZONE 'UTC'),
                              (until + interval '14 hours') AT TIME ZONE 'UTC',
                              interval '1 day') g
   WHERE o.id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.operator_id END,
                  CASE WHEN TG_OP <> 'INSERT' THEN OLD.operator_id END)
     AND g < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC');
  RETURN NULL;
END $$;
CREATE TRIGGER report_mark AFTER UPDATE ON areas_presencespan FOR EACH ROW
  WHEN (least(OLD.started_at, NEW.started_at) < clock_timestamp() - interval '6 hours')
  EXECUTE FUNCTION report_mark_presence();
CREATE TRIGGER report_mark_new AFTER INSERT ON areas_presencespan FOR EACH ROW
  WHEN (NEW.started_at < clock_timestamp() - interval '6 hours')
  EXECUTE FUNCTION report_mark_presence();
CREATE TRIGGER report_mark_deleted AFTER DELETE ON areas_presencespan FOR EACH ROW
  WHEN (OLD.started_at < clock_timestamp() - interval '6 hours')
  EXECUTE FUNCTION report_mark_presence();
