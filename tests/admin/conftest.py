"""Signed-in users of the back-office, and a second centre that they may not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from areas.models import (
    Area,
    ClosingReason,
    Holiday,
    Menu,
    Operator,
    PlannedPolicy,
    Policy,
    TransferReason,
)
from chats.conversations.audit import Actor, record
from chats.models import Chat, ChatEvent, Message, Reply
from contacts.models import Contact, Tag
from managers.models import Manager
from tests import builders

# The form fields of an empty list of pause reasons on a manager's page.
NO_REASONS = {"pause_reasons-TOTAL_FORMS": "0", "pause_reasons-INITIAL_FORMS": "0"}


def sign_in_to_admin(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@dataclass
class Centre:
    """One row of each kind, all of one manager."""

    manager: Manager
    area: Area
    operator: Operator
    policy: Policy
    planned: PlannedPolicy
    holiday: Holiday
    contact: Contact
    chat: Chat
    message: Message
    event: ChatEvent
    reply: Reply
    tag: Tag
    closing: ClosingReason
    transfer: TransferReason
    menu: Menu

    def rows(self) -> dict[str, Any]:
        """Returns each row by the path of its admin pages."""
        return {
            "managers/manager": self.manager,
            "areas/area": self.area,
            "areas/operator": self.operator,
            "areas/policy": self.policy,
            "areas/plannedpolicy": self.planned,
            "areas/holiday": self.holiday,
            "contacts/contact": self.contact,
            "chats/chat": self.chat,
            "chats/message": self.message,
            "chats/chatevent": self.event,
            "chats/reply": self.reply,
            "contacts/tag": self.tag,
            "areas/closingreason": self.closing,
            "areas/transferreason": self.transfer,
            "areas/menu": self.menu,
        }


def make_centre(manager: Manager, word: str) -> Centre:
    """Creates a centre with the word in every name."""
    area = builders.make_area(manager, f"{word}-area".lower(), name=f"{word} area")
    operator = builders.make_operator(manager, area, name=f"{word}-operator")
    contact = builders.make_contact(manager, name=f"{word} contact", area=area)
    chat = builders.make_chat(contact, protocol=f"{word}-protocol")
    message = builders.make_message(chat, content=f"{word} message")
    record(
        chat,
        ChatEvent.Kind.OPENED,
        actor=Actor("key:1"),
        area_id=area.pk,
        operator_id=None,
        sa=contact.sa,
    )
    event = ChatEvent.objects.get(chat=chat)
    policy = Policy.objects.create(manager=manager, area=area, cap=3)
    planned = PlannedPolicy.objects.create(
        manager=manager,
        area=area,
        begins_at=timezone.now() + timedelta(days=9),
        given={"cap": 4},
        made_by=word,
    )
    holiday = Holiday.objects.create(
        manager=manager, area=area, date=date(2027, 11, 20), name=f"{word} holiday"
    )
    return Centre(
        manager,
        area,
        operator,
        policy,
        planned,
        holiday,
        contact,
        chat,
        message,
        event,
        **_make_lists(manager, area, word),
    )


def _make_lists(manager: Manager, area: Area, word: str) -> dict[str, Any]:
    """Creates the items of a manager's lists and its menu, by the names in `Centre`."""
    coded = {"manager": manager, "code": word.lower(), "name": f"{word} item"}
    return {
        "reply": Reply.objects.create(
            manager=manager, area=area, shortcut=word.lower(), text=f"{word} reply"
        ),
        "tag": Tag.objects.create(**coded),
        "closing": ClosingReason.objects.create(**coded, area=area),
        "transfer": TransferReason.objects.create(**coded),
        "menu": Menu.objects.create(
            manager=manager, version=1, body=None, made_by=word
        ),
    }


@pytest.fixture
def own(manager: Any) -> Centre:
    return make_centre(manager, "Sabia")


@pytest.fixture
def foreign(other_manager: Any) -> Centre:
    Manager.objects.filter(pk=other_manager.pk).update(name="Estranho manager")
    other_manager.refresh_from_db()
    return make_centre(other_manager, "Estranho")


@pytest.fixture
def desk(supervisor: Any) -> Client:
    """A signed-in supervisor of `manager` only."""
    return sign_in_to_admin(supervisor)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("chefe", password="secret-password")


@pytest.fixture
def office(administrator: User) -> Client:
    return sign_in_to_admin(administrator)


def agree(client: Client, path: str, sent: Any = None, **answers: Any) -> Any:
    """Submits a form and its confirmation page; follows redirects."""
    asked = client.post(path, sent or {})
    return agree_to(client, path, asked, sent, **answers)


def agree_to(client: Client, path: str, asked: Any, sent: Any, **answers: Any) -> Any:
    """Submits a confirmation page that was requested before."""
    shown = {"impact": asked.context["digest"]}
    return client.post(path, (sent or {}) | shown | answers, follow=True)


def messages_of(answer: Any) -> list[str]:
    """Returns the messages at the top of a page reached through redirects."""
    return [str(message) for message in answer.context["messages"]]


def errors(answer: Any) -> dict[str, list[str]]:
    """Returns the errors of a page's form."""
    return dict(answer.context["adminform"].form.errors)


@pytest.fixture
def carla(manager, sales):
    """A colleague of Ana in her area."""
    return builders.make_operator(manager, sales, name="Carla")
