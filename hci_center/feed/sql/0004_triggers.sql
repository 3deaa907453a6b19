CREATE FUNCTION change_of_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  PERFORM change_new_epoch();
  RETURN NULL;
END $$;

-- Captures changes of rights in tables that are not part of the feed: the managers of
-- keys and supervisors, and users. The arguments name the credential's columns.
CREATE FUNCTION change_of_rights() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO change_pend (kind, op, manager_id, who)
      SELECT DISTINCT ''reset'', ''R'', 0, %L || n.%I FROM new_rows n',
      TG_ARGV[0], TG_ARGV[1]);
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE format('INSERT INTO change_pend (kind, op, manager_id, who)
      SELECT DISTINCT ''reset'', ''R'', 0, %L || o.%I FROM old_rows o',
      TG_ARGV[0], TG_ARGV[1]);
  ELSE
    -- Only the columns in the third argument affect rights.
    EXECUTE format('INSERT INTO change_pend (kind, op, manager_id, who)
      SELECT DISTINCT ''reset'', ''R'', 0, %L || w.id
        FROM old_rows o JOIN new_rows n ON o.id = n.id,
             LATERAL (VALUES (o.%I), (n.%I)) w (id)
       WHERE EXISTS (SELECT FROM unnest(%L::text[]) c
                      WHERE to_jsonb(o) -> c IS DISTINCT FROM to_jsonb(n) -> c)',
      TG_ARGV[0], TG_ARGV[1], TG_ARGV[1], TG_ARGV[2]);
  END IF;
  PERFORM change_wake();
  RETURN NULL;
END $$;

CREATE FUNCTION change_listen(target regclass, called text, VARIADIC arguments text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  heard text := 'FOR EACH STATEMENT EXECUTE FUNCTION ';
  given text := coalesce(
    (SELECT string_agg(quote_literal(a), ', ' ORDER BY n)
       FROM unnest(arguments) WITH ORDINALITY u (a, n)), '');
BEGIN
  EXECUTE format('CREATE TRIGGER change_heard_i AFTER INSERT ON %s
    REFERENCING NEW TABLE AS new_rows %s %I(%s)', target, heard, called, given);
  EXECUTE format('CREATE TRIGGER change_heard_u AFTER UPDATE ON %s
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows %s %I(%s)',
    target, heard, called, given);
  EXECUTE format('CREATE TRIGGER change_heard_d AFTER DELETE ON %s
    REFERENCING OLD TABLE AS old_rows %s %I(%s)', target, heard, called, given);
  EXECUTE format('CREATE TRIGGER change_heard_t AFTER TRUNCATE ON %s %s
    change_of_truncated()', target, heard);
END $$;

SELECT change_listen('managers_manager', 'change_of_manager'),
       change_listen('areas_area', 'change_of_area'),
       change_listen('areas_operator', 'change_of_operator'),
       change_listen('areas_operatorarea', 'change_of_membership'),
       change_listen('contacts_contact', 'change_of_contact'),
       change_listen('chats_chat', 'change_of_chat'),
       change_listen('chats_message', 'change_of_message'),
       change_listen('managers_supervision', 'change_of_rights',
                     'user:', 'user_id', '{user_id,manager_id,reads_only}'),
       change_listen('managers_apikey', 'change_of_rights',
                     'key:', 'id', '{all_managers,secrets,expires_at,revoked_at}'),
       change_listen('managers_apikey_managers', 'change_of_rights',
                     'key:', 'apikey_id', '{apikey_id,manager_id}'),
       change_listen('auth_user', 'change_of_rights',
                     'user:', 'id', '{is_active,is_staff,is_superuser}');
