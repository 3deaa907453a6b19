-- What separates the counts of today from those of the last change that has a number: by
-- these a client that follows lines can begin at that number exactly.

-- Returns the number of the last change, or NULL if more than `most` are waiting for one.
CREATE OR REPLACE FUNCTION change_number(most integer) RETURNS bigint
LANGUAGE sql STABLE RETURN (
  SELECT seq FROM change_head
   WHERE (SELECT count(*) FROM (SELECT FROM change_pend LIMIT most + 1) w) <= most);

-- Returns the places of the contacts with a change that has no number yet: the one of now
-- with -1 and the one of the line that was sent last with 1.
CREATE OR REPLACE FUNCTION change_lines_ahead(most integer)
RETURNS TABLE (manager_id bigint, area_id bigint, operator_id bigint, state text,
               chats integer)
LANGUAGE sql STABLE AS $$
  WITH touched AS MATERIALIZED (
    SELECT DISTINCT CASE WHEN w.kind IN ('contact', 'line') THEN w.pk
                         WHEN w.kind = 'chat' THEN w.contact_id END AS contact_id
      FROM (SELECT kind, pk, contact_id FROM change_pend LIMIT most) w
  )
  SELECT n.manager_id, n.area_id, n.operator_id, n.state, -1
    FROM change_lines_now(ARRAY(
           SELECT contact_id FROM touched WHERE contact_id IS NOT NULL)) n
  UNION ALL
  SELECT l.manager_id, l.area_id, l.operator_id, l.state, 1
    FROM touched t JOIN change_line l USING (contact_id)
$$;
