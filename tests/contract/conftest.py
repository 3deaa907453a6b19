"""A small centre in which every call of `calls` succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from chats.models import Reply, ScheduledMessage
from contacts.models import Tag
from tests import builders
from tests.conftest import Api
from tests.contract.call import Call
from tests.contract.calls import CALLS
from tests.module_rows import module_rows


@dataclass
class Centre:
    manager: Any
    ana: Any
    bruno: Any
    contact: Any
    page_contact: Any
    chat: Any
    page_chat: Any
    failed: Any
    reply: Any
    later: Any
    # The number of a contact whose only chat is closed.
    closed: Any


@pytest.fixture
def centre(
    manager: Any, ana: Any, bruno: Any, contact: Any, page_contact: Any
) -> Centre:
    return fill_centre(manager, ana, bruno, contact, page_contact)


@pytest.fixture(scope="module")
def module_centre(django_db_setup: None, django_db_blocker: Any) -> Iterator[Centre]:
    """The centre in a transaction around all tests of a module.

    For modules with hundreds of tests, none of them with `transaction=True` or with
    `manager`, `ana` and so on beside the centre. Each test is a savepoint in it.
    """
    with module_rows(django_db_blocker):
        manager = builders.make_bakery()
        sales = builders.make_area(manager, "vendas", name="Vendas")
        support = builders.make_area(manager, "suporte", name="Suporte")
        yield fill_centre(
            manager,
            builders.make_operator(manager, sales, name="Ana"),
            builders.make_operator(manager, support, name="Bruno"),
            builders.make_waiting_contact(manager, sales),
            builders.make_waiting_page_contact(manager, sales),
        )


def fill_centre(
    manager: Any, ana: Any, bruno: Any, contact: Any, page_contact: Any
) -> Centre:
    """Creates two queued contacts with open chats; a message to one has failed."""
    chats = [
        builders.make_chat(one, protocol=one.protocol)
        for one in (contact, page_contact)
    ]
    for chat, gateway_id in zip(chats, ("wamid.1", "m_1"), strict=True):
        message = builders.make_message(chat, content="oi", gateway_id=gateway_id)
        row = chat.contact
        row.unread, row.last_message_at = 1, message.created_at
        row.save()
    failed = builders.make_message(
        chats[0], direction="out", sender=str(ana.pk), status="failed", error="Não."
    )
    Tag.objects.create(manager=manager, code="vip", name="VIP")
    reply = Reply.objects.create(
        manager=manager, operator=ana, shortcut="ola", text="Olá, {nome}!"
    )
    later = ScheduledMessage.objects.create(
        manager=manager,
        contact=contact,
        operator=ana,
        text="Até amanhã",
        send_at=timezone.now() + timedelta(days=1),
    )
    returned = builders.make_contact(manager, area=contact.area)
    closed = builders.make_chat(returned, closed_at=timezone.now())
    builders.make_message(closed, status="read")
    people = (manager, ana, bruno, contact, page_contact)
    return Centre(*people, *chats, failed, reply, later, closed)


class UndoneError(Exception):
    """Rolls a call back, so that a variant of it finds the same rows."""


def cases(*kinds: str) -> Any:
    """Parametrizes over each field of those kinds in each call."""
    return pytest.mark.parametrize(
        ("call", "field"),
        [
            pytest.param(call, field, id=f"{call}: {field}")
            for call in CALLS
            for kind in kinds
            for field in getattr(call, kind)
        ],
    )


def as_form(body: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in body.items()}


def ask(api: Api, call: Call, body: Any, **how: Any) -> tuple[int, Any]:
    """Returns a call's status and response, with values that change per call blanked.

    The call is rolled back.
    """
    response = None
    try:
        with transaction.atomic():
            response = api.call(
                call.method, how.pop("url", call.url), body or None, **how
            )
            raise UndoneError
    except UndoneError:
        pass
    return response.status_code, blanked(response.json())


FRESH = ("id", "createdAt", "lastMessageAt", "url", "protocol", "page")


def blanked(value: Any) -> Any:
    if isinstance(value, list):
        return [blanked(item) for item in value]
    if isinstance(value, dict):
        # A message, a note, a quick reply or a scheduled message.
        message = {"direction", "mentions", "shortcut", "sendAt"} & value.keys()
        # Figures say when they were computed.
        fresh = (*FRESH, "at") if "metric" in value else FRESH
        return {
            name: "…"
            if name in fresh and (message or name != "id") and item
            else blanked(item)
            for name, item in value.items()
        }
    return value
