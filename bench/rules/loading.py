"""Loads the centre, and restores its initial state before each run."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import centre
import dataset
import psycopg
import rows
from servers import ROOT, Product

PASSWORD = "secret-of-the-benchmark"  # noqa: S105 - of a temporary database
PEOPLE = f"""
from django.contrib.auth.models import User
from areas.models import Operator
from managers.models import Manager, Supervision
def person(name, **over):
    user, _ = User.objects.update_or_create(username=name, defaults=over)
    user.set_password("{PASSWORD}")
    user.save()
    return user
supervisor = person("the-supervisor", is_staff=True)
Supervision.objects.get_or_create(user=supervisor, manager=Manager.objects.get(pk=1))
person("bench-1")
"""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POLICY: dict[str, Any] = {
    "hours": {day: ["00:00-24:00"] for day in DAYS},
    "cap": 1000,
    "slaQueue": 300,
    "slaFirst": 600,
    "slaReply": 900,
    "slaResolution": 86400,
    "idleWarn": 14400,
    "idleWarnText": "{nome}, você ainda precisa de ajuda?",
    "idleClose": 7200,
    "idleText": "Encerramos por falta de resposta.",
    "entryArea": f"area-{centre.ENTRY}",
}
MENU = {
    "channels": ["whatsapp"],
    "greeting": "{saudacao} {nome}! Aqui é o atendimento da {empresa}.",
    "fallback": f"area-{centre.ENTRY}",
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {"key": k, "title": f"Area {k}", "do": "area", "area": f"area-{k}"}
                for k in range(1, 9)
            ],
        }
    ],
}
CENTRE = {
    "name": "Central 0",
    "number": rows.number(0),
    "policy": POLICY,
    "menu": MENU,
    "areas": [
        {"code": f"area-{k}", "name": f"Area {k}", "policy": {"assign": "fewest"}}
        for k in centre.ASSIGNING
    ],
}

# The words as `chats.inbox.words` indexes them, without its steps.
_FILL = """
INSERT INTO contacts_searchname (contact_id, manager_id, key)
SELECT id, manager_id, search_key(name) FROM contacts_contact;
INSERT INTO chats_word (message_id, manager_id, contact_id, words)
SELECT id, manager_id, contact_id, to_tsvector('hci_pt', content) FROM chats_message
 WHERE type = 'text' ORDER BY id;
"""
_INDEX_OF_WORDS = "SELECT pg_get_indexdef('words_for_search'::regclass)"
_NOTHING_INDEXED = """
INSERT INTO chats_wordsprogress (id, epoch, seq) VALUES (true, '', 0)
ON CONFLICT DO NOTHING
"""
# The worker does not write the index while another session has locked this row.
_HOLD_INDEX = "SELECT FROM chats_wordsprogress FOR UPDATE"
_INDEXED = """
INSERT INTO chats_wordsprogress (id, epoch, seq) SELECT true, epoch, seq FROM change_head
ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,
       scan_below = NULL
"""
# Rows that a run has added, and columns of closed chats that it has changed.
_UNDO = """
TRUNCATE chats_chatevent, chats_assignment, chats_clock, chats_menustate, chats_task,
         chats_survey, areas_lastassignment, areas_presence;
DELETE FROM chats_delivery WHERE message_id > %(messages)s;
DELETE FROM chats_word WHERE message_id > %(messages)s;
DELETE FROM chats_message WHERE id > %(messages)s;
DELETE FROM chats_chat WHERE id > %(contacts)s;
DELETE FROM contacts_identity WHERE contact_id > %(contacts)s;
DELETE FROM contacts_searchname WHERE contact_id > %(contacts)s;
DELETE FROM contacts_contact WHERE id > %(contacts)s;
UPDATE contacts_contact
   SET operator_id = NULL, waiting_since = NULL, queued_at = NULL, unread = 0
 WHERE id > %(open)s AND (operator_id IS NOT NULL OR waiting_since IS NOT NULL
                          OR queued_at IS NOT NULL OR unread > 0);
"""
# Open chats began within the last eight hours.
_TIMES = """
UPDATE contacts_contact c
   SET queued_at = t.at, last_in_at = t.at + interval '20 s',
       waiting_since = CASE WHEN c.operator_id IS NULL OR c.id %% 10 < 8 THEN t.at END,
       last_message_at = t.at + make_interval(secs => c.id %% 20),
       unread = c.id %% 4
  FROM (SELECT id, now() - make_interval(secs => 30 + id * 7919 %% 28800) AS at
          FROM contacts_contact WHERE id <= %(open)s) t
 WHERE c.id = t.id;
