-- TRUNCATE runs no row triggers. Partitions have a trigger each: those of the whole table
-- for statements are not theirs. Who really wants to empty a database sets hci.truncating.
CREATE FUNCTION audit_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('hci.truncating', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'The audit is append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit_line
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_truncated();
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_line'::regclass LOOP
    EXECUTE format('CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON %s
                      FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_truncated()', part);
  END LOOP;
END $$;

-- As before; new partitions have the trigger too.
CREATE OR REPLACE FUNCTION audit_make_ahead() RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
  this integer := extract(year FROM now() AT TIME ZONE 'UTC');
BEGIN
  FOR year IN this .. this + 1 LOOP
    IF to_regclass(format('audit_line_%s', year)) IS NULL THEN
      EXECUTE format(
        'CREATE TABLE audit_line_%1$s PARTITION OF audit_line
           FOR VALUES FROM (''%1$s-01-01 00:00+00'') TO (''%2$s-01-01 00:00+00'')',
        year, year + 1);
      EXECUTE format('CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit_line_%s
                        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_truncated()', year);
    END IF;
  END LOOP;
END $$;
