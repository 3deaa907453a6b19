"""Chats, messages and the ledger in the back-office: searched, read, closed."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from areas.models import Menu
from areas.operators import find_operator
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.inbox.words import index_words
from chats.models import Chat, ChatEvent, Clock, MenuState
from managers.models import ApiKey
from tests.admin.conftest import agree_to, make_centre, messages_of
from tests.builders import make_chat, make_contact, make_key, make_manager, make_message
from tests.feed.stamped import stamp

CHATS = "/admin/chats/chat/"
MESSAGES = "/admin/chats/message/"
LEDGER = "/admin/chats/chatevent/"


def listed(client, page, **query):
    return list(client.get(page, query).context["cl"].result_list)


@pytest.fixture
def served(contact, ana):
    """Returns a closed chat that Ana answered in sales."""
    actor = Actor(f"user:{ana.user_id}", ana.pk)
    claim(contact, find_operator(ana.manager_id, ana.pk), actor=actor)
    close_chat(contact, actor=actor)
    return Chat.objects.get()


def test_a_closed_chat_shows_its_last_operator(desk, served, contact, bruno, support):
    contact.refresh_from_db()
    contact.operator, contact.area = bruno, support
    contact.save()
    page = desk.get(CHATS).content.decode()
    results = page.split('id="result_list"')[1].split("</table>")[0]
    assert "Ana" in results
    assert "Vendas" in results
    assert "Bruno" not in results


def test_chats_are_filtered_by_state(desk, manager, contact, ana, served):
    waiting = open_chat(contact, actor=Actor(""))
    answered = make_chat(make_contact(manager, operator=ana))
    assert set(listed(desk, CHATS, state="open")) == {waiting, answered}
    assert listed(desk, CHATS, state="waiting") == [waiting]
    assert listed(desk, CHATS, state="answered") == [answered]
    assert listed(desk, CHATS, state="closed") == [served]


def test_open_chats_are_filtered_by_state(desk, manager, contact, ana):
    queued = make_chat(contact)
    in_menu = make_chat(make_contact(manager))
    menu = Menu.objects.create(manager=manager, version=1)
    MenuState.objects.create(
        chat=in_menu, menu=menu, step="root", asked_at=timezone.now(), sa=0
    )
    owed = make_chat(make_contact(manager, operator=ana, waiting_since=timezone.now()))
    make_chat(make_contact(manager, operator=ana))
    assert listed(desk, CHATS, state="waiting") == [queued]
    assert listed(desk, CHATS, state="menu") == [in_menu]
    assert listed(desk, CHATS, state="owed") == [owed]


def test_the_longest_wait_is_first(desk, manager, ana):
    now = timezone.now()

    def opened(minutes, **more):
        contact = make_contact(manager, **more)
        return make_chat(contact, opened_at=now - timedelta(minutes=minutes))

    late = opened(5)
    first = opened(50)
    moved = opened(90, queued_at=now - timedelta(minutes=7))
    assert listed(desk, CHATS, state="waiting") == [first, moved, late]
    answered = opened(99, operator=ana, waiting_since=now - timedelta(minutes=60))
    # In descending order chats that do not wait are first.
    columns = desk.get(CHATS).context["cl"].list_display
    column = columns.index("waiting_for")
    ordered = listed(desk, CHATS, state="open", o=f"-{column}")
    assert ordered == [late, moved, first, answered]
    Clock.objects.create(
        chat=first, kind="queue", target=60, started_at=now, due_at=now, risk_at=now
    )
    page = desk.get(CHATS, {"state": "waiting"}).content.decode()
    assert re.search(r"bo-tag-bad[^>]*>50\xa0minutes<", page)
    assert re.search(r"bo-tag-mute[^>]*>5\xa0minutes<", page)


def test_chats_are_filtered_by_days(desk, manager):
    def opened(*moment):
        at = datetime(*moment, tzinfo=timezone.get_default_timezone())
        return make_chat(make_contact(manager), opened_at=at)

    opened(2026, 11, 18, 23, 59)
    first = opened(2026, 11, 19, 0, 0)
    last = opened(2026, 11, 20, 23, 59)
    opened(2026, 11, 21, 0, 0)
    days = {"opened_at_from": "2026-11-19", "opened_at_to": "2026-11-20"}
    assert set(listed(desk, CHATS, **days)) == {first, last}
    answer = desk.get(CHATS, {"opened_at_from": "yesterday"})
    assert answer.status_code == 302


def test_a_chat_is_found_by_protocol_number_and_name(desk, manager, contact):
    chat = make_chat(contact, protocol="BR202611220000017")
    make_chat(make_contact(manager))
    for term in ("br202611220000017", "551133334444", "3333-4444", "souza"):
        assert listed(desk, CHATS, q=term) == [chat]


def test_a_chat_can_be_read(desk, contact, ana, served):
    make_message(served, content="Bom dia <script>alert(1)</script>", status="read")
    make_message(
        served,
        direction="out",
        sender=str(ana.pk),
        content="Pois não?",
        status="failed",
        error="The number does not exist.",
    )
    page = desk.get(f"{CHATS}{served.pk}/change/").content.decode()
    assert "Bom dia &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Pois não?" in page
    assert "The number does not exist." in page
    assert page.index("Bom dia") < page.index("Pois não?")
    for line in ("opened the chat", "Ana answered the chat", "Ana closed the chat"):
        assert line in page


def test_an_automatic_message_has_no_operator(desk, contact, served):
    make_message(served, direction="out", sender="0", auto="menu", content="Olá!")
    page = desk.get(f"{CHATS}{served.pk}/change/").content.decode()
    assert "Automatic message · " in page


def test_a_long_chat_shows_its_end_and_links_to_the_rest(desk, contact, monkeypatch):
    monkeypatch.setattr("chats.admin.conversation.MOST_SHOWN", 3)
    monkeypatch.setattr("chats.admin.chats.MOST_SHOWN", 3)
    chat = make_chat(contact)
    messages = [make_message(chat, content=f"said-{n}!") for n in range(5)]
    page = desk.get(f"{CHATS}{chat.pk}/change/").content.decode()
    assert "said-1!" not in page
    assert "said-2!" in page
    assert f"chat__id__exact={chat.pk}" in page
    found = listed(desk, MESSAGES, chat__id__exact=chat.pk)
    assert found == messages[::-1]


def test_selected_chats_are_closed_after_a_confirmation(
    desk, supervisor, contact, served
):
    chat = open_chat(contact, actor=Actor(""))
    chosen = {"action": "close_many", "_selected_action": [chat.pk, served.pk]}
    asked = desk.post(CHATS, chosen)
    assert [row.pk for row in asked.context["impact"].rows] == [chat.pk]
    answer = agree_to(desk, CHATS, asked, chosen)
    assert messages_of(answer) == ["1 chat was closed."]
    assert not Chat.objects.open().exists()
    last = ChatEvent.objects.latest("pk")
    assert (last.kind, last.actor) == ("closed", f"user:{supervisor.pk}")


def test_messages_are_found_by_their_words(desk, manager, contact):
    chat = make_chat(contact)
    said = make_message(chat, content="Meu pedido não chegou, João")
    make_message(chat, content="Outra coisa")
    foreign = make_message(
        make_chat(make_contact(make_manager())), content=said.content
    )
    index_words()
    stamp()
    while index_words():
        pass
    assert listed(desk, MESSAGES, q="joao PEDIDOS") == [said]
    assert foreign not in listed(desk, MESSAGES, q="pedido")


def test_messages_are_found_by_id_chat_and_customer(desk, manager, contact):
    chat = make_chat(contact, protocol="BR202611220000017")
    message = make_message(chat, gateway_id="wamid.X")
    make_message(make_chat(make_contact(manager)))
    for term in (
        str(message.uuid),
        "wamid.X",
        "BR202611220000017",
        "551133334444",
        "souza",
    ):
        assert listed(desk, MESSAGES, q=term) == [message]


def test_failed_messages_are_found(desk, contact):
    chat = make_chat(contact)
    make_message(chat)
    failed = make_message(chat, direction="out", sender="1", status="failed")
    assert listed(desk, MESSAGES, status__exact="failed") == [failed]


def test_the_list_shows_recent_messages_and_a_search_finds_older_ones(
    desk, contact, monkeypatch
):
    monkeypatch.setattr("chats.admin.endless.LOOKED_BACK", 2)
    chat = make_chat(contact, protocol="BR202611220000017")
    oldest, *latest = [make_message(chat) for _ in range(3)]
    assert listed(desk, MESSAGES) == latest[::-1]
    assert oldest in listed(desk, MESSAGES, q="BR202611220000017")
    assert oldest in listed(desk, MESSAGES, chat__id__exact=chat.pk)


@pytest.mark.parametrize("page", [MESSAGES, LEDGER])
def test_other_managers_messages_do_not_use_up_the_lists_limit(
    desk, office, own, monkeypatch, page
):
    monkeypatch.setattr("chats.admin.endless.LOOKED_BACK", 2)
    for word in ("Um", "Dois", "Tres"):
        make_centre(make_manager(), word)
    (mine,) = listed(desk, page)
    assert mine in (own.message, own.event)
    assert mine not in listed(office, page)
    assert listed(office, page, manager__id__exact=own.manager.pk) == [mine]


def test_a_long_message_is_cut_in_the_list_and_complete_on_its_page(desk, contact):
    text = "palavra " * 50
    message = make_message(make_chat(contact), content=text.strip())
    page = desk.get(MESSAGES).content.decode()
    assert text.strip() not in page
    assert text[:80] + "…" in page
    assert text.strip() in desk.get(f"{MESSAGES}{message.pk}/change/").content.decode()


def test_paging_runs_no_count_query(desk, contact):
    chat = make_chat(contact)
    messages = [make_message(chat) for _ in range(60)]
    assert listed(desk, MESSAGES) == messages[:9:-1]
    assert listed(desk, MESSAGES, p=2) == messages[9::-1]
    assert listed(desk, MESSAGES, p=3) == []


def test_the_ledger_names_the_actor(desk, manager, supervisor, contact, ana):
    make_key(manager, name="menu bot")
    key = ApiKey.objects.get()
    open_chat(contact, actor=Actor(f"key:{key.pk}"))
    claim(
        contact,
        find_operator(ana.manager_id, ana.pk),
        actor=Actor(f"user:{ana.user_id}", ana.pk),
    )
    close_chat(contact, actor=Actor(f"user:{supervisor.pk}"))
    page = desk.get(LEDGER).content.decode()
    assert "menu bot" in page
    assert "Ana (" not in page
    assert supervisor.username in page


def test_the_ledger_names_who_acts_for_an_operator(desk, manager, contact, ana):
    make_key(manager, name="menu bot")
    key = ApiKey.objects.get()
    operator = find_operator(ana.manager_id, ana.pk)
    claim(contact, operator, actor=Actor(f"key:{key.pk}", ana.pk))
    assert "Ana (menu bot)" in desk.get(LEDGER).content.decode()


def test_the_ledger_shows_any_kind_of_credential(desk, contact):
    for actor in ("", "user:", "user:x", "key:99", "user:999999999999999999999", "?"):
        open_chat(contact, actor=Actor(actor))
        close_chat(contact, actor=Actor(actor))
    assert len(listed(desk, LEDGER)) == 12


def test_the_ledger_is_filtered_by_kind(desk, served):
    (line,) = listed(desk, LEDGER, kind__exact="claimed")
    assert line.kind == "claimed"
    assert len(listed(desk, LEDGER, q=served.protocol)) == 3


def test_closing_closed_chats_needs_no_confirmation(desk, manager):
    chat = make_chat(make_contact(manager), closed_at=timezone.now())
    answer = desk.post(
        "/admin/chats/chat/",
        {"action": "close_many", "_selected_action": chat.pk},
        follow=True,
    )
    assert "None of these chats is open." in answer.content.decode()
    assert "Go ahead" not in answer.content.decode()
