"""The contract's calls with which operators send messages."""

from __future__ import annotations

import base64

import pytest

from chats.models import Chat, Delivery, Message
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contract.call import HELLO, PNG, PNG_SIZE
from tests.contract.shapes import (
    FACEBOOK_ID,
    LINK,
    NUMBER,
    WHATSAPP_ID,
    answered,
    contact_shape,
    outgoing_shape,
    refused,
)

TEXT = "/api/chat/message/send/operator/8080"
PAGE_TEXT = "/api/chat/message/send/operator/facebook"
FILE = "/api/chat/message/send/operator/file/8080"
PAGE_FILE = "/api/chat/message/send/operator/file/facebook"


def text_body(operator, **over):
    return {
        "content": HELLO,
        "content2": "textExample",
        "operatorId": str(operator.pk),
        "contactNumber": WHATSAPP_ID,
    } | over


def page_body(operator, **over):
    return {
        "content": HELLO,
        "content2": "textExample",
        "operatorId": str(operator.pk),
        "contactId": FACEBOOK_ID,
    } | over


def file_body(operator, **over):
    return {
        "contactNumber": WHATSAPP_ID,
        "from": str(operator.pk),
        "base64": PNG,
        "type": "image",
    } | over


def test_send_operator_stores_queues_and_responds_at_once(api, contact, ana):
    response = api.post(TEXT, text_body(ana))
    answered(response, outgoing_shape("textExample", ana))
    message = Message.objects.get(uuid=response.json()["data"]["id"])
    assert Delivery.objects.get().message == message
    chat = Chat.objects.get(closed_at=None)
    answered(
        api.post(
            "/api/chat/message", {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
        ),
        [outgoing_shape("textExample", ana)],
    )
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}),
        {"contacts": [contact_shape(contact, unread=0, protocol=chat.protocol)]},
    )
    assert Contact.objects.get().last_message_at == message.created_at


def test_content_is_decoded_and_content2_is_plain(api, contact, ana):
    decoded = {k: v for k, v in text_body(ana).items() if k != "content2"}
    answered(api.post(TEXT, decoded), outgoing_shape("olá, maria", ana))
    plain = {k: v for k, v in text_body(ana).items() if k != "content"}
    answered(api.post(TEXT, plain), outgoing_shape("textExample", ana))
    nonsense = text_body(ana, content="not base64!")
    answered(api.post(TEXT, nonsense), outgoing_shape("textExample", ana))


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [(TEXT, text_body, "contactNumber"), (PAGE_TEXT, page_body, "contactId")],
)
def test_send_operator_refuses_invalid_texts(
    api, contact, page_contact, ana, path, body, named
):
    silent = {k: v for k, v in body(ana).items() if k not in ("content", "content2")}
    error = api.post(path, silent).json()["error"]
    assert error["code"] == "invalid"
    assert set(error["fields"]) <= {"content", "content2"}
    assert error["fields"]
    for content in ("not base64!", "b2k", base64.b64encode(b"\xff").decode(), "b2k=\n"):
        refused(
            api.post(path, silent | {"content": content}),
            400,
            "invalid",
            fields=["content"],
        )
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (TEXT, text_body, "contactNumber"),
        (PAGE_TEXT, page_body, "contactId"),
        (FILE, file_body, "contactNumber"),
    ],
)
def test_sending_refuses_missing_and_invisible_rows(
    api, contact, page_contact, ana, bruno, path, body, named
):
    operator = "from" if path == FILE else "operatorId"
    refused(api.post(path, body(ana) | {operator: "999999"}), 404, "operator_not_found")
    refused(api.post(path, body(ana) | {operator: 0}), 404, "operator_not_found")
    refused(
        api.post(path, body(ana) | {named: "551100000000"}), 404, "contact_not_found"
    )
    refused(api.post(path, body(bruno)), 403, "forbidden")
    if path != PAGE_TEXT:
        elsewhere = path.replace("8080", "8081")
        refused(api.post(elsewhere, body(ana)), 404, "manager_not_found")
    assert not Message.objects.exists()
    assert not Chat.objects.exists()


def test_an_operators_session_sends_as_himself(contact, manager, sales, ana):
    carla = builders.make_operator(manager, sales, name="Carla")
    session = signed_in(carla.user)
    refused(session.post(TEXT, text_body(ana)), 403, "forbidden")
    answered(session.post(TEXT, text_body(carla)), outgoing_shape("textExample", carla))


def test_send_operator_facebook_sends_by_the_page(api, page_contact, ana):
    expected = outgoing_shape("textExample", ana)
    answered(api.post(PAGE_TEXT, page_body(ana)), expected)
    answered(api.post(PAGE_TEXT, page_body(ana, token="Facebook Page Token")), expected)
    longest = page_body(ana, content2="é" * 2000)
    answered(api.post(PAGE_TEXT, longest), expected | {"content": "é" * 2000})
    refused(
        api.post(PAGE_TEXT, page_body(ana, content2="é" * 2001)),
        400,
        "invalid",
        fields=["content2"],
    )


