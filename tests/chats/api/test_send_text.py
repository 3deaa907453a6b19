"""POST api/chat/message/send/operator/:controllerPort and …/operator/facebook."""

from __future__ import annotations

import base64

import pytest
from django.db import connection
from django.utils import timezone

from chats.models import Chat, Delivery, Message
from tests.builders import make_chat, make_contact, make_message, make_operator
from tests.chats.shapes import message_body
from tests.conftest import signed_in

PORT_PATH = "/api/chat/message/send/operator/8080"
PAGE_PATH = "/api/chat/message/send/operator/facebook"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def body_of(operator, **over):
    body = {"content2": "Posso ajudar?", "operatorId": str(operator.pk), **over}
    if "contactId" not in body:
        body.setdefault("contactNumber", 551133334444)
    return {name: value for name, value in body.items() if value != ...}


def page_body_of(operator, **over):
    return body_of(operator, **{"contactId": "7418252963", **over})


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def stored(answer):
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    assert answer.json() == {"success": True, "data": message_body(message)}
    return message


def test_it_stores_the_text_and_queues_it(api, contact, ana):
    chat = make_chat(contact)
    answer = api.post(PORT_PATH, body_of(ana, content=b64("Posso ajudar?")))
    message = stored(answer)
    data = answer.json()["data"]
    assert {**data, "id": ..., "createdAt": ...} == {
        "content": "Posso ajudar?",
        "type": "text",
        "from": str(ana.pk),
        "status": "wait",
        "id": ...,
        "createdAt": ...,
        "direction": "out",
    }
    assert message.chat == chat
    delivery = Delivery.objects.get()
    assert delivery.message == message
    assert (delivery.manager, delivery.contact) == (contact.manager, contact)
    assert (delivery.attempts, delivery.fence, delivery.token) == (0, 0, "")
    assert delivery.done_at is None
    assert delivery.lease_until is None
    assert delivery.next_at <= timezone.now()
    contact.refresh_from_db()
    assert contact.last_message_at == message.created_at
    assert (contact.unread, contact.operator) == (0, None)


def test_content2_is_stored(api, contact, ana):
    for garbage in (b64("outra coisa"), "no base64 at all", "/w=="):
        api.post(PORT_PATH, body_of(ana, content=garbage))
    assert set(Message.objects.values_list("content", flat=True)) == {"Posso ajudar?"}


def test_without_content2_content_is_decoded(api, contact, ana):
    text = "Olá, Maria\r\n\t😀"
    assert (
        stored(
            api.post(PORT_PATH, body_of(ana, content=b64(text), content2=...))
        ).content
        == text
    )


@pytest.mark.parametrize(
    "content", ["Posso ajudar?", "/w==", "YQ", "YQ==\n", b64("nul\x00"), "====", {}, ""]
)
def test_content_that_is_not_strict_base64_of_a_text_is_invalid(
    api, contact, ana, content
):
    answer = api.post(PORT_PATH, body_of(ana, content=content, content2=""))
    assert refusal(answer) == (400, "invalid")
    assert "content" in answer.json()["error"]["fields"]
    assert not Message.objects.exists()


def test_an_empty_text_is_invalid(api, contact, ana):
    answer = api.post(PORT_PATH, body_of(ana, content2=...))
    assert refusal(answer) == (400, "invalid")
    assert set(answer.json()["error"]["fields"]) == {"content", "content2"}


def test_a_text_has_65536_characters_at_most(api, contact, ana):
    longest = "ã" * 65_536
    for body in (
        body_of(ana, content2=longest + "!"),
        body_of(ana, content2=..., content=b64(longest + "!")),
    ):
        assert refusal(api.post(PORT_PATH, body)) == (400, "invalid")
    assert (
        stored(api.post(PORT_PATH, body_of(ana, content2=longest))).content == longest
    )


def test_it_opens_a_chat_if_none_is_open(api, contact, ana):
    message = stored(api.post(PORT_PATH, body_of(ana)))
    chat = Chat.objects.get()
    assert message.chat == chat
    event = chat.events.get()
    assert (event.kind, event.acting_operator) == ("opened", ana)


def test_errors_are_reported_in_order(api, manager, contact, ana, bruno, other_manager):
    stranger = make_operator(other_manager)
    unknown_port = "/api/chat/message/send/operator/9999"
    steps = [
        (unknown_port, {"operatorId": "x"}, (400, "invalid")),
        (unknown_port, {"content2": "x"}, (404, "manager_not_found")),
        (PORT_PATH, {"operatorId": stranger.pk}, (404, "operator_not_found")),
        (PORT_PATH, {"operatorId": "0"}, (404, "operator_not_found")),
        (PORT_PATH, {"operatorId": 0}, (404, "operator_not_found")),
        (PORT_PATH, {"operatorId": "nobody"}, (404, "operator_not_found")),
        (PORT_PATH, {"operatorId": bruno.pk}, (404, "contact_not_found")),
    ]
    for path, over, expected in steps:
        body = {"operatorId": 999999, "contactNumber": 551100000000, **over}
        if expected != (400, "invalid"):
            body.setdefault("content2", "x")
        assert refusal(api.post(path, body)) == expected, over
    assert refusal(api.post(PORT_PATH, body_of(bruno))) == (403, "forbidden")
    assert not Message.objects.exists()


