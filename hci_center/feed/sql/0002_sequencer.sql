-- The details of a message as JSON members without braces; NULL when it has none. A
-- reaction from "" is the contact's own, like a message from "". `tapped` is for the
-- rules alone.
CREATE OR REPLACE FUNCTION change_details(details jsonb, contact text) RETURNS text
LANGUAGE sql STABLE RETURN
  nullif(substr(left((CASE WHEN details ? 'reactions' THEN jsonb_set(details, '{reactions}', (
      SELECT jsonb_agg(CASE WHEN e.one ->> 'from' = ''
                            THEN jsonb_set(e.one, '{from}', contact::jsonb)
                            ELSE e.one END ORDER BY e.place)
        FROM jsonb_array_elements(details -> 'reactions')
               WITH ORDINALITY e (one, place)))
    ELSE details END - 'tapped')::text, -1), 2), '');

-- Moves up to `most` committed changes, by id, from change_pend into change_feed and
-- returns them. What depends on rows other than the changed one is joined here, when
-- it is numbered: who may see a message, the protocol of its chat, a stored file, an
-- operator's areas. Each join is a lookup by key of at most one row, so that no wrong
-- estimate can lead to the scan of a large table.
-- Its plan is made once, and only of lookups by index: planning takes as long as numbering
-- a few changes, and tables may grow under a plan that was made while they were empty.
-- An event of kind "line" belongs to no row: it is made here, after the changes that may
-- have made it differ from the one sent last (0005_additional_kinds.sql).
CREATE OR REPLACE FUNCTION change_stamp(most integer) RETURNS SETOF change_feed
LANGUAGE plpgsql SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  head change_head;
  passed boolean;
