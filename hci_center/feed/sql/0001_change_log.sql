-- The change log: triggers write to change_pend in the writer's own transaction; the
-- leading relay moves committed rows into change_feed and numbers them without gaps. A
-- client's cursor is such a number. See docs/feed.md.

CREATE TABLE change_pend (
  -- Causal order: a later change of a row always gets a higher id. CACHE must stay 1.
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,      -- of the event, line, reset or epoch
  op text NOT NULL,        -- I U D; for a reset and an epoch: R
  manager_id bigint NOT NULL,
  pk bigint,               -- of the operator or message; of a contact with another line
  contact_id bigint,       -- of a chat or message; of a contact whose operator changed
  chat_id bigint,
  area_id bigint,          -- of a contact, as are the next four
  operator_id bigint,
  moved boolean NOT NULL DEFAULT false,
  was_area_id bigint,
  was_operator_id bigint,
  who text,                -- of a reset: the credential; NULL: all that see the manager
  key text,                -- the event's id, as JSON, if no column below contains it
  row text,                -- the event's row, likewise; of a chat, whether it is open
  -- A contact or message as of the change. Plain columns: change_stamp makes the JSON,
  -- once per batch, so that it does not slow down the writers.
  channel text,
  external_id text,
  name text,
  photo text,
  protocol text,
  sa bigint,
  unread integer,
  uuid uuid,
  content text,
  type text,
  url text,
  sender text,
  status text,
  direction text,
  error text,
  moment timestamptz,      -- of a contact's latest message; of a message's creation
  details jsonb,           -- of a message
  phone bigint             -- of a contact whose id is not a phone
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE change_feed (
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  manager_id bigint NOT NULL,
  kind text NOT NULL,
  area_id bigint,          -- who may see it: hci_center.visibility
  operator_id bigint,
  was_area_id bigint,
  was_operator_id bigint,
  who text,
  file text,               -- the stored file whose signed link ends the event
  ev text,                 -- the event as it is sent; NULL: it is sent to nobody
  gone text,               -- the event for those who could see the row before
  PRIMARY KEY (seq)
) PARTITION BY RANGE (seq);
CREATE INDEX change_feed_of_manager ON change_feed (manager_id, seq);
CREATE INDEX change_feed_resets ON change_feed (seq) WHERE kind IN ('reset', 'epoch');
CREATE TABLE change_feed_0 PARTITION OF change_feed FOR VALUES FROM (0) TO (1000000);

CREATE TABLE change_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL DEFAULT 0,
  epoch text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
  -- All ids up to `mark` are complete; the next read starts there. An id is complete
  -- once every transaction older than `next_xid` has ended (see change_stamp).
  mark bigint NOT NULL DEFAULT 0,
  next_mark bigint NOT NULL DEFAULT 0,
  next_xid xid8 NOT NULL DEFAULT '0',
  last_id bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO change_head DEFAULT VALUES;

-- The pace of the leading relay, for probes.
CREATE UNLOGGED TABLE change_pace (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at timestamptz NOT NULL,
  per_second real NOT NULL,
  interval_ms real NOT NULL
);

-- Tickets issued by POST api/socket, stored as hashes.
CREATE UNLOGGED TABLE feed_ticket (
  digest bytea PRIMARY KEY,
  credential text NOT NULL,
  session text NOT NULL,
  base text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Functions that make JSON texts. They have no sub-select and are not declared less
-- volatile than the functions that they call, so that the planner can inline them.

-- A contact id of the contract: a phone is a number, any other id a string.
CREATE FUNCTION change_public_id(channel text, external_id text) RETURNS text
LANGUAGE sql STABLE RETURN
  CASE WHEN channel = 'whatsapp' AND external_id ~ '^[0-9]+$'
       THEN external_id::numeric::text ELSE to_json(external_id)::text END;

CREATE FUNCTION change_manager_key(number bigint, facebook_id text) RETURNS text
LANGUAGE sql STABLE RETURN coalesce(number::text, to_json(facebook_id)::text);

CREATE FUNCTION change_time(moment timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN coalesce(
  to_char(moment AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'), 'null');

CREATE FUNCTION change_manager_row(
  name text, email text, number bigint, controller_port integer, facebook_id text)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"name":' || to_json(name)::text || ',"email":' || to_json(email)::text
  || ',"number":' || coalesce(number::text, 'null')
  || ',"controllerPort":"' || coalesce(controller_port::text, '')
  || '","facebookId":' || to_json(coalesce(facebook_id, ''))::text || '}';

CREATE FUNCTION change_area_row(code text, name text)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"id":' || to_json(code)::text || ',"idarea":' || to_json(code)::text
  || ',"name":' || to_json(name)::text || '}';

CREATE FUNCTION change_contact_row(
  channel text, external_id text, name text, photo text, operator_id bigint,
  protocol text, sa bigint, unread integer, last_message_at timestamptz, area text)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"id":' || change_public_id(channel, external_id)
  || ',"name":' || to_json(name)::text || ',"photo":' || to_json(photo)::text
  || ',"operatorId":"' || coalesce(operator_id, 0)
  || '","protocol":' || to_json(protocol)::text || ',"sa":' || sa
  || ',"channel":"' || channel || '","unread":' || unread
  || ',"lastMessageAt":' || change_time(last_message_at)
  || ',"area":' || to_json(coalesce(area, ''))::text || '}';

-- Without contact, protocol, sender, details and link, which change_stamp adds.
CREATE FUNCTION change_message_row(
  uuid uuid, content text, type text, status text, direction text, error text,
  created_at timestamptz)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"id":"' || uuid || '","content":' || to_json(content)::text
  || ',"type":' || to_json(type)::text || ',"status":"' || status
  || '","direction":"' || direction || '","createdAt":' || change_time(created_at)
  || CASE WHEN error = '' THEN '' ELSE ',"error":' || to_json(error)::text END || '}';

-- Wakes a sleeping relay. A relay that is awake has lock 772 and polls. It needs no
-- NOTIFY, whose commit would take a lock that all writers share.
CREATE FUNCTION change_wake() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_lock_shared(772) THEN
    PERFORM pg_advisory_unlock_shared(772);
    NOTIFY change_pend;
  END IF;
END $$;

-- Starts a new epoch: clients discard their data and read the state again.
CREATE FUNCTION change_new_epoch() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_current_xact_id();  -- before the id is assigned: change_stamp relies on it
  INSERT INTO change_pend (kind, op, manager_id) VALUES ('epoch', 'R', 0);
  PERFORM change_wake();
END $$;

-- To be called in the transaction of a bulk load: its rows are not captured, and after
-- its commit all clients read the state again.
CREATE FUNCTION change_bulk_load() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('hci.capture', 'off', true);
  PERFORM change_new_epoch();
END $$;

-- Sends an ephemeral event, which is never replayed, such as the state of a manager's
-- gateway session, to connected clients that see the manager. `said` must have a `k`.
CREATE FUNCTION change_now(manager bigint, said jsonb) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_notify('change_now', manager || ' ' || (jsonb_build_object('t', 'now',
      'm', change_manager_key(x.number, x.facebook_id)::jsonb) || said)::text)
    FROM managers_manager x WHERE x.id = manager;
END $$;
