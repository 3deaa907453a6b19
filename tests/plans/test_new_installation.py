"""Statements that were planned while the tables of a new installation were empty.

PostgreSQL keeps such a plan until autovacuum first analyzes the tables. It must read
rows by their indexes: a sequential scan that was cheap for an empty table would be
repeated for each row of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import ClientCursor

from chats.inbound.record import _COUNT
from chats.inbox.words import _INDEX
from chats.messages.store import FILE_CONTENT
from chats.messages.targets import ResolvedContact
from chats.models import Message
from managers.models import Manager
from tests.plans.reading import Work, plan_of

FEW = 20
TABLES = ("contacts_contact", "contacts_identity", "chats_message", "chats_word")

PlannedEarly = Callable[[str, dict[str, Any]], Work]


@pytest.fixture
def planned_early(crowd: Manager) -> PlannedEarly:
    """Runs a statement with the plan that it got while the tables were empty."""

    def run(statement: str, values: dict[str, Any]) -> Work:
        for place, name in enumerate(values, start=1):
            statement = statement.replace(f"%({name})s", f"${place}")
        name = f"early_{uuid4().hex}"
        marks = ", ".join(["%s"] * len(values))
        client = ClientCursor(connection.connection)
        execute = client.mogrify(f"EXECUTE {name} ({marks})", list(values.values()))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            for table in TABLES:
                # Hides the real table, whose statistics are those of the crowd.
                cursor.execute(
                    f"CREATE TEMPORARY TABLE {table} (LIKE public.{table}"
                    " INCLUDING DEFAULTS INCLUDING INDEXES) ON COMMIT DROP"
                )
            cursor.execute(f"PREPARE {name} AS {statement}")
            cursor.execute(execute)
            for table in TABLES:
                cursor.execute(
                    f"INSERT INTO {table} SELECT * FROM public.{table}"  # noqa: S608
                    " WHERE manager_id = %s",
                    [crowd.pk],
                )
            work = Work()
            work.add(plan_of(execute, None))
        return work

    return run


def test_words_are_indexed_by_the_ids_of_their_messages(crowd, planned_early):
    ids = Message.objects.filter(manager=crowd).order_by("-id")[:FEW]
    values = {"file": FILE_CONTENT, "ids": [message.pk for message in ids]}
    work = planned_early(_INDEX, values)
    assert work.rows["chats_message"] == FEW
    assert 1 <= work.rows["contacts_contact"] <= FEW


def test_a_message_of_a_new_contact_is_looked_up_by_its_ids(crowd, planned_early):
    message = Message.objects.filter(manager=crowd).latest("id")
    target = ResolvedContact(crowd.pk, message.contact_id, "whatsapp", "551120000001")
    values = {
        **target.params,
        "at": timezone.now(),
        "own": True,
        "senders": ["551120000001"],
        "reference": "wamid.1",
        "uuid": None,
        "auto": "",
        "operator": None,
    }
    statement = _COUNT.format(
        manager=target.manager, source=target.source, match=target.match
    )
    work = planned_early(statement, values)
    assert work.rows["contacts_contact"] >= 1
    assert work.rows["chats_message"] == 0