BEGIN
  IF NOT EXISTS (SELECT FROM change_pend
                  WHERE id > (SELECT mark FROM change_head)) THEN
    RETURN;
  END IF;
  -- A separate statement: if two relays run by mistake, they take turns, each with a
  -- new snapshot of what has been committed.
  SELECT * INTO head FROM change_head FOR UPDATE;
  passed := pg_snapshot_xmin(pg_current_snapshot()) >= head.next_xid;

  RETURN QUERY
  WITH taken AS MATERIALIZED (
    DELETE FROM change_pend WHERE id = ANY (ARRAY(
      SELECT id FROM change_pend WHERE id > head.mark ORDER BY id LIMIT most))
    RETURNING *
  ), listed AS MATERIALIZED (
    -- A chat shows its contact's operator: when the operator of a contact changes, its
    -- open chat is sent again. So it is when the contact was deleted and comes back.
    SELECT t.*, e.kind AS told, head.seq + row_number() OVER (ORDER BY t.id, e.nth) AS seq
      FROM taken t, LATERAL (
        SELECT 1, t.kind WHERE t.kind <> 'line' UNION ALL
        SELECT 2, 'chat' WHERE t.kind = 'contact' AND t.contact_id IS NOT NULL
      ) e (nth, kind)
  ), touched AS MATERIALIZED (
    -- The contacts whose line may have changed, each with its latest change.
    SELECT DISTINCT ON (t.its_line) t.id, t.at, t.its_line
      FROM (SELECT x.id, x.at, CASE WHEN x.kind IN ('contact', 'line') THEN x.pk
                                    WHEN x.kind = 'chat' THEN x.contact_id END AS its_line
              FROM taken x) t
     WHERE t.its_line IS NOT NULL ORDER BY t.its_line, t.id DESC
  ), lines AS MATERIALIZED (
    -- A line that is as it was sent last makes no event. Of a contact that has another
    -- id or manager by now it is removed under the former and sent under the latter.
    -- They follow the other events of the batch.
    SELECT t.at, t.its_line, e.op, n.digest, n.shown, n.state, n.area,
           CASE e.op WHEN 'D' THEN l.manager_id ELSE n.manager_id END AS manager_id,
           CASE e.op WHEN 'D' THEN l.key ELSE n.key END AS key,
           CASE e.op WHEN 'D' THEN l.area_id ELSE n.area_id END AS area_id,
           CASE e.op WHEN 'D' THEN l.operator_id ELSE n.operator_id END AS operator_id,
           CASE e.op WHEN 'U' THEN l.area_id END AS was_area_id,
           CASE e.op WHEN 'U' THEN l.operator_id END AS was_operator_id,
           e.op = 'U' AND (l.area_id, l.operator_id)
                          IS DISTINCT FROM (n.area_id, n.operator_id) AS moved,
           ',"is":' || change_line_place(n.state, n.area, n.operator_id) AS place,
           ',"was":' || CASE e.op WHEN 'I' THEN 'null' ELSE
             change_line_place(l.state, l.area, l.operator_id) END || '}' AS was,
           head.seq + (SELECT count(*) FROM listed)
             + row_number() OVER (ORDER BY t.id, e.nth) AS seq
      FROM touched t
      LEFT JOIN LATERAL (
        SELECT x.* FROM change_line x WHERE x.contact_id = t.its_line LIMIT 1) l ON true
      LEFT JOIN change_lines_now(ARRAY(SELECT its_line FROM touched)) n
        ON n.contact_id = t.its_line,
           LATERAL (
             SELECT (l.manager_id, l.key)
                    IS NOT DISTINCT FROM (n.manager_id, n.key)) s (same),
           LATERAL (
             SELECT 1, 'D' WHERE l.contact_id IS NOT NULL AND NOT s.same
             UNION ALL
             SELECT 2, CASE WHEN s.same THEN 'U' ELSE 'I' END
              WHERE n.contact_id IS NOT NULL
                AND NOT (s.same AND l.digest = n.digest)
           ) e (nth, op)
  ), kept AS (
    INSERT INTO change_line (contact_id, manager_id, key, state, area_id, area,
                             operator_id, digest)
    SELECT its_line, manager_id, key, state, area_id, area, operator_id, digest
      FROM lines WHERE op <> 'D'
    ON CONFLICT (contact_id) DO UPDATE SET
      manager_id = excluded.manager_id, key = excluded.key, state = excluded.state,
      area_id = excluded.area_id, area = excluded.area,
      operator_id = excluded.operator_id, digest = excluded.digest
  ), dropped AS (
    DELETE FROM change_line WHERE contact_id = ANY (ARRAY(
      SELECT its_line FROM lines GROUP BY its_line HAVING bool_and(op = 'D')))
  ), counted AS MATERIALIZED (
    SELECT (SELECT count(*) FROM listed) + (SELECT count(*) FROM lines) AS rows, max(id) AS greatest,
           passed AND count(*) < most AS clear
      FROM taken
  ), advanced AS (
    -- Ids up to last_id were assigned before this transaction got its own xid, so to
    -- older transactions: once those have ended (`passed`) and a read has found nothing
    -- more (`clear`), no further row up to that id can appear.
    UPDATE change_head SET
        seq = head.seq + c.rows,
        mark = CASE WHEN c.clear THEN head.next_mark ELSE head.mark END,
        next_mark = CASE WHEN c.clear THEN head.last_id ELSE head.next_mark END,
        next_xid = CASE WHEN c.clear THEN pg_current_xact_id() ELSE head.next_xid END,
        last_id = greatest(head.last_id, c.greatest),
        epoch = CASE WHEN EXISTS (SELECT FROM taken WHERE kind = 'epoch')
                     THEN replace(gen_random_uuid()::text, '-', '')
                     ELSE head.epoch END
      FROM counted c
    RETURNING epoch
  ), known AS MATERIALIZED (
    SELECT t.*, coalesce(CASE t.kind WHEN 'manager' THEN t.key END, g.m) AS m,
           CASE t.told WHEN 'contact' THEN change_public_id(t.channel, t.external_id)
                       WHEN 'chat' THEN c.contact
                       WHEN 'message' THEN
                         CASE WHEN c.contact IS NOT NULL THEN '"' || t.uuid || '"' END
                       WHEN 'survey' THEN
                         CASE WHEN c.contact IS NOT NULL
                              THEN to_json(h.protocol)::text END
                       WHEN 'note' THEN CASE WHEN c.contact IS NOT NULL THEN t.key END
                       WHEN 'schedule' THEN CASE WHEN c.contact IS NOT NULL THEN t.key END
                       ELSE t.key END AS its_key,
           c.contact, c.area AS its_area, c.operator AS its_operator,
           coalesce(h.protocol, again.protocol) AS chat_protocol,
           f.uuid::text AS file, f.size AS file_size, a.code AS area_code, p.row AS operator_row
      FROM listed t
      LEFT JOIN LATERAL (
        SELECT change_manager_key(x.number, x.facebook_id) AS m
          FROM managers_manager x WHERE x.id = t.manager_id LIMIT 1) g ON true
      LEFT JOIN LATERAL (
        SELECT change_public_id(x.channel, x.external_id) AS contact,
               x.area_id AS area, x.operator_id AS operator
          FROM contacts_contact x
         WHERE x.id = t.contact_id AND x.deleted_at IS NULL LIMIT 1) c ON true
      LEFT JOIN LATERAL (
        SELECT x.protocol FROM chats_chat x WHERE x.id = t.chat_id LIMIT 1) h ON true
      -- A chat that is sent again: the one that is open now, unless the event of its
      -- opening follows anyway.
      LEFT JOIN LATERAL (
        SELECT x.protocol FROM chats_chat x
         WHERE t.told = 'chat' AND t.kind = 'contact'
           AND x.contact_id = t.contact_id AND x.closed_at IS NULL
           AND NOT EXISTS (SELECT FROM taken l WHERE l.kind = 'chat' AND l.op = 'I'
                              AND l.chat_id = x.id AND l.id > t.id)
         LIMIT 1) again ON true
      LEFT JOIN LATERAL (
        SELECT x.uuid, x.size FROM chats_attachment x
         WHERE t.kind = 'message' AND t.type <> 'text' AND x.message_id = t.pk
         LIMIT 1) f ON true
      LEFT JOIN LATERAL (
        SELECT x.code FROM areas_area x
         WHERE t.told = 'contact' AND x.id = t.area_id LIMIT 1) a ON true
      LEFT JOIN LATERAL (
        SELECT row_to_json(o)::text AS row
          FROM (SELECT x.id::text AS id, x.name, x.email,
                       ARRAY(SELECT s.code FROM areas_operatorarea r
                               JOIN areas_area s ON s.id = r.area_id
                              WHERE r.operator_id = x.id ORDER BY s.id) AS areas
                  FROM areas_operator x
                 WHERE t.kind = 'operator' AND x.id = t.pk AND x.is_active) o
         LIMIT 1) p ON true
  ), shaped AS (
    -- When the text is NULL, the event is sent to nobody: of a contact that is deleted
    -- by now (its own D covers everything), of an inactive operator, or a reset.
    SELECT k.*, k.told IN ('chat', 'message', 'note', 'survey', 'schedule') AS of_contact,
           '{"s":' || k.seq || ',"k":"' || k.told || '","id":' || k.its_key
             || ',"m":' || k.m || ',"op":"' AS before_op,
           CASE
             WHEN k.op = 'D' THEN ''
             WHEN k.told IN ('manager', 'area') THEN ',"row":' || k.row
             WHEN k.told = 'operator' THEN ',"row":' || k.operator_row
             WHEN k.told = 'contact' THEN ',"row":'
               || left(change_contact_row(k.channel, k.external_id, k.name, k.photo,
                    k.operator_id, k.protocol, k.sa, k.unread, k.moment, k.area_code), -1)
               || coalesce(',"phone":' || k.phone, '') || '}'
             WHEN k.told = 'chat' THEN ',"row":{"contactId":' || k.contact
               || ',"operatorId":' || coalesce('"' || k.its_operator || '"', '0')
               || ',"open":' || coalesce(k.row, 'true')
               || ',"protocol":' || to_json(k.chat_protocol)::text || '}'
             WHEN k.told = 'schedule' THEN
               ',"row":' || left(k.row, -1) || ',"contactId":' || k.contact || '}'
             WHEN k.told IN ('note', 'survey') THEN
               ',"row":' || left(k.row, -1) || ',"contactId":' || k.contact
               || ',"protocol":' || to_json(k.chat_protocol)::text || '}'
             WHEN k.told = 'message' THEN ',"row":' || left(
               change_message_row(k.uuid, k.content, k.type, k.status, k.direction,
                                  k.error, k.moment), -1)
               || ',"contactId":' || k.contact
               || ',"protocol":' || to_json(k.chat_protocol)::text
               || ',"from":' || coalesce(to_json(nullif(k.sender, ''))::text, k.contact)
               || coalesce(',' || change_details(k.details, k.contact), '')
               || coalesce(',"fileSize":' || k.file_size, '')
               -- The last member, so that sending can insert the signed link.
               || CASE WHEN k.type = 'text' THEN ''
                       WHEN k.file IS NULL THEN ',"url":' || to_json(k.url)::text
                       ELSE ',"url":""' END || '}'
           END AS row_text
      FROM known k
  )
  INSERT INTO change_feed
  SELECT s.seq, s.at, s.manager_id, s.told,
         CASE WHEN s.of_contact THEN s.its_area ELSE s.area_id END,
         CASE WHEN s.of_contact THEN s.its_operator ELSE s.operator_id END,
         s.was_area_id, s.was_operator_id, s.who, s.file,
         CASE WHEN s.told = 'epoch' THEN (SELECT epoch FROM advanced)
              ELSE s.before_op
                || CASE WHEN s.told = 'chat' AND s.kind = 'contact' THEN 'U' ELSE s.op END
                || '"' || s.row_text || '}' END,
         CASE WHEN s.moved AND s.told = 'contact' THEN s.before_op || 'X"}' END
    FROM shaped s
  UNION ALL
  SELECT l.seq, l.at, l.manager_id, 'line', l.area_id, l.operator_id, l.was_area_id,
         l.was_operator_id, NULL, NULL,
         l.before_op || l.op || '"' || coalesce(',"row":' || l.shown || l.place, '')
           || l.was,
         CASE WHEN l.moved THEN l.before_op || 'X"' || l.was END
    FROM (
      SELECT x.*, '{"s":' || x.seq || ',"k":"line","id":' || x.key || ',"m":' || g.m
                  || ',"op":"' AS before_op
        FROM lines x LEFT JOIN LATERAL (
          SELECT change_manager_key(y.number, y.facebook_id) AS m
            FROM managers_manager y WHERE y.id = x.manager_id LIMIT 1) g ON true) l
   ORDER BY 1
  RETURNING *;
  -- Whoever starts a new epoch reads the state after this.
  IF head.epoch <> (SELECT epoch FROM change_head) THEN
    PERFORM change_lines_anew();
  END IF;
END $$;
