"""Fixtures of the tests of the rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from areas.models import Availability, ClosingReason, Presence
from areas.rules.menus import publish_menu
from chats.models import MenuState, Task
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.closing import Conversation
from tests.chats.rules.living import TARGETS, Life
from tests.chats.rules.running import run_tasks
from tests.menus import MENU


def connect(operator: Any) -> None:
    """Makes the operator connected, by a live socket."""
    until = timezone.now() + timedelta(minutes=5)
    Presence.objects.update_or_create(
        operator=operator, process="test", defaults={"online_until": until}
    )


def pause(operator: Any, state: str = "paused") -> None:
    Availability.objects.update_or_create(operator=operator, defaults={"state": state})


@pytest.fixture
def connected(ana: Any, bruno: Any) -> None:
    connect(ana)
    connect(bruno)


@pytest.fixture
def team(manager, sales):
    """Three connected operators of an area that assigns by fewest chats."""
    builders.save_policy(manager, sales, assign="fewest")
    team = [builders.make_operator(manager, sales, name=name) for name in "abc"]
    for operator in team:
        connect(operator)
    Task.objects.all().delete()
    return team


def wait_in(area, *, since=0, **over):
    """Creates a contact whose open chat has been queued for that many minutes."""
    at = timezone.now() - timedelta(minutes=since)
    contact = builders.make_contact(area.manager, area=area, **over)
    builders.make_chat(contact, opened_at=at)
    return contact


def holders(*contacts):
    return [Contact.objects.get(pk=contact.pk).operator for contact in contacts]


def publish(manager: Any, **over: Any) -> None:
    """Publishes the tests' menu, with the given changes."""
    publish_menu(manager.pk, MENU | over)
    manager.refresh_from_db()


def age(seconds: int = 10) -> None:
    """Makes the menu's last question that much older."""
    earlier = F("asked_at") - timedelta(seconds=seconds)
    MenuState.objects.update(asked_at=earlier)


@pytest.fixture
def menu_areas(manager: Any, sales: Any, support: Any) -> Any:
    """Creates areas with the menu's codes, and the menu."""
    for area, code in ((sales, "vendas"), (support, "suporte")):
        type(area).objects.filter(pk=area.pk).update(code=code, name=code.title())
        area.refresh_from_db()
    publish(manager)


@pytest.fixture
def maria(manager: Any) -> Any:
    return builders.make_contact(manager, name="Maria Souza")


@pytest.fixture
def says(api: Any, manager: Any) -> Any:
    """Reports messages of a contact, then runs the tasks that they schedule.

    Each message arrives ten seconds after the question, so never too early.
    """

    def say(contact: Any, *texts: str, soon: bool = False, **over: Any) -> None:
        if not soon:
            age()
        number = int(contact.external_id)
        names = {"contactNumber": number, "managerNumber": manager.number}
        for text in texts:
            body = {**names, "from": number, "content": text, **over}
            assert send(api, **body).status_code == 200
        run_tasks()
        contact.refresh_from_db()

    return say


@pytest.fixture
def talk(api: Any, manager: Any, ana: Any, sales: Any) -> Conversation:
    return Conversation(api, manager, ana, sales)


@pytest.fixture
def paid(manager: Any) -> ClosingReason:
    return ClosingReason.objects.create(manager=manager, code="paid", name="Pago")


@pytest.fixture
def asked(talk: Conversation) -> Conversation:
    """A customer whom the menu has asked a question."""
    talk.serve()
    assert talk.close().json()["data"]["survey"] is True
    return talk


@pytest.fixture
def targets(manager: Any, sales: Any, support: Any) -> None:
    builders.save_policy(manager, **TARGETS)


@pytest.fixture
def life(api: Any, manager: Any, sales: Any, targets: None) -> Life:
    """A customer in the area sales."""
    return Life(api, manager, builders.make_contact(manager, area=sales))


@pytest.fixture
def newcomer(api: Any, manager: Any, targets: None) -> Life:
    return Life(api, manager)
