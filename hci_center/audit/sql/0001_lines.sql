CREATE SEQUENCE audit_line_id_seq;
CREATE TABLE audit_line (
  id bigint NOT NULL DEFAULT nextval('audit_line_id_seq'),
  at timestamptz NOT NULL DEFAULT statement_timestamp(),
  credential varchar(100) NOT NULL CHECK (credential <> ''),
  manager_id bigint,
  act varchar(32) NOT NULL CHECK (act <> ''),
  kind varchar(32) NOT NULL,
  target varchar(64) NOT NULL DEFAULT '',
  before jsonb,
  after jsonb,
  request_id varchar(32) NOT NULL DEFAULT '',
  address varchar(64) NOT NULL DEFAULT '',
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE audit_line_id_seq OWNED BY audit_line.id;

-- The page of a manager, the history of one row, what one person did.
CREATE INDEX audit_of_manager ON audit_line (manager_id, id);
CREATE INDEX audit_of_target ON audit_line (kind, target, id);
CREATE INDEX audit_of_credential ON audit_line (credential, id);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit is append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit_line
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

-- Makes the partitions of this year and the next, so that one is always there a year
-- ahead. Years are those of UTC.
CREATE FUNCTION audit_make_ahead() RETURNS void LANGUAGE plpgsql
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
    END IF;
  END LOOP;
END $$;
SELECT audit_make_ahead();
