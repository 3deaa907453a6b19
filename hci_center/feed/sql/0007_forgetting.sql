-- Forgetting persons who are erased: what the feed holds of their contacts is emptied.
-- Their removal (`D`) stays, so that every client drops what it has of them.

-- Deletes the changes of contacts that have no number yet, except removals, and returns
-- the number of the latest change: the contacts have no events with texts after it. They
-- must be deleted before. `ids` are the contacts' ids in events, as JSON.
CREATE OR REPLACE FUNCTION change_forget_waiting(manager bigint, contacts bigint[],
                                                 ids text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  latest bigint;
BEGIN
  -- Taken by change_stamp too: what it is numbering now is visible after this.
  SELECT seq INTO latest FROM change_head FOR UPDATE;
  DELETE FROM change_pend p
   WHERE p.manager_id = manager AND p.op <> 'D'
     AND (p.contact_id = ANY (contacts)
          OR p.kind IN ('contact', 'line')
             AND (p.pk = ANY (contacts)
                  OR change_public_id(p.channel, p.external_id) = ANY (ids)));
  RETURN latest;
END $$;

-- Empties the numbered changes of those contacts after one number and up to another;
-- returns how many. An event without text is sent to nobody.
CREATE OR REPLACE FUNCTION change_forget(manager bigint, ids text[], after bigint,
                                         upto bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  emptied bigint;
BEGIN
  -- Within strings quotes are escaped: none of these can be part of a text.
  UPDATE change_feed f SET ev = NULL, gone = NULL
   WHERE f.manager_id = manager AND f.seq > after AND f.seq <= upto
     AND f.ev IS NOT NULL
     AND f.kind IN ('contact', 'line', 'chat', 'message', 'note', 'survey', 'schedule')
     AND NOT (f.kind IN ('contact', 'line') AND f.ev LIKE '%,"op":"D"%')
     AND EXISTS (
       SELECT FROM unnest(ids) AS t (id)
        WHERE f.kind IN ('contact', 'line')
                AND strpos(f.ev, '"k":"' || f.kind || '","id":' || t.id || ',') > 0
           OR strpos(f.ev, '"contactId":' || t.id || ',') > 0
           OR strpos(f.ev, '"contactId":' || t.id || '}') > 0);
  GET DIAGNOSTICS emptied = ROW_COUNT;
  RETURN emptied;
END $$;
