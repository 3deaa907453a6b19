-- The parts of some chats that episodes and samples are computed from, as a WITH clause on
-- `ids`. PostgreSQL computes those that a statement reads, each once.
WITH line AS MATERIALIZED (SELECT * FROM report_lines(ids)),
begun AS (
  SELECT l.chat_id, l.episode, min(l.manager_id) AS manager_id, min(l.id) AS first_id,
         min(l.at) FILTER (WHERE l.place = 1) AS begins,
         min(l.at) FILTER (WHERE l.kind = 'closed') AS ends,
         min(l.kind) FILTER (WHERE l.place = 1) AS origin,
         min(l.cause) FILTER (WHERE l.place = 1) AS opened_by,
         min(l.area_id) FILTER (WHERE l.place = 1) AS first_area,
         min(l.operator_id) FILTER (WHERE l.place = 1) AS first_operator,
         min(l.schedule_id) FILTER (WHERE l.place = 1) AS first_schedule,
         min(l.id) FILTER (WHERE l.operator_id IS NOT NULL) AS held_id,
         min(l.id) FILTER (WHERE l.place > 1 AND l.kind IN ('bot_ended', 'entered_area'))
           AS chosen_id,
         min(l.id) FILTER (
           WHERE l.place > 1 AND l.kind <> 'closed'
             AND (l.kind = 'bot_ended' OR l.area_id IS NOT NULL
                  OR l.operator_id IS NOT NULL)) AS moved_id
    FROM line l GROUP BY l.chat_id, l.episode
),
-- Where the bot phase of each episode ends: the first line after it, NULL if it never
-- did. That is the first line of all where there was no bot phase. A menu that closes the
-- chat itself has not let go of it.
bot AS MATERIALIZED (
  SELECT e.chat_id, e.episode, e.manager_id, e.first_id, e.begins, e.ends, e.origin,
         e.opened_by, l.id AS left_id, l.at AS left_at, e.first_schedule,
         l.schedule_id AS left_schedule, c.channel::text AS channel, h.contact_id
    FROM (
      SELECT e.*, CASE
               WHEN e.origin = 'reopened' OR e.first_operator IS NOT NULL
                 OR e.opened_by = 'operator' THEN e.first_id
               WHEN e.first_area IS NOT NULL THEN
                 CASE WHEN e.chosen_id < coalesce(e.held_id, 9223372036854775807)
                      THEN e.chosen_id ELSE e.first_id END
               WHEN NOT EXISTS (SELECT FROM areas_area a
                                 WHERE a.manager_id = e.manager_id
                                   AND a.created_at <= e.begins) THEN e.first_id
               ELSE e.moved_id END AS line_id
        FROM begun e) e
    LEFT JOIN line l ON l.id = e.line_id
     AND NOT (l.place > 1 AND l.kind = 'bot_ended' AND l.next_kind = 'closed'
              AND l.next_actor = l.actor)
    JOIN chats_chat h ON h.id = e.chat_id
    JOIN contacts_contact c ON c.id = h.contact_id
),
-- What was said in each episode. Who: the customer, an operator, somebody at the phone of
-- the account (nobody's credit), or an automatic message.
said AS MATERIALIZED (
  SELECT b.chat_id, b.episode, m.id, m.at, m.who, m.author_id
    FROM report_chat_messages(ids) m
    JOIN bot b ON b.chat_id = m.chat_id AND m.at >= b.begins
     AND (b.ends IS NULL OR m.at < b.ends)
),
-- Who closed an episode, and where it was.
shut AS MATERIALIZED (
  SELECT l.*, coalesce(l.acting_id, l.was_operator) AS closer_id FROM line l
   WHERE l.kind = 'closed'
)
