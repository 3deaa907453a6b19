-- The kinds that only clients get that ask for them: lines of the list of chats, notes,
-- surveys and scheduled messages.

-- The line of each contact that was sent last, as far as the next event needs it. No row:
-- none was sent, and the contact had no open chat when the table was filled.
CREATE TABLE IF NOT EXISTS change_line (
  contact_id bigint PRIMARY KEY,
  manager_id bigint NOT NULL,
  key text NOT NULL,       -- the event's id, as JSON
  state text NOT NULL,
  area_id bigint,
  area text NOT NULL,      -- its code then
  operator_id bigint,
  digest uuid NOT NULL     -- of all that the event shows
) WITH (fillfactor = 70);

-- What counts of chats depend on.
CREATE OR REPLACE FUNCTION change_line_place(state text, area text, operator_id bigint)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"state":"' || state || '","area":' || to_json(area)::text
  || ',"operatorId":"' || coalesce(operator_id, 0) || '"}';

-- Returns the lines of contacts: of the open chat of each, else of its latest one; no row
-- of those that have none. `chats.inbox.line.LINES` says the same for REST. It sees what the calling
-- statement sees (STABLE), but the clock goes on: a change that was committed after the
-- statement began may be about a time after its beginning.
CREATE OR REPLACE FUNCTION change_lines_now(contacts bigint[])
RETURNS TABLE (contact_id bigint, manager_id bigint, key text, state text,
               area_id bigint, area text, operator_id bigint, shown text, digest uuid)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH line AS (
    SELECT c.id, c.manager_id, change_public_id(c.channel, c.external_id) AS key,
           c.area_id, coalesce(a.code, '')::text AS area, c.operator_id, h.closed_at,
           CASE WHEN h.closed_at IS NOT NULL THEN 'closed'
                WHEN c.operator_id IS NULL THEN
                  CASE WHEN EXISTS (SELECT FROM chats_menustate x WHERE x.chat_id = h.id)
                       THEN 'menu' ELSE 'waiting' END
                WHEN c.waiting_since IS NOT NULL THEN 'serving'
                ELSE 'answered' END AS state,
           '{"m":' || change_manager_key(g.number, g.facebook_id)
           || ',"protocol":' || to_json(h.protocol)::text
           || ',"open":' || CASE WHEN h.closed_at IS NULL THEN 'true' ELSE 'false' END
           || ',"openedAt":' || change_time(h.opened_at)
           || ',"closedAt":' || change_time(h.closed_at)
           || ',"queuedAt":' || CASE WHEN h.closed_at IS NULL
                THEN change_time(coalesce(c.queued_at, h.opened_at)) ELSE 'null' END
           || ',"waitingSince":' || CASE WHEN h.closed_at IS NULL
                THEN change_time(c.waiting_since) ELSE 'null' END
           || ',"windowEndsAt":'
           || CASE WHEN c.channel = 'facebook' OR g.gateway = 'whatsapp_cloud'
                   THEN change_time(c.last_in_at + interval '24 hours') ELSE 'null' END
           || ',"tags":' || to_json(ARRAY(
                SELECT t.code FROM contacts_tagging x JOIN contacts_tag t ON t.id = x.tag_id
                 WHERE x.contact_id = c.id ORDER BY t.id))::text
           || ',"clock":' || coalesce('{"kind":"' || k.kind || '","state":"'
                || CASE WHEN k.due_at IS NULL THEN 'paused'
                        WHEN clock_timestamp() >= k.due_at THEN 'breached'
                        WHEN clock_timestamp() >= k.risk_at THEN 'risk' ELSE 'ok' END
                || '","riskAt":' || change_time(k.risk_at)
                || ',"dueAt":' || change_time(k.due_at) || '}', 'null') AS members
      FROM unnest(contacts) AS wanted (id)
      JOIN contacts_contact c ON c.id = wanted.id AND c.deleted_at IS NULL
      JOIN managers_manager g ON g.id = c.manager_id
      JOIN LATERAL (
        SELECT o.* FROM (
          (SELECT x.id, x.protocol, x.opened_at, x.closed_at FROM chats_chat x
            WHERE x.contact_id = c.id AND x.closed_at IS NULL LIMIT 1)
          UNION ALL
          (SELECT x.id, x.protocol, x.opened_at, x.closed_at FROM chats_chat x
            WHERE x.contact_id = c.id ORDER BY x.contact_id DESC, x.id DESC LIMIT 1)) o
         LIMIT 1) h ON true
      LEFT JOIN areas_area a ON a.id = c.area_id
      LEFT JOIN LATERAL (
        SELECT r.kind, r.risk_at, r.due_at FROM chats_clock r
         WHERE r.chat_id = h.id AND r.met_at IS NULL AND r.void_at IS NULL
           AND h.closed_at IS NULL
         ORDER BY r.due_at NULLS LAST, r.id LIMIT 1) k ON true
  ), shaped AS (
    SELECT line.*, members || ',"state":"' || state || '"}' AS shown FROM line
  )
  SELECT s.id, s.manager_id, s.key, s.state, s.area_id, s.area, s.operator_id, s.shown,
         md5(concat_ws(' ', s.shown, s.area_id, s.area, s.operator_id))::uuid
    FROM shaped s;
