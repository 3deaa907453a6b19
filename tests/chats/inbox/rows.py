"""Creates chats in each state and requests the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from areas.models import Menu
from chats.models import Chat, MenuState
from tests import builders

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def open_chat(manager: Any, *, chat: dict[str, Any] | None = None, **over: Any) -> Chat:
    """Creates an open chat of a new contact, with those columns."""
    row = builders.make_contact(manager, **over)
    return builders.make_chat(row, **{"opened_at": at(0)} | (chat or {}))


def in_menu(manager: Any, **over: Any) -> Chat:
    chat = open_chat(manager, **over)
    menu, _ = Menu.objects.get_or_create(
        manager=manager, version=1, defaults={"body": {}}
    )
    MenuState.objects.create(chat=chat, menu=menu, step="start", asked_at=at(0), sa=1)
    return chat


def listed(api: Any, **fields: Any) -> dict[str, Any]:
    response = api.post("/api/chat/list", fields)
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()["data"]
    return data


def protocols(api: Any, **fields: Any) -> list[str]:
    return [line["protocol"] for line in listed(api, **fields)["chats"]]


def all_pages(api: Any, **fields: Any) -> list[list[str]]:
    """The protocols of each page, until there is no next one."""
    pages, after = [], None
    while True:
        data = listed(api, **fields, **({"after": after} if after else {}))
        pages.append([line["protocol"] for line in data["chats"]])
        after = data["next"]
        if after is None:
            return pages
        assert len(pages) < 100
