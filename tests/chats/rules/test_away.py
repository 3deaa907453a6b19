"""The texts that customers get, and where they wait, while an area is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from chats.models import Chat, ChatEvent, Delivery, Message
from chats.rules import automatic, tasks
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send

CLOSED, TEXT = {}, "Voltamos em breve, {nome}."


@pytest.fixture
def closed(manager, sales):
    builders.save_policy(manager, sales, hours=CLOSED, awayText=TEXT)


@pytest.fixture
def maria(manager, sales):
    return builders.make_contact(manager, name="Maria", area=sales)


@pytest.fixture
def says(api, manager):
    """Reports messages of a contact, and runs the tasks that they schedule."""

    def say(contact, *texts, **over):
        number = int(contact.external_id)
        names = {"contactNumber": number, "managerNumber": manager.number}
        for text in texts:
            body = {**names, "from": number, "content": text, **over}
            assert send(api, **body).status_code == 200
        for task in tasks.lease(10):
            tasks.run(task, HANDLERS)
        contact.refresh_from_db()

    return say


def automatic_texts():
    return list(
        Message.objects.exclude(auto="").order_by("pk").values_list("auto", "content")
    )


def kinds():
    return list(ChatEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_closed_area_sends_its_text_once(closed, maria, says):
    says(maria, "oi", "olá?")
    says(maria, "alguém?")
    assert automatic_texts() == [("away", "Voltamos em breve, Maria.")]
    message = Message.objects.get(auto="away")
    assert (message.direction, message.sender, message.status) == ("out", "0", "wait")
    assert Delivery.objects.get().message == message
    assert kinds() == ["opened", "away"]
    assert maria.waiting_since is not None
    assert maria.unread == 3


def test_the_text_is_sent_again_after_the_area_has_opened(closed, maria, says):
    says(maria, "oi")
    Contact.objects.update(away_until=timezone.now() - timedelta(seconds=1))
    says(maria, "oi")
    assert len(automatic_texts()) == 2


def test_an_open_area_sends_nothing(manager, sales, maria, says):
    builders.save_policy(manager, sales, awayText=TEXT)
    says(maria, "oi")
    assert automatic_texts() == []


def test_an_assigned_customer_gets_no_text(closed, maria, says, ana, api, manager):
    says(maria)
    builders.make_message(
        builders.make_chat(maria), direction="out", status="sent", sender=str(ana.pk)
    )
    says(maria, "obrigada")
    assert automatic_texts() == []


def test_an_old_message_gets_no_answer(closed, maria, says):
    old = timezone.now() - timedelta(hours=2)
    says(maria, "oi", timestamp=int(old.timestamp()))
    assert automatic_texts() == []


def test_new_customers_enter_the_entry_area(manager, support, says):
    builders.save_policy(manager, entryArea=support.code)
    contact = builders.make_contact(manager)
    says(contact, "oi")
    assert contact.area == support
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.cause, line.actor) == (
        "entered_area",
        "entry",
        "rule:entry",
    )


def test_customers_move_to_the_other_area_if_it_is_open(
    manager, sales, support, maria, says
):
    builders.save_policy(
        manager, sales, hours=CLOSED, awayText="{area} fechou.", awayArea=support.code
    )
    says(maria, "oi")
    assert automatic_texts() == [("away", "Vendas fechou.")]
    assert maria.area == support
    assert ChatEvent.objects.latest("pk").cause == "away"


def test_customers_do_not_move_to_a_closed_area(manager, sales, support, maria, says):
    builders.save_policy(manager, sales, hours=CLOSED, awayArea=support.code)
    builders.save_policy(manager, support, hours=CLOSED)
    says(maria, "oi")
    assert maria.area == sales


def test_a_hostile_name_is_not_expanded(closed, manager, sales, says):
    contact = builders.make_contact(manager, name="{protocolo}", area=sales)
    says(contact, "oi")
    assert automatic_texts() == [("away", "Voltamos em breve, {protocolo}.")]


# Where nothing is sent ---------------------------------------------------------


def test_a_closed_reply_window_is_recorded_instead(closed, manager, maria, says):
    manager.gateway = "whatsapp_cloud"
    manager.save()
    old = timezone.now() - timedelta(hours=24)
    says(maria, "oi", timestamp=int(old.timestamp()))
    Contact.objects.filter(pk=maria.pk).update(last_in_at=old)
    Chat.objects.update(seen_message_id=None)
    Message.objects.update(created_at=F("stored_at"))
    tasks.schedule("inbound", manager.pk, contact_id=maria.pk)
    says(maria)
    assert automatic_texts() == []
    assert kinds() == ["opened", "unsaid"]


def test_a_loop_between_two_programs_ends(closed, maria, says, ana, manager):
    for _ in range(automatic.MOST_AN_HOUR + 5):
        says(maria, "recebemos sua mensagem")
        Contact.objects.update(away_until=None)
    assert len(automatic_texts()) == automatic.MOST_AN_HOUR
    assert kinds().count("muted") == 1


def test_a_claim_ends_the_muting(closed, maria, says, ana, manager, api):
    for _ in range(automatic.MOST_AN_HOUR + 1):
        says(maria, "eco")
        Contact.objects.update(away_until=None)
    chat = Chat.objects.get()
    ChatEvent.objects.create(chat=chat, manager=manager, kind="claimed", operator=ana)
    Message.objects.update(stored_at=timezone.now() - timedelta(hours=2))
    says(maria, "oi")
    assert len(automatic_texts()) == automatic.MOST_AN_HOUR + 1


def test_a_claim_resets_the_count_of_automatic_messages(
    closed, maria, says, ana, manager, api
):
    for _ in range(automatic.MOST_AN_HOUR + 1):
        says(maria, "eco")
        Contact.objects.update(away_until=None)
    chat = Chat.objects.get()
    ChatEvent.objects.create(chat=chat, manager=manager, kind="claimed", operator=ana)
    for _ in range(automatic.MOST_AN_HOUR + 1):
        says(maria, "oi")
        Contact.objects.update(away_until=None)
    assert len(automatic_texts()) == 2 * automatic.MOST_AN_HOUR
    assert kinds().count("muted") == 2


def test_a_chat_after_the_one_in_which_a_person_wrote_is_not_muted(
    closed, maria, says, ana, manager, api
):
    for _ in range(automatic.MOST_AN_HOUR + 1):
        says(maria, "eco")
        Contact.objects.update(away_until=None)
    chat = Chat.objects.get()
    ChatEvent.objects.create(chat=chat, manager=manager, kind="claimed", operator=ana)
    assert api.delete("/api/chat/", {"contactId": maria.external_id}).status_code == 200
    says(maria, "bom dia")
    assert len(automatic_texts()) == automatic.MOST_AN_HOUR + 1