END $$;

-- Fills change_line: those who read the state after a new epoch know no earlier line.
CREATE OR REPLACE FUNCTION change_lines_anew() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM change_line;
  INSERT INTO change_line (contact_id, manager_id, key, state, area_id, area,
                           operator_id, digest)
  SELECT n.contact_id, n.manager_id, n.key, n.state, n.area_id, n.area, n.operator_id,
         n.digest
    FROM change_lines_now(
           ARRAY(SELECT contact_id FROM chats_chat WHERE closed_at IS NULL)) n;
END $$;

-- The trigger functions below name a contact whose line may have changed; change_stamp
-- compares. Only contacts and chats change in hot calls, and those are captured anyway.

CREATE OR REPLACE FUNCTION change_of_menu_state() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk)
    SELECT 'line', 'U', h.manager_id, h.contact_id
      FROM new_rows n JOIN chats_chat h ON h.id = n.chat_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk)
    SELECT 'line', 'U', h.manager_id, h.contact_id
      FROM old_rows o JOIN chats_chat h ON h.id = o.chat_id;
  ELSE
    RETURN NULL;  -- Another step is the same state.
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION change_of_tagging() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    INSERT INTO change_pend (kind, op, manager_id, pk)
    SELECT DISTINCT 'line', 'U', n.manager_id, n.contact_id FROM new_rows n;
  END IF;
  IF TG_OP IN ('DELETE', 'UPDATE') THEN
    INSERT INTO change_pend (kind, op, manager_id, pk)
    SELECT DISTINCT 'line', 'U', o.manager_id, o.contact_id FROM old_rows o;
  END IF;
  PERFORM change_wake();
  RETURN NULL;
END $$;

-- Lines show the codes of tags.
CREATE OR REPLACE FUNCTION change_of_tag() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  renamed bigint[];
BEGIN
  IF current_setting('hci.capture', true) = 'off' OR TG_OP <> 'UPDATE' THEN
    RETURN NULL;
  END IF;
  renamed := ARRAY(SELECT o.id FROM old_rows o
                    WHERE NOT EXISTS (SELECT FROM new_rows n
                                       WHERE n.id = o.id AND n.code = o.code));
  IF renamed = '{}' THEN RETURN NULL; END IF;
  INSERT INTO change_pend (kind, op, manager_id, pk)
  SELECT DISTINCT 'line', 'U', x.manager_id, x.contact_id
    FROM contacts_tagging x WHERE x.tag_id = ANY (renamed);
  PERFORM change_wake();
  RETURN NULL;
END $$;

-- A change of `notified` says that the state of the clock has changed.
CREATE OR REPLACE FUNCTION change_of_clock() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  touched bigint[];
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    touched := ARRAY(SELECT DISTINCT chat_id FROM old_rows);
  ELSE
    touched := ARRAY(SELECT DISTINCT chat_id FROM new_rows);
  END IF;
  INSERT INTO change_pend (kind, op, manager_id, pk)
  SELECT 'line', 'U', h.manager_id, h.contact_id
    FROM chats_chat h WHERE h.id = ANY (touched);
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

