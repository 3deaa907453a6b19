"""PUT api/chat/operator."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chats.models import Chat, ChatEvent
from tests.builders import make_chat, make_contact, make_message, make_operator
from tests.chats.shapes import message_body
from tests.conftest import signed_in

PATH = "/api/chat/operator"


@pytest.fixture
def message(contact):
    return make_message(make_chat(contact))


def body_of(operator, contact=551133334444):
    return {"contactId": contact, "operatorId": operator}


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_it_hands_the_chat_over(api, contact, message, bruno):
    answer = api.put(PATH, body_of(str(bruno.pk)))
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": {
            "contactNumber": 551133334444,
            "operatorId": str(bruno.pk),
            "messages": [message_body(message)],
            "contactId": 551133334444,
        },
    }
    contact.refresh_from_db()
    assert contact.operator == bruno
    event = ChatEvent.objects.get()
    assert (event.kind, event.operator) == ("transferred", bruno)


def test_it_replaces_any_operator(api, contact, message, ana, bruno):
    contact.operator = ana
    contact.save()
    assert api.put(PATH, body_of(bruno.pk)).status_code == 200
    contact.refresh_from_db()
    assert contact.operator == bruno


def test_operator_zero_releases_it(api, contact, message, ana):
    contact.operator = ana
    contact.save()
    for nobody in ("0", 0):
        answer = api.put(PATH, body_of(nobody))
        assert answer.json()["data"]["operatorId"] == 0
    contact.refresh_from_db()
    assert contact.operator is None


def test_a_facebook_contact_keeps_its_text_in_both_fields(api, page_contact, ana):
    make_chat(page_contact)
    answer = api.put(PATH, body_of(ana.pk, "7418252963"))
    assert answer.json()["data"] == {
        "contactNumber": "7418252963",
        "operatorId": str(ana.pk),
        "messages": [],
        "contactId": "7418252963",
    }


def test_it_opens_no_chat(api, contact, ana):
    make_chat(contact, closed_at=timezone.now())
    assert refusal(api.put(PATH, body_of(ana.pk))) == (404, "chat_not_found")
    contact.refresh_from_db()
    assert contact.operator is None
    assert not Chat.objects.open().exists()


def test_errors_are_reported_in_order(api, contact, other_manager, ana):
    stranger = make_operator(other_manager)
    ana.is_active = False
    ana.save()
    missing = 551100000000
    assert refusal(api.put(PATH, body_of("")))[1] == "invalid"
    assert refusal(api.put(PATH, body_of(999999, missing)))[1] == "contact_not_found"
    for operator in (999999, stranger.pk, ana.pk, "nobody"):
        assert refusal(api.put(PATH, body_of(operator)))[1] == "operator_not_found"


def test_two_managers_contacts_are_distinguished_by_the_operator(
    full_api, contact, message, ana, other_manager
):
    make_chat(make_contact(other_manager, external_id="551133334444"))
    assert refusal(full_api.put(PATH, body_of(0))) == (409, "ambiguous_contact")
    assert full_api.put(PATH, body_of(ana.pk)).status_code == 200
    contact.refresh_from_db()
    assert contact.operator == ana


def test_an_operator_hands_over_what_he_sees_to_anyone(
    contact, message, ana, bruno, supervisor
):
    assert refusal(signed_in(bruno.user).put(PATH, body_of(bruno.pk)))[0] == 404
    assert signed_in(ana.user).put(PATH, body_of(bruno.pk)).status_code == 200
    assert signed_in(supervisor).put(PATH, body_of(ana.pk)).status_code == 200
    contact.refresh_from_db()
    assert contact.operator == ana