def test_a_given_token_is_stored_encrypted_and_never_returned(api, page_contact, ana):
    from django.db import connection

    response = api.post(PAGE_TEXT, page_body(ana, token="canary-token-47"))
    assert b"canary" not in response.content
    assert Delivery.objects.get().token == "canary-token-47"
    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text FROM chats_delivery d")
        [(row,)] = cursor.fetchall()
    assert "canary" not in row


def test_send_operator_file_stores_the_file_and_returns_a_link(api, contact, ana):
    response = api.post(FILE, file_body(ana))
    shape = outgoing_shape(
        "Arquivo em anexo", ana, type="image", url=LINK, fileSize=PNG_SIZE
    )
    answered(response, shape)
    link = response.json()["data"]["url"].removeprefix("http://testserver")
    served = api.client.get(link)
    assert served.status_code == 200
    assert served.getvalue() == base64.b64decode(PNG.partition(",")[2])
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"


def test_a_link_is_new_in_every_response_and_invalid_if_changed(
    api, other_api, anonymous, contact, ana
):
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    first = api.post(FILE, file_body(ana)).json()["data"]["url"]
    again = api.post("/api/chat/message", body).json()["data"][0]["url"]
    path, _, signature = first.removeprefix("http://testserver").partition("?")
    assert again.removeprefix("http://testserver").partition("?")[0] == path
    for forged in (path, f"{path}?", f"{path}?{signature}x", f"{path}?x=1"):
        refused(anonymous.get(forged), 403, "forbidden")
        refused(other_api.get(forged), 403, "forbidden")
    for asker, address in ((api, path), (anonymous, f"{path}?{signature}")):
        served = asker.get(address)
        assert (served.status_code, served.getvalue()[:4]) == (200, b"\x89PNG")


def test_send_operator_file_facebook_works_the_same(api, page_contact, ana):
    body = {k: v for k, v in file_body(ana).items() if k != "contactNumber"}
    answered(
        api.post(PAGE_FILE, body | {"contactId": FACEBOOK_ID}),
        outgoing_shape(
            "Arquivo em anexo", ana, type="image", url=LINK, fileSize=PNG_SIZE
        ),
    )


@pytest.mark.parametrize(
    "data",
    [
        "iVBORw0KGgo=",
        "data:image/png,iVBORw0KGgo=",
        "data:image/png;base64,",
        "data:image/png;base64,iVBORw0KGgo",
        "data:image/png;base64,iVBOR w0KGgo=",
        "data:image/png;base64,iVBORw0KGgo=\n",
        "data:image/png;base64,iVBORw0KGg-_",
        "data:audio/ogg;base64," + PNG.partition(",")[2],
        "data:image/png;base64,cGxhaW4gd29yZHM=",
        "data:text/html;base64,PGI+",
        "data:;base64,iVBORw0KGgo=",
        "http://evil.example/a.png",
    ],
)
def test_send_operator_file_refuses_bytes_of_another_type_than_declared(
    api, contact, ana, data
):
    refused(
        api.post(FILE, file_body(ana, base64=data)), 400, "invalid", fields=["base64"]
    )
    assert not Message.objects.exists()


@pytest.mark.parametrize("kind", ["text", "sticker", "IMAGE", "x"])
def test_send_operator_file_accepts_five_types(api, contact, ana, kind):
    refused(api.post(FILE, file_body(ana, type=kind)), 400, "invalid", fields=["type"])


def test_send_operator_file_of_another_kind_than_its_type(api, contact, ana):
    for kind in ("audio", "video", "pdf"):
        error = api.post(FILE, file_body(ana, type=kind)).json()["error"]
        assert error["code"] == "invalid"
        assert set(error["fields"]) <= {"base64", "type"}
    answered(
        api.post(FILE, file_body(ana, type="file")),
        outgoing_shape(
            "Arquivo em anexo", ana, type="file", url=LINK, fileSize=PNG_SIZE
        ),
    )
    anything = "data:text/html;base64," + base64.b64encode(b"<b>hi</b>").decode()
    answered(
        api.post(FILE, file_body(ana, type="file", base64=anything)),
        outgoing_shape(
            "Arquivo em anexo", ana, type="file", url=LINK, fileSize=len("<b>hi</b>")
        ),
    )


def test_send_operator_file_over_25_mebibytes_is_too_large(api, contact, ana):
    raw = base64.b64decode(PNG.partition(",")[2])
    limit = 25 * 2**20
    for size, status in ((limit, 200), (limit + 1, 413)):
        data = raw + b"\0" * (size - len(raw))
        uri = "data:image/png;base64," + base64.b64encode(data).decode()
        response = api.post(FILE, file_body(ana, base64=uri, type="file"))
        assert response.status_code == status
    refused(response, 413, "body_too_large")