-- Of the kinds below change_stamp adds the contact and, except for "schedule", the
-- protocol. Their tables are not written by hot calls: the trigger makes the JSON.

CREATE OR REPLACE FUNCTION change_of_note() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, contact_id, chat_id, key)
    SELECT 'note', 'D', h.manager_id, h.contact_id, h.id, '"' || o.id || '"'
      FROM old_rows o JOIN chats_chat h ON h.id = o.chat_id;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, contact_id, chat_id, key, row)
    SELECT 'note', left(TG_OP, 1), h.manager_id, h.contact_id, h.id, '"' || n.id || '"',
           '{"id":"' || n.id || '","text":' || to_json(n.text)::text
           || ',"operatorId":"' || coalesce(n.author_id, 0) || '","mentions":'
           || to_json(ARRAY(SELECT x FROM jsonb_array_elements_text(n.mentions) x))::text
           || ',"createdAt":' || change_time(n.created_at) || ',"author":'
           || to_json(coalesce(w.name, nullif(concat_ws(' ', nullif(u.first_name, ''),
                nullif(u.last_name, '')), ''), u.username, ''))::text || '}'
      FROM new_rows n JOIN chats_chat h ON h.id = n.chat_id
      LEFT JOIN areas_operator w ON w.id = n.author_id
      LEFT JOIN auth_user u ON n.author_id IS NULL AND n.actor = 'user:' || u.id
     ORDER BY n.id;
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION change_of_survey() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, contact_id, chat_id)
    SELECT 'survey', 'D', h.manager_id, h.contact_id, h.id
      FROM old_rows o JOIN chats_chat h ON h.id = o.chat_id;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, contact_id, chat_id, row)
    SELECT 'survey', left(TG_OP, 1), h.manager_id, h.contact_id, h.id,
           '{"state":"' || n.state || '","rating":' || coalesce(n.rating::text, 'null')
           || ',"comment":' || to_json(n.comment)::text
           || ',"operatorId":"' || coalesce(n.operator_id, 0)
           || '","area":' || to_json(coalesce(a.code, ''))::text
           || ',"askedAt":' || change_time(n.asked_at)
           || ',"answeredAt":' || change_time(n.answered_at) || '}'
      FROM new_rows n JOIN chats_chat h ON h.id = n.chat_id
      LEFT JOIN areas_area a ON a.id = n.area_id
     ORDER BY n.id;
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION change_of_scheduled() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, contact_id, key)
    SELECT 'schedule', 'D', o.manager_id, o.contact_id, '"' || o.id || '"'
      FROM old_rows o;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, contact_id, key, row)
    SELECT 'schedule', left(TG_OP, 1), n.manager_id, n.contact_id, '"' || n.id || '"',
           '{"id":"' || n.id || '","text":' || to_json(n.text)::text
           || ',"sendAt":' || change_time(n.send_at) || ',"state":"' || n.state
           || '","operatorId":"' || n.operator_id || '"'
           || CASE WHEN n.template IS NULL THEN '' ELSE
                ',"name":' || coalesce(n.template -> 'name', 'null')::text
                || ',"language":' || coalesce(n.template -> 'language', 'null')::text
                || ',"parameters":' || coalesce(n.template -> 'parameters', '[]')::text END
           || CASE WHEN n.error = '' THEN '' ELSE ',"error":' || to_json(n.error)::text END
           || '}'
      FROM new_rows n ORDER BY n.id;
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

SELECT change_listen(heard::regclass, called)
  FROM (VALUES ('chats_menustate', 'change_of_menu_state'),
               ('contacts_tagging', 'change_of_tagging'),
               ('contacts_tag', 'change_of_tag'),
               ('chats_clock', 'change_of_clock'),
               ('chats_note', 'change_of_note'),
               ('chats_survey', 'change_of_survey'),
               ('chats_scheduled', 'change_of_scheduled')) t (heard, called)
 WHERE NOT EXISTS (SELECT FROM pg_trigger
                    WHERE tgrelid = heard::regclass AND tgname = 'change_heard_i');
