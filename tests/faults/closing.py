"""Chats with an operator, in the database of the tests that kill processes."""

from __future__ import annotations

# A manager whose rules close idle chats and ask for marks, an operator, and contacts
# whom he answered long ago. Closing a chat takes a while, so that a kill interrupts its
# transaction.
FILL = """
WITH manager AS (
  INSERT INTO managers_manager (name, email, number, controller_port, facebook_token,
    gateway, gateway_settings, time_zone, is_demo, created_at, has_automation)
  VALUES ('Padaria', '', %(number)s, %(port)s, '', 'controller', '', 'UTC', false,
          now(), true)
  RETURNING id
), account AS (
  INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email,
    is_staff, is_active, date_joined)
  SELECT 'ana' || id, '', false, '', '', '', false, true, now() FROM manager
  RETURNING id
), operator AS (
  INSERT INTO areas_operator (user_id, manager_id, name, email, is_active, created_at)
  SELECT account.id, manager.id, 'Ana', '', true, now() FROM account, manager
  RETURNING id
), people AS (
  INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo,
    protocol, sa, unread, created_at, operator_id, last_in_at)
  SELECT manager.id, 'whatsapp', (551130000000 + n)::text, 'c', '', 'p' || n, 0, 0,
         now(), operator.id, now()
    FROM manager, operator, generate_series(1, %(contacts)s) AS n
  RETURNING id, manager_id, operator_id
), chats AS (
  INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
  SELECT manager_id, id, 'P' || id, now() - interval '1 hour' FROM people
  RETURNING id, contact_id, manager_id
)
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
  content, url, sender, status, error, created_at, stored_at)
SELECT gen_random_uuid(), manager_id, contact_id, chats.id, 'out', 'text', 'Pois não?', '',
       operator.id::text, 'read', '', now() - interval '1 hour',
       now() - interval '1 hour'
  FROM chats, operator
"""
POLICY = """
INSERT INTO areas_policy (manager_id, no_away_area, idle_close, idle_text, closing_text,
                          survey)
SELECT id, false, %(idle)s, 'Encerramos.', 'Até logo!', true FROM managers_manager
"""
SLOW = """
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER slow AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind = 'closed') EXECUTE FUNCTION be_slow();
"""
NO_LONGER_SLOW = "DROP TRIGGER IF EXISTS slow ON chats_chatevent"

# The automatic messages of each chat, and how often it was closed.
TOLD = """
SELECT array_agg(DISTINCT x.told ORDER BY x.told) FROM (
  SELECT coalesce((SELECT string_agg(m.content, ' ' ORDER BY m.id)
                     FROM chats_message m WHERE m.chat_id = h.id AND m.auto <> ''), '')
         || ' ' || (SELECT count(*) FROM chats_chatevent e
                     WHERE e.chat_id = h.id AND e.kind = 'closed')
         || CASE WHEN h.closed_at IS NULL THEN ' open' ELSE ' closed' END AS told
    FROM chats_chat h) x
"""
CLOSED = "SELECT count(*) FROM chats_chat WHERE closed_at IS NOT NULL"
UNSENT = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"

# Closes open chats, as a person's calls do.
CLOSER = """
from chats.conversations.audit import Actor
from chats.models import Chat
from chats.rules.closing import Closing, close_by_call
for chat in Chat.objects.open().order_by("pk").select_related("contact"):
    closing = Closing("resolved", asks=True)
    actor = Actor("user:1", chat.contact.operator_id)
    close_by_call(chat.contact, closing, actor)
"""
