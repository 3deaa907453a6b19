"""Customers with new messages, in the database of the tests that kill workers."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.faults.centre import Centre
from tests.faults.delivering import MANAGE, ROOT, Post

NUMBER = 5511400011111
OPERATORS = 4
QUESTION = "Olá!\n\nComo podemos ajudar?\n\n1 - Vendas\n# - Sair"
GOODBYE = "Você vai para Vendas."
MENU: dict[str, Any] = {
    "channels": ["whatsapp"],
    "greeting": "Olá!",
    "fallback": "vendas",
    "timeout": 0,
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {
                    "key": 1,
                    "title": "Vendas",
                    "do": "area",
                    "area": "vendas",
                    "text": "Você vai para {area}.",
                }
            ],
        }
    ],
}
TARGETS = {"slaQueue": 300, "slaFirst": 600, "slaReply": 900, "slaResolution": 86400}


def provision(post: Post | Centre, **manager: Any) -> None:
    """Creates the manager with its area."""
    given = {
        "name": "Padaria",
        "number": NUMBER,
        "controllerPort": 8080,
        "areas": [{"code": "vendas", "name": "Vendas"}],
        **manager,
    }
    subprocess.run(
        [*MANAGE, "provision", "-"],
        env=post.environment,
        cwd=ROOT,
        input=json.dumps({"managers": [given]}).encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )


# Connected operators of the area, each with that cap.
HIRE = """
WITH accounts AS (
  INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email,
    is_staff, is_active, date_joined)
  SELECT 'operator' || n, '', false, '', '', '', false, true, now()
    FROM generate_series(1, %(operators)s) AS n
  RETURNING id
), operators AS (
  INSERT INTO areas_operator (user_id, manager_id, name, email, is_active, created_at,
    cap)
  SELECT accounts.id, m.id, 'Ana', '', true, now(), %(cap)s
    FROM accounts, managers_manager m
  RETURNING id, manager_id
), serving AS (
  INSERT INTO areas_operatorarea (operator_id, area_id, manager_id)
  SELECT o.id, a.id, o.manager_id FROM operators o, areas_area a
)
INSERT INTO areas_presence (operator_id, process, online_until)
SELECT id, 'test', now() + interval '1 hour' FROM operators
"""
# Chats of new customers, each with a message that the rules have not processed.
WRITE = """
WITH people AS (
  INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo,
    protocol, sa, unread, created_at, last_in_at, waiting_since)
  SELECT m.id, 'whatsapp', (551130000000 + n)::text, 'Bia', '', 'p' || n, 0, 1, now(),
         now(), now()
    FROM managers_manager m, generate_series(1, %(contacts)s) AS n
  RETURNING id, manager_id
), chats AS (
  INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
  SELECT manager_id, id, 'P' || id, now() FROM people
  RETURNING id, contact_id, manager_id
), opened AS (
  INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, actor, cause, sa,
    schedule_id)
  SELECT h.manager_id, h.id, 'opened', now(), 'test', 'customer', 0, m.schedule_id
    FROM chats h JOIN managers_manager m ON m.id = h.manager_id
), said AS (
  INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
    content, url, sender, status, error, created_at)
  SELECT gen_random_uuid(), manager_id, contact_id, id, 'in', 'text', 'Bom dia', '', '',
         'wait', '', now()
    FROM chats
)
INSERT INTO chats_task (manager_id, kind, contact_id)
SELECT manager_id, 'inbound', contact_id FROM chats
"""
# Each customer answers the question of ten seconds ago.
ANSWER = """
WITH asked AS (
  UPDATE chats_menustate s SET asked_at = asked_at - interval '10 seconds'
    FROM chats_chat h WHERE h.id = s.chat_id
  RETURNING h.id, h.contact_id, h.manager_id
), said AS (
  INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
    content, url, sender, status, error, created_at)
  SELECT gen_random_uuid(), manager_id, contact_id, id, 'in', 'text', '1', '', '',
         'wait', '', now()
    FROM asked
)
INSERT INTO chats_task (manager_id, kind, contact_id)
SELECT manager_id, 'inbound', contact_id FROM asked
"""
# Inserts take a while, so that a kill interrupts the transaction.
SLOW = """
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER slow AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind IN ('bot_step', 'bot_ended', 'assigned')) EXECUTE FUNCTION be_slow();
CREATE OR REPLACE TRIGGER slow AFTER INSERT ON chats_clock FOR EACH ROW
  WHEN (NEW.kind = 'queue') EXECUTE FUNCTION be_slow();
"""
NO_LONGER_SLOW = """
DROP TRIGGER IF EXISTS slow ON chats_chatevent;
DROP TRIGGER IF EXISTS slow ON chats_clock
"""

# The events and messages of each chat; each different sequence once.
LEDGER = """
SELECT array_agg(DISTINCT x.kinds) FROM (
  SELECT (SELECT string_agg(e.kind, ' ' ORDER BY e.id) FROM chats_chatevent e
           WHERE e.chat_id = h.id) AS kinds FROM chats_chat h) x
"""
TOLD = """
SELECT array_agg(DISTINCT x.told) FROM (
  SELECT (SELECT string_agg(m.content, '|' ORDER BY m.id) FROM chats_message m
           WHERE m.chat_id = h.id AND m.auto <> '') AS told FROM chats_chat h) x
"""
CLOCKS = """
SELECT array_agg(DISTINCT x.kinds) FROM (
  SELECT (SELECT string_agg(k.kind, ' ' ORDER BY k.kind) FROM chats_clock k
           WHERE k.chat_id = h.id) AS kinds FROM chats_chat h) x
"""
# The number of contacts of each operator, as recorded.
HELD = """
SELECT array_agg(x.n ORDER BY x.n) FROM (
  SELECT count(*) AS n FROM contacts_contact WHERE operator_id IS NOT NULL
   GROUP BY operator_id) x
"""
