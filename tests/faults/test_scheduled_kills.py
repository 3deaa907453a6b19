"""kill -9 of workers while they send scheduled messages: each is sent once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.counts import count
from tests.faults import closing
from tests.faults.delivering import Post, wait_until

KILLS = count(1, full=20)
# Enough that some are left at each kill.
CONTACTS = 20 + 12 * KILLS
EACH = 2

# Due messages, and one for tomorrow.
SCHEDULE = """
WITH later AS (
  INSERT INTO chats_scheduled (manager_id, contact_id, operator_id, text, send_at, state,
                               error, created_at)
  SELECT c.manager_id, c.id, c.operator_id, 'Bom dia ' || n,
         CASE n WHEN 0 THEN now() + interval '1 day'
                ELSE now() - make_interval(secs => 10 - n) END,
         'waiting', '', now()
    FROM contacts_contact c, generate_series(0, %(each)s) AS n
  RETURNING manager_id, contact_id
)
INSERT INTO chats_task (manager_id, kind, contact_id, run_at)
SELECT DISTINCT manager_id, 'scheduled', contact_id, now() FROM later
"""
# Sending takes a while, so that a kill interrupts its transaction.
SLOW = """
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER slow AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind = 'scheduled') EXECUTE FUNCTION be_slow();
"""
SENT = "SELECT count(*) FROM chats_scheduled WHERE state = 'sent'"
# The messages of each customer, with the ledger lines.
TOLD = """
SELECT array_agg(DISTINCT x.told) FROM (
  SELECT (SELECT string_agg(m.content, ', ' ORDER BY m.id) FROM chats_message m
           WHERE m.contact_id = c.id AND m.auto = 'schedule')
         || ' ' || (SELECT count(*) FROM chats_chatevent e JOIN chats_chat h ON h.id = e.chat_id
                     WHERE h.contact_id = c.id AND e.kind = 'scheduled') AS told
    FROM contacts_contact c) x
"""
LEFT = """
SELECT count(*) FROM chats_task t JOIN chats_scheduled s ON s.contact_id = t.contact_id
 WHERE t.kind = 'scheduled' AND s.state = 'waiting' AND t.run_at = s.send_at
"""


@pytest.fixture
def post(post: Post) -> Post:
    values = {"contacts": CONTACTS, "number": 5511400011111, "port": 8080}
    with post.connect() as database:
        database.execute(closing.FILL, values)
        database.execute(SLOW)
        database.execute(SCHEDULE, {"each": EACH})
    return post


def test_a_worker_is_killed_while_it_sends(post: Post, controller: Any) -> None:
    options = ("--lease", "2", "--hurry", "20")
    post.start_worker(*options)
    for _ in range(KILLS):
        before = post.asked(SENT)
        # Others are in progress then: each takes a while.
        wait_until(lambda before=before: post.asked(SENT) > before, 30)
        post.kill_worker()
        assert post.asked(SENT) < CONTACTS * EACH
        with post.connect() as database:
            # So that the leases of interrupted tasks need not expire.
            database.execute("UPDATE chats_task SET lease_until = NULL")
        post.start_worker(*options)
    wait_until(lambda: post.asked(SENT) == CONTACTS * EACH, 60)
    wait_until(lambda: post.asked(closing.UNSENT) == 0, 60)
    assert post.asked(TOLD) == ["Bom dia 1, Bom dia 2 2"]
    assert post.asked(LEFT) == CONTACTS
    assert set(Counter(one.uuid for one in controller.delivered).values()) == {1}
    assert len(controller.delivered) == CONTACTS * EACH