def test_an_inactive_operator_cannot_send(api, contact, ana):
    ana.is_active = False
    ana.save()
    assert refusal(api.post(PORT_PATH, body_of(ana))) == (404, "operator_not_found")


@pytest.mark.parametrize("port", ["0", "65536", "80a", "\uff18\uff10", "facebookx"])
def test_an_invalid_port_is_an_unknown_path(api, port):
    answer = api.post(f"/api/chat/message/send/operator/{port}", {})
    assert refusal(answer) == (404, "not_found")


def test_foreign_and_missing_ports_get_the_same_error(other_api, contact, ana):
    foreign = other_api.post(PORT_PATH, body_of(ana))
    missing = other_api.post("/api/chat/message/send/operator/9999", body_of(ana))
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_the_contacts_operator_may_write_in_any_area(api, contact, bruno):
    contact.operator = bruno
    contact.save()
    assert stored(api.post(PORT_PATH, body_of(bruno))).sender == str(bruno.pk)


def test_a_session_sends_only_for_its_own_operator(contact, ana, bruno, supervisor):
    contact.operator = bruno
    contact.save()
    mine, his = signed_in(ana.user), signed_in(bruno.user)
    assert refusal(mine.post(PORT_PATH, body_of(bruno))) == (403, "forbidden")
    assert his.post(PORT_PATH, body_of(bruno)).status_code == 200
    assert signed_in(supervisor).post(PORT_PATH, body_of(ana)).status_code == 200
    contact.area = None
    contact.save()
    assert refusal(mine.post(PORT_PATH, body_of(ana))) == (404, "contact_not_found")


def test_a_facebook_text_is_sent_by_the_page(api, page_contact, ana):
    message = stored(api.post(PAGE_PATH, page_body_of(ana, content=b64("x"))))
    assert message.contact == page_contact
    assert Delivery.objects.get().token == ""


def test_a_token_is_encrypted_and_never_returned(api, page_contact, ana, caplog):
    caplog.set_level("DEBUG")
    token = "EAAG-canary-token"
    answer = api.post(PAGE_PATH, page_body_of(ana, token=token))
    stored(answer)
    assert token.encode() not in answer.content
    assert token not in caplog.text
    assert Delivery.objects.get().token == token
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM chats_delivery")
        assert token not in cursor.fetchone()[0]


def test_messenger_accepts_2000_characters(api, page_contact, ana):
    for body in (
        page_body_of(ana, content2="😀" * 2001),
        page_body_of(ana, content2=..., content=b64("😀" * 2001)),
    ):
        assert refusal(api.post(PAGE_PATH, body)) == (400, "invalid")
    assert stored(api.post(PAGE_PATH, page_body_of(ana, content2="😀" * 2000)))


def test_facebook_errors_are_reported_in_order(api, page_contact, ana, bruno):
    assert refusal(api.post(PAGE_PATH, {})) == (400, "invalid")
    for operator in ("0", 0, 999999):
        body = page_body_of(ana, operatorId=operator, contactId="1")
        assert refusal(api.post(PAGE_PATH, body)) == (404, "operator_not_found")
    unknown = page_body_of(ana, contactId="1")
    assert refusal(api.post(PAGE_PATH, unknown)) == (404, "contact_not_found")
    assert refusal(api.post(PAGE_PATH, page_body_of(bruno))) == (403, "forbidden")
    other_page = page_body_of(ana, facebookId="1")
    assert refusal(api.post(PAGE_PATH, other_page)) == (404, "manager_not_found")


def test_the_page_may_be_given(api, manager, page_contact, ana):
    stored(api.post(PAGE_PATH, page_body_of(ana, facebookId=manager.facebook_id)))


def test_the_operator_determines_the_manager(
    full_api, page_contact, ana, other_manager
):
    make_contact(other_manager, channel="facebook", external_id="7418252963")
    message = stored(full_api.post(PAGE_PATH, page_body_of(ana)))
    assert message.contact == page_contact


def test_a_whatsapp_contact_is_not_on_facebook(api, contact, ana):
    answer = api.post(PAGE_PATH, page_body_of(ana, contactId="551133334444"))
    assert refusal(answer) == (404, "contact_not_found")


def test_messages_to_one_contact_are_queued_in_order(api, contact, ana):
    make_message(make_chat(contact))
    for n in range(3):
        api.post(PORT_PATH, body_of(ana, content2=str(n)))
    queued = Delivery.objects.order_by("message_id")
    assert [delivery.message.content for delivery in queued] == ["0", "1", "2"]


def test_an_idempotency_key_sends_once(api, contact, ana):
    headers = {"Idempotency-Key": "once"}
    first = api.post(PORT_PATH, body_of(ana), headers=headers)
    again = api.post(PORT_PATH, body_of(ana), headers=headers)
    assert again.json() == first.json()
    assert Delivery.objects.count() == 1
