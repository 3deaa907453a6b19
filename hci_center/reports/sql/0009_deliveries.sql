-- Deliveries are kept by day, with every length in milliseconds, sorted within steps: an
-- exact percentile then reads one step of each day. The steps are a third apart.
CREATE FUNCTION report_step(millis bigint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN width_bucket(millis, ARRAY[
  1, 2, 3, 4, 6, 7, 10, 13, 18, 24, 32, 42, 56, 75, 100, 133, 178, 237, 316, 422, 562,
  750, 1000, 1334, 1778, 2371, 3162, 4217, 5623, 7499, 10000, 13335, 17783, 23714,
  31623, 42170, 56234, 74989, 100000, 133352, 177828, 237137, 316228, 421697, 562341,
  749894, 1000000, 1333521, 1778279, 2371374, 3162278, 4216965, 5623413, 7498942,
  10000000, 13335214, 17782794, 23713737, 31622777, 42169650, 56234133, 74989421,
  100000000, 133352143, 177827941, 237137371, 316227766, 421696503, 562341325,
  749894209, 1000000000, 1333521432, 1778279410, 2371373706
]::bigint[])::smallint;

CREATE FUNCTION report_millis(length interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0, round(date_part('epoch', length) * 1000000)::bigint / 1000);

-- What changes a delivery after its day may have been kept has that day computed anew. A
-- day is kept a day after its end; all that happens before pays nothing.
CREATE FUNCTION report_mark_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_dirty_delivery (manager_id, queued_at)
  VALUES (OLD.manager_id, OLD.queued_at);
  IF TG_OP = 'UPDATE' AND (NEW.manager_id, NEW.queued_at)
                          IS DISTINCT FROM (OLD.manager_id, OLD.queued_at) THEN
    INSERT INTO report_dirty_delivery (manager_id, queued_at)
    VALUES (NEW.manager_id, NEW.queued_at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER report_mark AFTER UPDATE OF manager_id, channel, queued_at, sent_at,
    delivered_at, failed_code ON chats_delivery FOR EACH ROW
  WHEN (least(OLD.queued_at, NEW.queued_at) < clock_timestamp() - interval '12 hours'
        AND (OLD.manager_id, OLD.channel, OLD.queued_at, OLD.sent_at, OLD.delivered_at,
             OLD.failed_code)
            IS DISTINCT FROM
            (NEW.manager_id, NEW.channel, NEW.queued_at, NEW.sent_at, NEW.delivered_at,
             NEW.failed_code))
  EXECUTE FUNCTION report_mark_delivery();
CREATE TRIGGER report_mark_deleted AFTER DELETE ON chats_delivery FOR EACH ROW
  WHEN (OLD.queued_at < clock_timestamp() - interval '12 hours')
  EXECUTE FUNCTION report_mark_delivery();
