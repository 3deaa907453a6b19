"""Sends customers through a menu, and reads the results."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat
from chats.models import ChatEvent, MenuState, Message, Task
from tests.chats.api.recording import send
from tests.chats.rules.conftest import age
from tests.chats.rules.running import run_tasks


def time_out(manager: Any) -> None:
    """Moves time past the timeout of a question."""
    age(1000)
    Task.objects.filter(kind="menu").update(run_at=timezone.now())
    run_tasks()


def said() -> list[str]:
    """Returns the menu's messages, oldest first."""
    found = Message.objects.filter(auto="menu").order_by("pk")
    return [plain(text) for text in found.values_list("content", flat=True)]


def plain(text: str) -> str:
    """Returns the text with its greeting replaced by the variable."""
    for greeting in ("Bom dia", "Boa tarde", "Boa noite"):
        text = text.replace(greeting, "{saudacao}")
    return text


def ledger() -> list[Any]:
    """Returns the events' kinds, with the reason or the step of bot events."""
    return [
        (line.kind, (line.detail or {}).get("why") or (line.detail or {}).get("step"))
        for line in ChatEvent.objects.order_by("pk")
    ]


def end() -> str:
    """Returns why the menu ended; asserts that it has no contact and no task any more."""
    assert not MenuState.objects.exists()
    assert not Task.objects.filter(kind="menu").exists()
    [line] = ChatEvent.objects.filter(kind="bot_ended")
    assert line.actor == "rule:menu"
    return str(line.detail["why"])


def send_of_bot(api: Any, manager: Any, contact: Any, first: str = "") -> None:
    """Stores a message of an external program, after one of the customer."""
    number = int(contact.external_id)
    names = {"contactNumber": number, "managerNumber": manager.number}
    if first:
        assert send(api, **names, **{"from": number}, content=first).status_code == 200
    own = {"from": str(manager.number), "content": "Olá do robô"}
    assert send(api, **names, **own).status_code == 200


def close(contact: Any) -> None:
    close_chat(contact, actor=Actor("test"))
