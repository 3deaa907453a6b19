"""POST api/chat/list with `text`: part of a name, a number in any spelling, a protocol."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chats.inbox import search
from contacts.aliases import add_names
from contacts.models import Contact, SearchName
from tests.chats.inbox.rows import all_pages, at, open_chat, protocols
from tests.conftest import signed_in
from tests.contract.shapes import refused


@pytest.fixture
def people(manager):
    """Returns their open chats by name."""
    chats = {}
    for name, number in (
        ("José Antônio da Conceição", "5511988887777"),
        ("Ana 100% Silva_Neto", "551133334444"),
        ("Zoë", "5521977776666"),
    ):
        chat = open_chat(manager, name=name, external_id=number)
        chats[name.split()[0]] = chat
    add_names(chats["José"].contact_id, ["551188887777"])
    return chats


@pytest.fixture(params=["rare", "common"])
def both_ways(request, monkeypatch):
    """Runs each test with both query plans: by index, and by walking the list."""
    if request.param == "common":
        monkeypatch.setattr(search, "MOST_IDS", 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jose", "José"),
        ("ANTONIO", "José"),
        ("conceicao", "José"),
        ("ção", "José"),
        ("  da con ", "José"),
        ("100%", "Ana"),
        ("silva_n", "Ana"),
        ("zo", "Zoë"),
        ("+55 (11) 98888-7777", "José"),
        ("1188887777", "José"),
        ("8887", "José"),
        ("9 7777", "Zoë"),
        ("3333-4444", "Ana"),
        ("bruno", None),
        ("silvaXneto", None),
        ("_%", None),
        ("br", None),
        ("\\\\", None),
    ],
)
def test_names_and_numbers_are_found(api, people, both_ways, text, found):
    wanted = [] if found is None else [people[found].protocol]
    assert protocols(api, text=text) == wanted
    assert protocols(api, text=text, state="all") == wanted
    assert protocols(api, text=text, state="closed") == []


def test_protocols_are_found_by_a_part_or_prefix(api, manager, both_ways):
    chat = open_chat(manager, chat={"protocol": "BR202611220000178"})
    for text in ("br2026112", "BR202611220000178", "20261122", "0000178"):
        assert protocols(api, text=text) == [chat.protocol], text
    for text in ("BR0000178", "BR20271", "20271122"):
        assert protocols(api, text=text) == [], text


def test_protocols_of_callers_may_have_letters(api, manager, both_ways):
    chat = open_chat(manager, chat={"protocol": "BR848a795dsa684d"})
    for text in ("BR848a795dsa684d", "br848A79", "BR84"):
        assert protocols(api, text=text) == [chat.protocol], text
    assert protocols(api, text="BR848b") == []


def test_closed_chats_and_pages(api, manager, both_ways):
    chats = [
        open_chat(manager, name=f"Maria {n}", chat={"closed_at": at(n)})
        for n in range(5)
    ]
    open_chat(manager, name="João", chat={"closed_at": at(9)})
    pages = all_pages(api, text="maria", state="closed", limit=2)
    listed = [each for page in pages for each in page]
    assert listed == [chat.protocol for chat in reversed(chats)]


def test_the_search_key_follows_the_name(api, manager, people):
    Contact.objects.filter(pk=people["Zoë"].contact_id).update(name="Íris")
    assert protocols(api, text="zoe") == []
    assert protocols(api, text="iris") == [people["Zoë"].protocol]
    assert SearchName.objects.count() == Contact.objects.count()


def test_only_visible_chats_are_found(api, other_api, people, ana, support):
    Contact.objects.filter(pk=people["José"].contact_id).update(area=support)
    person = signed_in(ana.user)
    for text in ("jose", "8887"):
        assert protocols(person, text=text) == []
        assert protocols(api, text=text, operatorId=str(ana.pk)) == []
        assert protocols(other_api, text=text) == []
        assert protocols(api, text=text) == [people["José"].protocol]
    Contact.objects.filter(pk=people["José"].contact_id).update(
        deleted_at=timezone.now()
    )
    assert protocols(api, text="jose") == protocols(api, text="8887") == []


@pytest.mark.parametrize("text", ["a", " a ", "é", "1"])
def test_one_character_is_refused(api, manager, text):
    refused(api.post("/api/chat/list", {"text": text}), 400, "invalid", fields=["text"])
