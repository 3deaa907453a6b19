"""Writes the rows of a centre: closed chats of some days, and open ones.

By SQL, without the triggers: the rows are those that the product would have written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from areas.models import Area, Operator, OperatorArea, Schedule
from areas.rules.openings import extend
from managers.models import Manager

# Messages, of 25 in a closed chat; and open chats.
SIZES = {"S": (100_000, 500), "M": (1_000_000, 2_000), "L": (3_000_000, 5_000)}
A_CHAT = 25
AREAS, OPERATORS = 20, 50
TABLES = (
    "contacts_contact", "chats_chat", "chats_chatevent", "chats_message", "chats_clock",
    "chats_delivery",
)  # fmt: skip

# Of a chat `n`: when it was opened, its area, who took it and who had it after that.
# Each fifth is transferred, each tenth left waiting, each eighth inside a bot's menu. Of
# several managers the first has half of them.
_CHATS = """
CREATE TEMP TABLE past AS
SELECT n, n > %(closed)s AS is_open, c.manager_id, c.schedule_id,
       CASE WHEN n > %(closed)s THEN now() - (30 + n %% 240) * interval '1 minute'
            ELSE now() - interval '1 day'
                 - (1 - n::float / %(closed)s) * %(days)s * interval '1 day'
       END AS at,
       c.areas[1 + n %% cardinality(c.areas)] AS area_id,
       c.operators[1 + n %% cardinality(c.operators)] AS taker_id,
       c.operators[1 + (n / 7) %% cardinality(c.operators)] AS next_id,
       n %% 10 = 3 AS is_untaken, n %% 8 = 5 AS is_in_bot, n %% 5 = 0 AS is_moved
  FROM generate_series(1, %(closed)s + %(open)s) n
  JOIN centre c ON c.place = CASE WHEN n %% 2 = 0 THEN 0
                                  ELSE (n / 2) %% (SELECT count(*) FROM centre) END
"""
_CONTACTS = """
INSERT INTO contacts_contact (id, manager_id, channel, external_id, name, photo, area_id,
  operator_id, protocol, sa, unread, last_message_at, waiting_since, queued_at, last_in_at,
  created_at)
SELECT n, manager_id, CASE WHEN n %% 4 = 0 THEN 'facebook' ELSE 'whatsapp' END,
       (551130000000 + n)::text, 'Cliente ' || n, '',
       CASE WHEN is_in_bot AND is_open THEN NULL ELSE area_id END,
       CASE WHEN is_open AND NOT is_untaken AND NOT is_in_bot THEN taker_id END,
       'BR' || n, -100, 0, at + interval '20 minutes',
       CASE WHEN is_open AND n %% 3 > 0 THEN at + interval '20 minutes' END,
       CASE WHEN is_open AND NOT is_in_bot THEN at + interval '1 minute' END,
       at + interval '20 minutes', at
  FROM past
"""
_ROWS = """
INSERT INTO chats_chat (id, manager_id, contact_id, protocol, opened_at, closed_at)
SELECT n, manager_id, n, 'BR' || n, at,
       CASE WHEN NOT is_open THEN at + (30 + n %% 200) * interval '1 minute' END FROM past
"""
_LINES = """
INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, area_id, operator_id, actor,
  acting_operator_id, cause, sa, schedule_id)
SELECT p.manager_id, p.n, l.kind, p.at + l.after, CASE WHEN l.has_area THEN p.area_id END,
       l.operator_id, '', l.acting_id, l.cause, 10, p.schedule_id
  FROM past p
 CROSS JOIN LATERAL (VALUES
   (1, 'opened', interval '0', false, NULL::bigint, NULL::bigint, 'customer', true),
   (2, 'entered_area', interval '1 minute', true, NULL, NULL, 'menu', NOT p.is_in_bot),
   (3, 'claimed', (2 + p.n %% 9) * interval '1 minute', true, p.taker_id, p.taker_id, '',
    NOT p.is_untaken AND NOT p.is_in_bot),
   (4, 'transferred', interval '15 minutes', true, p.next_id, p.taker_id, 'handover',
    p.is_moved AND NOT p.is_open AND NOT p.is_untaken AND NOT p.is_in_bot),
   (5, 'closed', (30 + p.n %% 200) * interval '1 minute', NOT p.is_in_bot, NULL,
    CASE WHEN NOT p.is_untaken AND NOT p.is_in_bot THEN p.next_id END,
    CASE WHEN p.is_untaken THEN 'idle' ELSE 'resolved' END, NOT p.is_open)
 ) l (place, kind, after, has_area, operator_id, acting_id, cause, is_there)
 WHERE l.is_there ORDER BY p.at, p.n, l.place
"""
_MESSAGES = """
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type, content,
  url, sender, status, error, created_at, stored_at, auto)
SELECT gen_random_uuid(), p.manager_id, p.n, p.n,
       CASE WHEN k %% 2 = 0 OR p.is_untaken OR p.is_in_bot THEN 'in' ELSE 'out' END, 'text',
       'Bom dia, tudo bem? Preciso da segunda via do boleto.', '',
       CASE WHEN k %% 2 = 0 OR p.is_untaken OR p.is_in_bot THEN ''
            ELSE p.taker_id::text END,
       'read', '', p.at + k * interval '1 minute',
       p.at + k * interval '1 minute' + interval '7 seconds', ''
  FROM past p CROSS JOIN generate_series(0, %(each)s - 1) k
 ORDER BY p.at, k
