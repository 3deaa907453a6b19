-- The trigger functions that capture changes. They name every column, so no secret gets
-- into the log. They are statement-level, so that one UPDATE of 20,000 rows is one
-- INSERT into the log, and run as their owner, so that changes of any role that may
-- write a table are captured.
-- Old and new rows are never joined by a nested loop: a database session caches the
-- plan made for the one row of its first statement, and the loop would be quadratic in
-- the 20,000 rows of a later one.
-- A bulk load sets `hci.capture` to 'off' through change_bulk_load(). The functions
-- check it, because a trigger's WHEN is read and planned again with each statement.

CREATE OR REPLACE FUNCTION change_of_manager() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT SET enable_nestloop = off AS $$
DECLARE
  is_captured boolean;
  switched bigint[];
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'manager', 'I', n.id, change_manager_key(n.number, n.facebook_id),
           change_manager_row(n.name, n.email, n.number, n.controller_port,
                              n.facebook_id)
      FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, key)
    SELECT 'manager', 'D', o.id, change_manager_key(o.number, o.facebook_id)
      FROM old_rows o;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'manager', 'U', n.id, change_manager_key(n.number, n.facebook_id),
           change_manager_row(n.name, n.email, n.number, n.controller_port,
                              n.facebook_id)
      FROM old_rows o JOIN new_rows n ON o.id = n.id
     WHERE (o.name, o.email, o.number, o.controller_port, o.facebook_id)
           IS DISTINCT FROM
           (n.name, n.email, n.number, n.controller_port, n.facebook_id);
    is_captured := FOUND;
    -- The manager's gateway decides about the reply window, which lines show. Windows
    -- that have ended are left out: a company may have very many contacts.
    switched := ARRAY(
      SELECT n.id FROM old_rows o JOIN new_rows n ON o.id = n.id
       WHERE (o.gateway = 'whatsapp_cloud') <> (n.gateway = 'whatsapp_cloud'));
    IF switched <> '{}' THEN
      INSERT INTO change_pend (kind, op, manager_id, pk)
      SELECT 'line', 'U', c.manager_id, c.id FROM contacts_contact c
       WHERE c.manager_id = ANY (switched) AND c.deleted_at IS NULL
         AND (c.last_in_at > now() - interval '24 hours'
              OR EXISTS (SELECT FROM chats_chat h
                          WHERE h.contact_id = c.id AND h.closed_at IS NULL));
    ELSIF NOT is_captured THEN
      RETURN NULL;
    END IF;
    -- The `m` of all its events changes: those who see the manager read again.
    INSERT INTO change_pend (kind, op, manager_id)
    SELECT 'reset', 'R', n.id FROM old_rows o JOIN new_rows n ON o.id = n.id
     WHERE change_manager_key(o.number, o.facebook_id)
           IS DISTINCT FROM change_manager_key(n.number, n.facebook_id);
  END IF;
  PERFORM change_wake();
  RETURN NULL;
END $$;

-- An area that moves to another manager is removed from one and sent to the other.
CREATE OR REPLACE FUNCTION change_of_area() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, key)
    SELECT 'area', 'D', o.manager_id, to_json(o.code)::text FROM old_rows o;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'area', 'I', n.manager_id, to_json(n.code)::text,
           change_area_row(n.code, n.name) FROM new_rows n;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'area', CASE WHEN n.id IS NULL THEN 'D' ELSE 'U' END,
           coalesce(n.manager_id, o.manager_id),
           to_json(coalesce(n.code, o.code))::text, change_area_row(n.code, n.name)
      FROM old_rows o FULL JOIN new_rows n
        ON o.id = n.id AND o.manager_id = n.manager_id AND o.code = n.code
     WHERE (o.id, o.name) IS DISTINCT FROM (n.id, n.name);
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

