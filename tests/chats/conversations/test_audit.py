"""The ledger of chats: entries belong to their manager and never change."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from chats.models import ChatEvent
from tests.builders import (
    make_area,
    make_chat,
    make_contact,
    make_manager,
    make_operator,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(contact):
    return make_chat(contact)


def check():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def add_line(**values):
    ChatEvent.objects.create(kind="claimed", **values)
    check()


@pytest.mark.parametrize("name", ["chat", "area", "operator", "acting_operator"])
def test_a_line_cannot_refer_to_rows_of_another_manager(chat, name):
    foreign = make_manager()
    others = {
        "chat": lambda: make_chat(make_contact(foreign)),
        "area": lambda: make_area(foreign),
        "operator": lambda: make_operator(foreign),
        "acting_operator": lambda: make_operator(foreign),
    }
    values = {"manager_id": chat.manager_id, "chat": chat, name: others[name]()}
    with pytest.raises(IntegrityError), transaction.atomic():
        add_line(**values)


def test_a_line_cannot_be_changed_or_deleted(chat):
    line = ChatEvent.objects.create(
        manager_id=chat.manager_id, chat=chat, kind="claimed"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatEvent.objects.filter(pk=line.pk).update(kind="closed")
    with pytest.raises(IntegrityError), transaction.atomic():
        line.delete()
    check()
