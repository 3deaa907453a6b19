-- The change log: triggers write to change_pend in the writer's own transaction; the
-- one relay moves what has been committed into change_feed, under numbers without a
-- gap. A client's cursor is such a number. docs/feed.md tells the whole of it.

CREATE TABLE change_pend (
  -- The order of causes: a row's later change always gets a higher id. CACHE stays 1.
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,      -- manager area operator contact chat message reset epoch
  op text NOT NULL,        -- I U D; for a reset and an epoch: R
  manager_id bigint NOT NULL,
  pk bigint,               -- of the operator or message
  contact_id bigint,       -- of a chat or message; of a contact that changed hands
  chat_id bigint,
  area_id bigint,          -- of a contact, as are the next four
  operator_id bigint,
  moved boolean NOT NULL DEFAULT false,
  was_area_id bigint,
  was_operator_id bigint,
  who text,                -- of a reset: the credential; NULL: all of the manager
  key text,                -- the event's id, as JSON, where no column below tells it
  row text,                -- the row likewise; of a chat, whether it is open
  -- A contact and a message as they were then. Plain columns: their text is made by
  -- change_stamp, once for a batch, and not in the time of whoever writes.
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
  moment timestamptz,      -- of its latest message; of its making
  details jsonb,           -- of a message
  phone bigint             -- of a contact whose id is none
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE change_feed (
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  manager_id bigint NOT NULL,
  kind text NOT NULL,
  area_id bigint,          -- who hears it: see hci_center.feed.visibility
  operator_id bigint,
  was_area_id bigint,
  was_operator_id bigint,
  who text,
  file text,               -- the stored file whose signed link the event ends with
  ev text,                 -- the event as it goes out; NULL: nobody hears it
  gone text,               -- what those hear who could see the row until then
  PRIMARY KEY (seq)
) PARTITION BY RANGE (seq);
CREATE INDEX change_feed_of_manager ON change_feed (manager_id, seq);
CREATE INDEX change_feed_resets ON change_feed (seq) WHERE kind IN ('reset', 'epoch');
CREATE TABLE change_feed_0 PARTITION OF change_feed FOR VALUES FROM (0) TO (1000000);

CREATE TABLE change_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL DEFAULT 0,
  epoch text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
  -- All ids up to `mark` are done with: where the next read begins. An id is done with
  -- once every transaction older than `next_xid` has ended (see change_stamp).
  mark bigint NOT NULL DEFAULT 0,
  next_mark bigint NOT NULL DEFAULT 0,
  next_xid xid8 NOT NULL DEFAULT '0',
  last_id bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO change_head DEFAULT VALUES;

-- What the leading relay says of itself, for the probes.
CREATE UNLOGGED TABLE change_pace (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at timestamptz NOT NULL,
  per_second real NOT NULL,
  interval_ms real NOT NULL
);

-- The tickets of POST api/socket, by their hash.
CREATE UNLOGGED TABLE feed_ticket (
  digest bytea PRIMARY KEY,
  credential text NOT NULL,
  session text NOT NULL,
  base text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Texts of JSON. Expressions without a sub-select, and no firmer than what they call:
-- so the planner puts them in place, and nobody pays for a function call.

-- An id of the contract: a phone is a number, all else a string.
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

-- Without contact, protocol, sender, details and link, which change_stamp knows.
CREATE FUNCTION change_message_row(
  uuid uuid, content text, type text, status text, direction text, error text,
  created_at timestamptz)
RETURNS text LANGUAGE sql STABLE RETURN
  '{"id":"' || uuid || '","content":' || to_json(content)::text
  || ',"type":' || to_json(type)::text || ',"status":"' || status
  || '","direction":"' || direction || '","createdAt":' || change_time(created_at)
  || CASE WHEN error = '' THEN '' ELSE ',"error":' || to_json(error)::text END || '}';

-- Wakes a relay that sleeps. One that is awake holds 772 and polls: no NOTIFY then,
-- whose commit would take a lock that all writers share.
CREATE FUNCTION change_wake() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_lock_shared(772) THEN
    PERFORM pg_advisory_unlock_shared(772);
    NOTIFY change_pend;
  END IF;
END $$;

-- All that clients hold is void: they read the state anew and go on from there.
CREATE FUNCTION change_new_epoch() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_current_xact_id();  -- before the id is taken: change_stamp relies on it
  INSERT INTO change_pend (kind, op, manager_id) VALUES ('epoch', 'R', 0);
  PERFORM change_wake();
END $$;

-- To be said in the transaction of a bulk load: its rows go unheard, one by one, and
-- with its commit everybody reads anew.
CREATE FUNCTION change_bulk_load() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('hci.capture', 'off', true);
  PERFORM change_new_epoch();
END $$;

-- What is no row and never replayed, such as the state of a manager's session: told
-- once, to whoever sees the manager and listens. `said` has at least its `k`.
CREATE FUNCTION change_now(manager bigint, said jsonb) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_notify('change_now', manager || ' ' || (jsonb_build_object('t', 'now',
      'm', change_manager_key(x.number, x.facebook_id)::jsonb) || said)::text)
    FROM managers_manager x WHERE x.id = manager;
END $$;
