-- An area that is put away counts as deleted, and comes back as it was.
CREATE OR REPLACE FUNCTION change_of_area() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('hci.capture', true) = 'off' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO change_pend (kind, op, manager_id, key)
    SELECT 'area', 'D', o.manager_id, to_json(o.code)::text FROM old_rows o
     WHERE o.retired_at IS NULL;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'area', 'I', n.manager_id, to_json(n.code)::text,
           change_area_row(n.code, n.name) FROM new_rows n
     WHERE n.retired_at IS NULL;
  ELSE
    INSERT INTO change_pend (kind, op, manager_id, key, row)
    SELECT 'area', CASE WHEN n.id IS NULL THEN 'D' ELSE 'U' END,
           coalesce(n.manager_id, o.manager_id),
           to_json(coalesce(n.code, o.code))::text, change_area_row(n.code, n.name)
      FROM (SELECT * FROM old_rows WHERE retired_at IS NULL) o
      FULL JOIN (SELECT * FROM new_rows WHERE retired_at IS NULL) n
        ON o.id = n.id AND o.manager_id = n.manager_id AND o.code = n.code
     WHERE (o.id, o.name) IS DISTINCT FROM (n.id, n.name);
  END IF;
  IF FOUND THEN PERFORM change_wake(); END IF;
  RETURN NULL;
END $$;
