"""POST api/chat/new and POST api/chat/facebook/new."""

from __future__ import annotations

from chats.models import Chat, ChatEvent
from tests.builders import make_chat, make_contact, make_message
from tests.chats.shapes import message_body
from tests.conftest import Api, signed_in


def opened(contact, protocol, messages=(), operator=0):
    return {
        "success": True,
        "data": {
            "contactId": contact.public_id,
            "operatorId": operator,
            "messages": list(messages),
            "protocol": protocol,
        },
    }


def test_it_opens_an_unassigned_chat(api, contact):
    answer = api.post("/api/chat/new", {"contactNumber": 551133334444})
    assert answer.status_code == 200
    chat = Chat.objects.get()
    assert answer.json() == opened(contact, contact.protocol)
    assert answer.json()["data"]["operatorId"] == 0
    assert (chat.contact_id, chat.closed_at) == (contact.pk, None)
    assert chat.protocol == contact.protocol


def test_it_returns_the_open_chat_with_its_messages(api, contact, ana):
    contact.operator = ana
    contact.save()
    chat = make_chat(contact)
    message = make_message(chat, content="Bom dia")
    answer = api.post("/api/chat/new", {"contactNumber": "+55 11 3333-4444"})
    assert answer.json() == opened(
        contact, chat.protocol, [message_body(message)], str(ana.pk)
    )
    assert Chat.objects.count() == 1


def test_a_second_chat_has_its_own_protocol(api, contact):
    api.post("/api/chat/new", {"contactNumber": 551133334444})
    api.delete("/api/chat/", {"contactId": 551133334444})
    answer = api.post("/api/chat/new", {"contactNumber": 551133334444})
    first, second = Chat.objects.order_by("pk")
    assert first.closed_at is not None
    assert second.protocol != first.protocol
    contact.refresh_from_db()
    assert answer.json() == opened(contact, second.protocol)
    assert contact.protocol == second.protocol


def test_it_opens_a_facebook_chat_under_the_id_as_a_text(api, page_contact):
    answer = api.post("/api/chat/facebook/new", {"contactId": 7418252963})
    assert answer.json() == opened(page_contact, page_contact.protocol)
    assert answer.json()["data"]["contactId"] == "7418252963"


def test_it_accepts_the_id_of_a_whatsapp_contact_without_a_phone(api, manager):
    contact = make_contact(manager, external_id="BR.1502576394655843")
    answer = api.post("/api/chat/new", {"contactId": "BR.1502576394655843"})
    assert answer.json() == opened(contact, contact.protocol)


def test_it_finds_no_contact_of_the_other_channel(api, contact, page_contact):
    for path, body in (
        ("/api/chat/new", {"contactNumber": 7418252963}),
        ("/api/chat/facebook/new", {"contactId": "551133334444"}),
    ):
        answer = api.post(path, body)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "contact_not_found"
    assert not Chat.objects.exists()


def test_it_refuses_a_call_without_a_contact(api):
    for path, field in (
        ("/api/chat/new", "contactNumber"),
        ("/api/chat/facebook/new", "contactId"),
    ):
        answer = api.post(path, {})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid"
        assert list(answer.json()["error"]["fields"]) == [field]


def test_an_invalid_phone_number_finds_no_contact(api):
    answer = api.post("/api/chat/new", {"contactId": "1" * 16})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["contactId"]


def test_a_contact_of_two_managers_is_ambiguous(full_api, contact, ana, other_manager):
    make_contact(other_manager, external_id="551133334444")
    answer = full_api.post("/api/chat/new", {"contactNumber": 551133334444})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "ambiguous_contact"
    for narrower in ({"number": contact.manager.number}, {"operatorId": ana.pk}):
        narrowed = full_api.post(
            "/api/chat/new", {"contactNumber": 551133334444, **narrower}
        )
        assert narrowed.json() == opened(contact, contact.protocol)


def test_an_operator_determines_the_manager_of_a_facebook_contact(
    full_api, page_contact, ana, other_manager
):
    make_contact(
        other_manager, channel="facebook", external_id=page_contact.external_id
    )
    body = {"contactId": page_contact.external_id}
    answer = full_api.post("/api/chat/facebook/new", body)
    assert answer.json()["error"]["code"] == "ambiguous_contact"
    answer = full_api.post("/api/chat/facebook/new", {**body, "operatorId": ana.pk})
    assert answer.json() == opened(page_contact, page_contact.protocol)


def test_an_unknown_operator_is_ignored(api, contact):
    body = {"contactNumber": 551133334444, "operatorId": "nobody"}
    assert api.post("/api/chat/new", body).json() == opened(contact, contact.protocol)


def test_a_managers_number_that_is_unknown_finds_no_contact(api, contact):
    answer = api.post(
        "/api/chat/new", {"contactNumber": 551133334444, "number": 999888777}
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "contact_not_found"


def test_foreign_and_missing_contacts_get_the_same_error(other_api, contact):
    foreign = other_api.post("/api/chat/new", {"contactNumber": 551133334444})
    missing = other_api.post("/api/chat/new", {"contactNumber": 551100000000})
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_an_operator_opens_only_chats_of_visible_contacts(contact, ana, bruno):
    body = {"contactNumber": 551133334444}
    assert signed_in(bruno.user).post("/api/chat/new", body).status_code == 404
    assert signed_in(ana.user).post("/api/chat/new", body).status_code == 200
    event = ChatEvent.objects.get(kind="opened")
    assert event.acting_operator == ana
    assert event.actor == f"user:{ana.user.pk}"


def test_a_form_is_accepted(api, contact):
    answer = api.post("/api/chat/new/", form={"contactNumber": "551133334444"})
    assert answer.json() == opened(contact, contact.protocol)


def test_a_revoked_key_is_refused(contact):
    answer = Api("hci_00000000_" + "x" * 43).post(
        "/api/chat/new", {"contactNumber": 551133334444}
    )
    assert answer.status_code == 401
    assert not Chat.objects.exists()