"""
_CLOCKS = """
INSERT INTO chats_clock (chat_id, kind, target, started_at, risk_at, due_at)
SELECT n, 'queue', 600, at, at + interval '8 minutes', at + interval '10 minutes'
  FROM past WHERE is_open AND NOT is_in_bot
"""
# Half are sent within 300 ms and delivered 1.5 s later, with long tails; of a hundred,
# two fail, two are never delivered and one is delivered within days.
_DELIVERIES = """
INSERT INTO chats_delivery (message_id, manager_id, contact_id, channel, token, attempts,
  failures, queued_at, next_at, fence, in_flight, done_at, sent_at, delivered_at,
  failed_code, failed_at)
SELECT m.id, m.manager_id, m.contact_id, c.channel, '', 1, 0, m.stored_at, m.stored_at, 1,
       false, m.sent_at, m.sent_at,
       CASE WHEN m.id %% 53 < 2 THEN NULL
            ELSE m.sent_at + m.way * CASE WHEN m.id %% 101 = 7 THEN 10000 ELSE 1 END END,
       CASE WHEN m.id %% 53 = 0 THEN 'reported' ELSE '' END,
       CASE WHEN m.id %% 53 = 0 THEN m.stored_at + interval '1 second' END
  FROM (SELECT m.*, m.stored_at + exp(random_normal(5.7, 0.7)) * interval '1 millisecond'
                 AS sent_at,
               exp(random_normal(7.3, 1)) * interval '1 millisecond' AS way
          FROM chats_message m WHERE m.direction = 'out') m
  JOIN contacts_contact c ON c.id = m.contact_id ORDER BY m.id
"""
# Two spans online a day with a pause between them.
_PRESENCE = """
INSERT INTO areas_presencespan (operator_id, state, reason, started_at, ended_at, seen_at)
SELECT o.id, s.state, s.reason, d + s.begins, d + s.ends, d + s.ends
  FROM areas_operator o
 CROSS JOIN generate_series(date_trunc('day', now()) - interval '1 day' * %(days)s,
                            date_trunc('day', now()) - interval '1 day', '1 day') d
 CROSS JOIN (VALUES ('online', '', interval '11 hours', interval '15 hours'),
                    ('paused', 'almoco', interval '15 hours', interval '16 hours'),
                    ('online', '', interval '16 hours', interval '22 hours'))
       s (state, reason, begins, ends)
"""


def load(
    size: str, is_open: int | None = None, days: int = 90, managers: int = 1
) -> Manager:
    """Writes the rows of that size; returns the manager with most of them."""
    messages, usually_open = SIZES[size]
    began = datetime.now(UTC) - timedelta(days=days + 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE centre (place int, manager_id bigint,"
            " schedule_id bigint, areas bigint[], operators bigint[])"
        )
        for place in range(managers):
            row = (place, *_manager(place, began))
            cursor.execute("INSERT INTO centre VALUES (%s, %s, %s, %s, %s)", row)
        values: dict[str, Any] = {
            "closed": messages // A_CHAT,
            "open": usually_open if is_open is None else is_open,
            "each": A_CHAT,
            "days": days,
        }
        _set_triggers(cursor, "DISABLE")
        for statement in (
            _CHATS, _CONTACTS, _ROWS, _LINES, _MESSAGES, _CLOCKS, _DELIVERIES,
            _PRESENCE,
        ):  # fmt: skip
            cursor.execute(statement, values)
        _set_triggers(cursor, "ENABLE")
        cursor.execute("VACUUM ANALYZE")
    return Manager.objects.earliest("pk")


def _manager(place: int, began: datetime) -> tuple[int, int, list[int], list[int]]:
    """Creates a manager; returns the ids of it, its schedule, areas, operators."""
    manager = Manager.objects.create(
        name=f"Central {place}", number=551140000000 + place
    )
    areas = [
        Area.objects.create(
            manager=manager, code=f"area-{n}", name=f"Area {n}", created_at=began
        )
        for n in range(AREAS)
    ]
    operators = []
    for number in range(OPERATORS):
        name = f"Operador {place}-{number}"
        email = f"operador{place}-{number}@example.com"
        user = User.objects.create(username=name, password="")
        operator = Operator.objects.create(
            manager=manager, user=user, name=name, email=email
        )
        operators.append(operator.pk)
        for area in areas[number % 18 : number % 18 + 3]:
            OperatorArea.objects.create(manager=manager, operator=operator, area=area)
    week = {str(day): [["08:00", "12:00"], ["13:00", "20:00"]] for day in range(1, 7)}
    schedule = Schedule.objects.create(
        manager=manager, valid_from=began, zone="America/Sao_Paulo", hours=week,
        targets={"tme": 300, "tmr1": 600, "tmr": 300, "resolution": 7200},
    )  # fmt: skip
    extend(schedule.pk, datetime.now(UTC) + timedelta(days=2))
    return manager.pk, schedule.pk, [area.pk for area in areas], operators


def _set_triggers(cursor: Any, what: str) -> None:
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} {what} TRIGGER USER")
