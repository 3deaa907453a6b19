"""Enough rows that the planner chooses the same plans as for larger tables.

Sixty managers of 300 have 250 contacts each, in five areas, three in four with one of
eight operators. Each has an open chat of one message, and one of 300.
"""

from __future__ import annotations

from django.db import connection

MANAGERS, BUSY, CONTACTS, MANY = 300, 60, 250, 300
# Before ANALYZE, so that all rows are alike for the planner.
LOAD = """
SELECT change_bulk_load();

INSERT INTO managers_manager (name, email, number, controller_port, facebook_id,
    facebook_token, gateway, gateway_settings, time_zone, is_demo, created_at)
SELECT 'Central ' || m, '', 551170000000 + m, 30000 + m, 'crowd-' || m, '',
       'controller', '', 'America/Sao_Paulo', false, now()
  FROM generate_series(1, %(managers)s) m;
CREATE TEMP TABLE busy ON COMMIT DROP AS
SELECT id, row_number() OVER (ORDER BY id) AS m
  FROM managers_manager WHERE facebook_id LIKE 'crowd-%%' ORDER BY id LIMIT %(busy)s;

INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)
SELECT id, 'area-' || a, 'Area ' || a, false, now()
  FROM busy, generate_series(0, 4) a;

WITH users AS (
  INSERT INTO auth_user (password, is_superuser, username, first_name, last_name,
      email, is_staff, is_active, date_joined)
  SELECT '!', false, 'crowd-' || id || '-' || o, '', '', '', false, true, now()
    FROM busy, generate_series(0, 7) o
  RETURNING id, username)
INSERT INTO areas_operator (user_id, manager_id, name, email, is_active, created_at)
SELECT id, split_part(username, '-', 2)::bigint, username, '', true, now() FROM users;
INSERT INTO areas_operatorarea (manager_id, operator_id, area_id)
SELECT o.manager_id, o.id, a.id
  FROM areas_operator o JOIN areas_area a ON a.manager_id = o.manager_id
  JOIN busy ON busy.id = o.manager_id;

CREATE TEMP TABLE places ON COMMIT DROP AS
SELECT b.id AS manager_id,
       ARRAY(SELECT a.id FROM areas_area a WHERE a.manager_id = b.id ORDER BY id) areas,
       ARRAY(SELECT o.id FROM areas_operator o WHERE o.manager_id = b.id ORDER BY id)
         operators, b.m
  FROM busy b;
-- One in four is nobody's. They lie in the table in no order.
INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo, area_id,
    operator_id, protocol, sa, unread, last_message_at, created_at)
SELECT p.manager_id, 'whatsapp', (551120000000 + p.m * 1000000 + i)::text,
       'Cliente ' || i, '', p.areas[1 + i %% 5],
       CASE WHEN i %% 4 > 0 THEN p.operators[1 + i / 4 %% 8] END,
       'C' || p.m || '-' || i, 1, 0, now() - make_interval(secs => i), now()
  FROM places p, generate_series(0, %(contacts)s - 1) i ORDER BY md5(i::text);
INSERT INTO contacts_identity (manager_id, channel, alias, contact_id)
SELECT c.manager_id, channel, external_id, c.id
  FROM contacts_contact c JOIN busy ON busy.id = c.manager_id;
INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
SELECT c.manager_id, c.id, c.protocol, now()
  FROM contacts_contact c JOIN busy ON busy.id = c.manager_id;
-- Interleaved, as time would make them.
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
    content, url, sender, status, error, created_at)
SELECT gen_random_uuid(), h.manager_id, h.contact_id, h.id, 'in', 'text',
       'bom dia preciso de ajuda com o meu pedido', '', '', 'wait', '', now()
  FROM chats_chat h JOIN busy ON busy.id = h.manager_id,
       generate_series(1, CASE WHEN h.protocol = 'C1-1' THEN %(many)s ELSE 1 END) n
 ORDER BY hashint8(h.id * 1000 + n);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SET LOCAL hci.capture = 'on';
"""
FILLED = (
    "managers_manager, areas_area, areas_operator, areas_operatorarea, contacts_contact,"
    " contacts_identity, chats_chat, chats_message"
)


def gather() -> None:
    """Creates the rows within a transaction, and runs ANALYZE."""
    values = {"managers": MANAGERS, "busy": BUSY, "contacts": CONTACTS, "many": MANY}
    with connection.cursor() as cursor:
        # An index left half empty by other tests would have higher costs.
        cursor.execute("SET LOCAL hci.truncating = 'on'")
        cursor.execute(f"TRUNCATE {FILLED} CASCADE")
        for statement in LOAD.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values if "%" in statement else None)
        cursor.execute(f"ANALYZE {FILLED}")