UPDATE chats_chat h SET opened_at = c.queued_at FROM contacts_contact c
 WHERE h.id <= %(open)s AND c.id = h.contact_id;
INSERT INTO chats_menustate (chat_id, menu_id, step, path, tries, asked_at, reminded, sa)
SELECT h.id, (SELECT max(id) FROM areas_menu WHERE manager_id = h.manager_id),
       'inicio', '[]', 0, h.opened_at, false, 10
  FROM chats_chat h WHERE h.id <= %(open)s AND h.id %% 10 = 0;
INSERT INTO chats_clock (chat_id, kind, area_id, target, started_at, risk_at, due_at,
                         notified)
SELECT h.id, k.kind, c.area_id, k.target, h.opened_at, k.risk_at, k.due_at,
       (now() >= k.risk_at)::int + (now() >= k.due_at)::int
  FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 CROSS JOIN LATERAL (
   SELECT k.*, h.opened_at + make_interval(secs => k.target * 0.8) AS risk_at,
          h.opened_at + make_interval(secs => k.target) AS due_at
     FROM (VALUES ('queue', 300), ('first', 600), ('reply', 900), ('resolution', 86400))
          AS k (kind, target)
    WHERE CASE k.kind WHEN 'resolution' THEN true
                      WHEN 'reply' THEN c.operator_id IS NOT NULL
                                        AND c.waiting_since IS NOT NULL
                      ELSE c.operator_id IS NULL END) k
 WHERE h.id <= %(open)s AND c.area_id IS NOT NULL;
"""
_WRITTEN = "contacts_contact, chats_chat, chats_message, chats_clock, chats_menustate"


def prepare(product: Product, size: str) -> str:
    """Loads missing rows; returns the DSN of a superuser."""
    folder = product.folder
    loader = dataset.dsn_of({**product.connection(), "user": "postgres"})
    mark, wanted = folder / "loaded", f"{size} {digest()}"
    if not mark.exists():
        _load(loader, size)
        mark.write_text(wanted)
    elif mark.read_text() != wanted:
        raise SystemExit(f"{folder} holds another size or an older schema: remove it")
    provision(product, [CENTRE])
    product.manage("shell", "-v0", "-c", PEOPLE)
    restore(loader, size)
    return loader


def _load(dsn: str, size: str) -> None:
    begun = time.monotonic()
    with psycopg.connect(dsn) as index:
        index.execute(_NOTHING_INDEXED)
        index.commit()
        index.execute(_HOLD_INDEX)
        dataset.load(dsn, size, centre.TABLES)
        print(f"# loaded {size} in {time.monotonic() - begun:.0f} s", flush=True)
        _fill(dsn)
        index.execute(_INDEXED)
    print(f"# with words in {time.monotonic() - begun:.0f} s", flush=True)


def digest() -> str:
    return f"{dataset.schema()} {(Path(__file__).parent / 'centre.py').stat().st_size}"


def provision(product: Product, managers: list[dict[str, Any]]) -> None:
    command = [
        str(ROOT / ".venv/bin/python"),
        str(ROOT / "manage.py"),
        "provision",
        "-",
    ]
    subprocess.run(
        command,
        env=product.environment,
        input=json.dumps({"managers": managers}).encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _fill(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET maintenance_work_mem = '512MB'")
        [definition] = db.execute(_INDEX_OF_WORDS).fetchone() or ()
        db.execute("DROP INDEX words_for_search")
        db.execute(_FILL)
        db.execute(definition)
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def restore(dsn: str, size: str) -> None:
    """Undoes what a run wrote, and sets the times of open chats by the clock of today."""
    _, contacts, messages = rows.SIZES[size]
    values = {"contacts": contacts, "messages": messages, "open": centre.OPEN[size]}
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        with psycopg.ClientCursor(db) as cursor:
            cursor.execute(_UNDO, values)
            cursor.execute(_TIMES, values)
            cursor.execute(_INDEXED)
        db.execute("SET session_replication_role = origin")
        db.execute(f"VACUUM ANALYZE {_WRITTEN}")
        db.execute("CHECKPOINT")