-- An inactive operator counts as deleted; a change of activity, manager or user also
-- changes rights.
CREATE OR REPLACE FUNCTION change_of_operator() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT SET enable_nestloop = off AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk, key)
    SELECT 'operator', 'I', n.manager_id, n.id, '"' || n.id || '"' FROM new_rows n;
    INSERT INTO change_pend (kind, op, manager_id, who)
    SELECT 'reset', 'R', 0, 'user:' || n.user_id FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk, key)
    SELECT 'operator', 'D', o.manager_id, o.id, '"' || o.id || '"' FROM old_rows o
     WHERE o.is_active;
    INSERT INTO change_pend (kind, op, manager_id, who)
    SELECT 'reset', 'R', 0, 'user:' || o.user_id FROM old_rows o;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, pk, key)
    SELECT 'operator', CASE WHEN n.id IS NULL OR NOT n.is_active THEN 'D'
                            WHEN NOT o.is_active THEN 'I' ELSE 'U' END,
           coalesce(n.manager_id, o.manager_id), coalesce(n.id, o.id),
           '"' || coalesce(n.id, o.id) || '"'
      FROM old_rows o FULL JOIN new_rows n
        ON o.id = n.id AND o.manager_id = n.manager_id
     WHERE (o.is_active OR n.is_active)
       AND (o.id, o.name, o.email, o.is_active)
           IS DISTINCT FROM (n.id, n.name, n.email, n.is_active);
    INSERT INTO change_pend (kind, op, manager_id, who)
    SELECT 'reset', 'R', 0, 'user:' || w.id
      FROM old_rows o JOIN new_rows n ON o.id = n.id,
           LATERAL (SELECT o.user_id UNION SELECT n.user_id) w (id)
     WHERE (o.manager_id, o.user_id, o.is_active)
           IS DISTINCT FROM (n.manager_id, n.user_id, n.is_active);
  END IF;
  PERFORM change_wake();
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION change_of_membership() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  touched bigint[];
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    touched := ARRAY(SELECT DISTINCT operator_id FROM new_rows);
  ELSIF TG_OP = 'DELETE' THEN
    touched := ARRAY(SELECT DISTINCT operator_id FROM old_rows);
  ELSE
    touched := ARRAY(SELECT operator_id FROM old_rows
                      UNION SELECT operator_id FROM new_rows);
  END IF;
  INSERT INTO change_pend (kind, op, manager_id, pk, key)
  SELECT 'operator', 'U', x.manager_id, x.id, '"' || x.id || '"'
    FROM areas_operator x WHERE x.id = ANY (touched);
  INSERT INTO change_pend (kind, op, manager_id, who)
  SELECT 'reset', 'R', 0, 'user:' || x.user_id
    FROM areas_operator x WHERE x.id = ANY (touched);
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

-- `pk` names a contact whose line may have changed; a change of nothing else is of kind
-- "line". A restored contact counts as new; `contact_id` has its open chat sent, too, which
-- only a change by hand has left open. The join uses everything that identifies a contact:
-- one whose id or manager changes is removed under the old and sent under the new.
CREATE OR REPLACE FUNCTION change_of_contact() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, area_id, operator_id, channel,
      external_id, name, photo, protocol, sa, unread, moment, phone)
    SELECT 'contact', 'I', n.manager_id, n.area_id, n.operator_id, n.channel,
           n.external_id, n.name, n.photo, n.protocol, n.sa, n.unread, n.last_message_at,
           n.phone
      FROM new_rows n WHERE n.deleted_at IS NULL;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk, area_id, operator_id, channel,
      external_id)
    SELECT 'contact', 'D', o.manager_id, o.id, o.area_id, o.operator_id, o.channel,
           o.external_id
      FROM old_rows o WHERE o.deleted_at IS NULL;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, area_id, operator_id,
      moved, was_area_id, was_operator_id, channel, external_id, name, photo, protocol,
      sa, unread, moment, phone)
    SELECT CASE WHEN s.shown THEN 'contact' ELSE 'line' END, c.op,
           coalesce(n.manager_id, o.manager_id),
           CASE WHEN s.lined THEN coalesce(n.id, o.id) END,
           CASE WHEN c.op = 'U' AND o.operator_id IS DISTINCT FROM n.operator_id
                  OR c.op = 'I' THEN n.id END,
           CASE c.op WHEN 'D' THEN o.area_id ELSE n.area_id END,
           CASE c.op WHEN 'D' THEN o.operator_id ELSE n.operator_id END,
           c.op = 'U' AND o.id IS NOT NULL
             AND (o.area_id IS DISTINCT FROM n.area_id
                  OR o.operator_id IS DISTINCT FROM n.operator_id),
           o.area_id, o.operator_id,
           coalesce(n.channel, o.channel), coalesce(n.external_id, o.external_id),
           n.name, n.photo, n.protocol, n.sa, n.unread, n.last_message_at, n.phone
      FROM old_rows o FULL JOIN new_rows n
        ON o.id = n.id AND o.manager_id = n.manager_id
       AND o.channel = n.channel AND o.external_id = n.external_id,
           LATERAL (
             SELECT CASE WHEN n.id IS NULL OR n.deleted_at IS NOT NULL THEN 'D'
                         WHEN o.deleted_at IS NOT NULL THEN 'I' ELSE 'U' END) c (op),
           LATERAL (SELECT
           (o.id, o.name, o.photo, o.area_id, o.operator_id, o.protocol, o.sa,
            o.unread, o.last_message_at, o.deleted_at, o.phone)
           IS DISTINCT FROM
           (n.id, n.name, n.photo, n.area_id, n.operator_id, n.protocol, n.sa,
            n.unread, n.last_message_at, n.deleted_at, n.phone),
           (o.id, o.area_id, o.operator_id, o.deleted_at, o.waiting_since, o.queued_at,
            o.last_in_at)
           IS DISTINCT FROM
           (n.id, n.area_id, n.operator_id, n.deleted_at, n.waiting_since, n.queued_at,
            n.last_in_at)) s (shown, lined)
     WHERE (o.id IS NOT NULL AND o.deleted_at IS NULL
            OR n.id IS NOT NULL AND n.deleted_at IS NULL)
       AND (s.shown OR s.lined);
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

