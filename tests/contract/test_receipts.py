"""The contract's calls about the status of sent messages."""

from __future__ import annotations

import pytest

from tests.conftest import signed_in
from tests.contract.shapes import (
    FACEBOOK_ID,
    NUMBER,
    PAGE,
    UUID,
    WHATSAPP_ID,
    answered,
    message_shape,
    outgoing_shape,
    refused,
)

TEXT = "/api/chat/message/send/operator/8080"
STATUS = "/api/chat/message/status"


@pytest.fixture
def sent(api, contact, ana):
    """Returns the id of a message that an operator sent."""
    body = {
        "content2": "textExample",
        "operatorId": str(ana.pk),
        "contactNumber": WHATSAPP_ID,
    }
    return api.post(TEXT, body).json()["data"]["id"]


def put_status(api, message_id, status, **over):
    return api.put(
        STATUS, {"number": NUMBER, "messageId": message_id, "status": status} | over
    )


def test_put_status_only_raises_the_status(api, sent, ana):
    shape = outgoing_shape("textExample", ana, id=sent)
    for status, now in (
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("failed", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
        ("failed", "read"),
    ):
        answered(put_status(api, sent, status), shape | {"status": now})


def test_put_status_failed_has_its_reason_and_is_overridden_by_a_delivery(
    api, sent, ana
):
    shape = outgoing_shape("textExample", ana, id=sent)
    failed = shape | {"status": "failed", "error": "Sem sinal."}
    answered(put_status(api, sent, "failed", error="Sem sinal."), failed)
    answered(put_status(api, sent, "sent"), failed)
    answered(put_status(api, sent, "delivered"), shape | {"status": "delivered"})


def test_put_status_of_an_unknown_message_is_stored_until_it_arrives(api, contact):
    answered(put_status(api, "wamid.9", "delivered"), None)
    body = {
        "contactNumber": WHATSAPP_ID,
        "content": "oi",
        "from": "bot",
        "managerNumber": NUMBER,
        "messageId": "wamid.9",
    }
    answered(
        api.post("/api/chat/message/send", body),
        outgoing_shape("oi", "bot", status="delivered"),
    )


def test_put_status_accepts_the_gateways_id_and_a_page(api, page_contact):
    api.post(
        "/api/chat/message/send",
        {
            "contactId": FACEBOOK_ID,
            "content": "oi",
            "from": "bot",
            "facebookId": PAGE,
            "messageId": "m_1",
        },
    )
    response = api.put(
        STATUS, {"facebookId": PAGE, "messageId": "m_1", "status": "read"}
    )
    answered(response, outgoing_shape("oi", "bot", status="read"))


def test_put_status_refuses(api, sent):
    for over, field in (
        ({"status": "wait"}, "status"),
        ({"status": "SENT"}, "status"),
        ({"error": "x" * 501}, "error"),
        ({"messageId": "x" * 256}, "messageId"),
    ):
        body = {"number": NUMBER, "messageId": sent, "status": "sent"} | over
        refused(api.put(STATUS, body), 400, "invalid", fields=[field])
    refused(put_status(api, sent, "sent", number=1), 404, "manager_not_found")


def test_an_incoming_message_is_not_changed_by_a_receipt(api, contact):
    body = {
        "contactNumber": WHATSAPP_ID,
        "content": "oi",
        "from": WHATSAPP_ID,
        "managerNumber": NUMBER,
        "messageId": "wamid.1",
    }
    api.post("/api/chat/message/send", body)
    for status in ("sent", "delivered", "failed"):
        answered(put_status(api, "wamid.1", status), message_shape("oi"))


def test_our_message_id_is_a_uuid(sent):
    assert sent == UUID


AGAIN = "/api/chat/message/again"
TEMPLATE = "/api/chat/message/send/operator/template/8080"


def test_put_again_queues_a_failed_message(api, contact, sent, ana):
    put_status(api, sent, "failed", error="Sem sinal.")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID, "id": sent}
    answered(api.put(AGAIN, body), outgoing_shape("textExample", ana, id=sent))
    refused(api.put(AGAIN, body), 409, "not_failed")


def test_put_again_refuses_like_reading_and_an_unknown_message(
    api, contact, sent, ana, bruno
):
    put_status(api, sent, "failed")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID, "id": sent}
    for over, code in (
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"operatorId": str(bruno.pk)}, "chat_not_found"),
        ({"contactId": "551100000000"}, "chat_not_found"),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "not_found"),
        ({"id": "no uuid"}, "not_found"),
    ):
        refused(api.put(AGAIN, body | over), 404, code)


def test_a_template_is_refused_if_the_gateway_has_none(api, contact, ana):
    body = {
        "operatorId": str(ana.pk),
        "contactNumber": WHATSAPP_ID,
        "name": "boas_vindas",
        "language": "pt_BR",
        "parameters": ["Maria"],
    }
    error = api.post(TEMPLATE, body).json()["error"]
    assert error["code"] == "invalid"
    for over, code in (
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"contactNumber": 551100000000}, "contact_not_found"),
    ):
        refused(api.post(TEMPLATE, body | over), 404, code)
    elsewhere = TEMPLATE.replace("8080", "8081")
    refused(api.post(elsewhere, body), 404, "manager_not_found")
    wrong = {"parameters": "x", "name": None, "language": ""}
    refused(
        api.post(TEMPLATE, body | wrong),
        400,
        "invalid",
        fields=["parameters", "name", "language"],
    )


def test_post_user_session_returns_the_state_of_the_gateways_session(api, manager, ana):
    for body in ({"number": NUMBER}, {"facebookId": PAGE}):
        data = api.post("/api/user/session", body).json()["data"]
        assert set(data) == {"state", "since", "reason", "qr"}
    told = signed_in(ana.user).post("/api/user/session", {"number": NUMBER})
    assert set(told.json()["data"]) == {"state", "since", "reason"}
    refused(api.post("/api/user/session", {"number": 1}), 404, "manager_not_found")
