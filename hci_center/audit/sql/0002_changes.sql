-- The key of the marks of secrets, as the two pads of an HMAC. It never leaves the
-- database, so that nobody who reads an export of the audit can try values.
CREATE TABLE audit_key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);

-- Eight hex digits that tell two values of a secret apart.
CREATE FUNCTION audit_mark(value text) RETURNS text LANGUAGE sql STABLE RETURN (
  SELECT left(encode(sha256(outer_pad || sha256(inner_pad || convert_to(value, 'UTF8'))), 'hex'), 8)
    FROM audit_key LIMIT 1);

-- The audited columns of a row; of a secret only whether it is set, and its mark.
CREATE FUNCTION audit_shown(of_row jsonb, columns text[], secrets text[]) RETURNS jsonb
LANGUAGE sql STABLE RETURN (
  SELECT jsonb_object_agg(c.name, CASE
           WHEN c.name <> ALL (secrets) THEN of_row -> c.name
           WHEN coalesce(of_row ->> c.name, '') = '' THEN '{"set": false}'::jsonb
           ELSE jsonb_build_object('set', true, 'mark', audit_mark(of_row ->> c.name)) END)
    FROM unnest(columns) c (name));

CREATE FUNCTION audit_manager_of(kind text, of_row jsonb) RETURNS bigint
LANGUAGE sql STABLE RETURN CASE kind
  WHEN 'manager' THEN (of_row ->> 'id')::bigint
  WHEN 'user' THEN (SELECT manager_id FROM areas_operator WHERE user_id = (of_row ->> 'id')::bigint)
  ELSE (of_row ->> 'manager_id')::bigint END;

-- Writes a line of what changed in a row. Who did it is `hci.actor`, which
-- hci_center.audit.database sets for the transaction, or else the role.
-- Arguments: the kind, the audited columns, those of them that are secrets.
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
  columns text[] := TG_ARGV[1];
  secrets text[] := TG_ARGV[2];
  was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN audit_shown(to_jsonb(OLD), columns, secrets) END;
  is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN audit_shown(to_jsonb(NEW), columns, secrets) END;
  of_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  act text := CASE TG_OP WHEN 'INSERT' THEN 'add' WHEN 'UPDATE' THEN 'change' ELSE 'delete' END;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(w.key, w.value), jsonb_object_agg(w.key, is_now -> w.key)
      INTO was, is_now
      FROM jsonb_each(was) w WHERE w.value IS DISTINCT FROM is_now -> w.key;
    IF was IS NULL THEN
      RETURN NULL;
    END IF;
    IF TG_ARGV[0] = 'user' AND was ? 'password' THEN
      act := 'password';
    END IF;
  END IF;
  INSERT INTO audit_line (credential, manager_id, act, kind, target, before, after,
                          request_id, address)
  VALUES (coalesce(nullif(current_setting('hci.actor', true), ''), 'database:' || current_user),
          audit_manager_of(TG_ARGV[0], of_row), act, TG_ARGV[0], of_row ->> 'id',
          jsonb_strip_nulls(was), CASE TG_OP WHEN 'UPDATE' THEN is_now ELSE jsonb_strip_nulls(is_now) END,
          coalesce(current_setting('hci.request', true), ''),
          coalesce(current_setting('hci.address', true), ''));
  RETURN NULL;
END $$;

-- Has the changes of these columns of a table audited from now on, and no others. A
-- migration that adds a column to an audited table calls it again with all of them.
CREATE FUNCTION audit_watch(watched regclass, kind text, columns text[], secrets text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  EXECUTE format(
    'CREATE OR REPLACE TRIGGER audit_change AFTER INSERT OR DELETE OR UPDATE OF %s ON %s
       FOR EACH ROW EXECUTE FUNCTION audit_change(%L, %L, %L)',
    (SELECT string_agg(quote_ident(name), ', ') FROM unnest(columns) name),
    watched, kind, columns, secrets);
END $$;