-- A chat that moves to another contact, as when two contacts are merged, is removed
-- from the former and sent with the latter. Of a closed one only their lines change.
CREATE OR REPLACE FUNCTION change_of_chat() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, contact_id, chat_id, row)
    SELECT 'chat', 'I', n.manager_id, n.contact_id, n.id, (n.closed_at IS NULL)::text
      FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    -- Clients have no data of a closed chat but its line.
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, chat_id)
    SELECT CASE WHEN o.closed_at IS NULL THEN 'chat' ELSE 'line' END, 'D', o.manager_id,
           o.contact_id, o.contact_id, o.id
      FROM old_rows o;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, chat_id, row)
    SELECT CASE WHEN s.opened THEN 'chat' ELSE 'line' END,
           CASE WHEN n.id IS NULL THEN 'D' ELSE 'U' END,
           coalesce(n.manager_id, o.manager_id), coalesce(n.contact_id, o.contact_id),
           coalesce(n.contact_id, o.contact_id), coalesce(n.id, o.id),
           (n.closed_at IS NULL)::text
      FROM old_rows o FULL JOIN new_rows n ON o.id = n.id AND o.contact_id = n.contact_id,
           LATERAL (SELECT (o.id IS NOT NULL AND o.closed_at IS NULL)
                           <> (n.id IS NOT NULL AND n.closed_at IS NULL)) s (opened)
     WHERE s.opened OR n.id IS NULL OR o.id IS NULL;
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION change_of_message() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT SET enable_nestloop = off AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, chat_id, uuid, content,
      type, url, sender, status, direction, error, moment, details)
    SELECT 'message', 'I', n.manager_id, n.id, n.contact_id, n.chat_id, n.uuid, n.content,
           n.type, n.url, n.sender, n.status, n.direction, n.error, n.created_at,
           CASE WHEN n.auto = '' THEN n.details
                ELSE coalesce(n.details, '{}') || jsonb_build_object('auto', n.auto) END
      FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, chat_id, uuid)
    SELECT 'message', 'D', o.manager_id, o.id, o.contact_id, o.chat_id, o.uuid
      FROM old_rows o;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, pk, contact_id, chat_id, uuid, content,
      type, url, sender, status, direction, error, moment, details)
    SELECT 'message', 'U', n.manager_id, n.id, n.contact_id, n.chat_id, n.uuid, n.content,
           n.type, n.url, n.sender, n.status, n.direction, n.error, n.created_at,
           CASE WHEN n.auto = '' THEN n.details
                ELSE coalesce(n.details, '{}') || jsonb_build_object('auto', n.auto) END
      FROM old_rows o JOIN new_rows n ON o.id = n.id
     WHERE (o.uuid, o.contact_id, o.chat_id, o.direction, o.type, o.content, o.url,
            o.sender, o.status, o.error, o.created_at, o.details,
            o.auto)
           IS DISTINCT FROM
           (n.uuid, n.contact_id, n.chat_id, n.direction, n.type, n.content, n.url,
            n.sender, n.status, n.error, n.created_at, n.details,
            n.auto);
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;
