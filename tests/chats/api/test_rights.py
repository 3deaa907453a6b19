"""Permissions of each call about chats, and the errors without them."""

from __future__ import annotations

import pytest

from chats.models import Chat, Delivery, Message
from tests.builders import make_chat, make_message
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.conftest import Api, signed_in

IMAGE = data_uri(sample_files.PNG, "image/png")
WHATSAPP, FACEBOOK, NUMBER, PAGE, PORT = (
    551133334444,
    "7418252963",
    5511400011111,
    "369258147",
    8080,
)

# Each call with the fields that name its manager or contact: existing and missing ones.
CALLS = {
    "chat/new": ("POST", "chat/new", {"contactNumber": WHATSAPP}),
    "chat/facebook/new": ("POST", "chat/facebook/new", {"contactId": FACEBOOK}),
    "chat/message": ("POST", "chat/message", {"contactId": WHATSAPP, "operatorId": 0}),
    "chat/operator": (
        "PUT",
        "chat/operator",
        {"contactId": WHATSAPP, "operatorId": "0"},
    ),
    "chat/": ("DELETE", "chat/", {"contactId": WHATSAPP}),
    "message/send": (
        "POST",
        "chat/message/send",
        {
            "managerNumber": NUMBER,
            "contactNumber": WHATSAPP,
            "from": 1,
            "content": "x",
        },
    ),
    "send/operator/:port": (
        "POST",
        f"chat/message/send/operator/{PORT}",
        {"contactNumber": WHATSAPP, "operatorId": "ANA", "content2": "x"},
    ),
    "send/operator/facebook": (
        "POST",
        "chat/message/send/operator/facebook",
        {"contactId": FACEBOOK, "operatorId": "ANA", "content2": "x"},
    ),
    "send/operator/file/:port": (
        "POST",
        f"chat/message/send/operator/file/{PORT}",
        {"contactNumber": WHATSAPP, "from": "ANA", "base64": IMAGE, "type": "image"},
    ),
    "send/operator/file/facebook": (
        "POST",
        "chat/message/send/operator/file/facebook",
        {"contactId": FACEBOOK, "from": "ANA", "base64": IMAGE, "type": "image"},
    ),
    "message/status": (
        "PUT",
        "chat/message/status",
        {"number": NUMBER, "messageId": "wamid.1", "status": "read"},
    ),
    "message/read": (
        "POST",
        "chat/message/read",
        {"contactId": WHATSAPP, "operatorId": 0},
    ),
}
CLOSED_TO_OPERATORS = {"message/send", "message/status"}
NOBODY_HAS = {
    str(WHATSAPP): 551100000000,
    FACEBOOK: "1000",
    str(NUMBER): 5500000000,
    "ANA": "999999999",
}

every_call = pytest.mark.parametrize("name", CALLS)


@pytest.fixture(autouse=True)
def chats(contact, page_contact):
    for one in (contact, page_contact):
        make_message(make_chat(one), direction="out", sender="bot", status="sent")
    Message.objects.filter(contact=contact).update(gateway_id="wamid.1")


def state():
    return (
        list(Message.objects.order_by("pk").values_list("pk", "status")),
        list(Chat.objects.order_by("pk").values_list("pk", "closed_at")),
        Delivery.objects.count(),
    )


def call(api, name, ana, *, missing=False, path=None):
    method, usual_path, body = CALLS[name]
    said = {
        field: NOBODY_HAS.get(str(value), value) if missing else value
        for field, value in body.items()
    }
    said = {field: ana.pk if v == "ANA" else v for field, v in said.items()}
    path = path or usual_path
    if missing:
        path = path.replace(str(PORT), "9999")
    return api.call(method, f"/api/{path}", said)


@every_call
def test_a_key_of_the_manager_is_accepted(api, name, ana):
    assert call(api, name, ana).status_code == 200


@every_call
def test_a_trailing_slash_does_not_matter(api, name, ana):
    path = CALLS[name][1]
    other = path.removesuffix("/") if path.endswith("/") else path + "/"
    assert call(api, name, ana, path=other).status_code == 200


@every_call
def test_without_a_credential_it_is_refused(anonymous, name, ana):
    before = state()
    for api in (anonymous, Api("hci_00000000_" + "x" * 43), Api("nonsense")):
        answer = call(api, name, ana)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_authenticated"
    assert state() == before


@every_call
def test_foreign_and_missing_rows_get_the_same_error(other_api, name, ana):
    before = state()
    foreign = call(other_api, name, ana)
    missing = call(other_api, name, ana, missing=True)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert state() == before


@every_call
def test_other_methods_are_refused(api, name):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {CALLS[name][0]}:
        answer = api.call(method, f"/api/{CALLS[name][1]}", {})
        assert answer.status_code == 405
        assert answer["Allow"] == CALLS[name][0]


@every_call
def test_a_session_needs_its_token(name, ana):
    before = state()
    api = signed_in(ana.user)
    api.headers = {}
    answer = call(api, name, ana)
    assert answer.status_code == 403
    assert state() == before


@every_call
def test_a_supervisor_has_the_permissions_of_the_key(name, ana, supervisor):
    assert call(signed_in(supervisor), name, ana).status_code == 200


@every_call
def test_an_operator_may_make_all_calls_except_those_of_gateways(name, ana, contact):
    answer = call(signed_in(ana.user), name, ana)
    acts_as_nobody = name in ("chat/message", "message/read")
    forbidden = name in CLOSED_TO_OPERATORS or acts_as_nobody
    assert answer.status_code == (403 if forbidden else 200)


@every_call
def test_contacts_that_an_operator_may_not_see_are_not_found(name, bruno):
    if name in CLOSED_TO_OPERATORS:
        expected = 403
    elif name in ("chat/message", "message/read"):
        expected = 403  # as nobody
    else:
        expected = 404
    before = state()
    assert call(signed_in(bruno.user), name, bruno).status_code == expected
    assert state() == before


@every_call
def test_a_body_that_is_no_object_is_malformed(api, name):
    method, path, _ = CALLS[name]
    for body in (b"[]", b"null", b'"x"', b"{", b'{"a": NaN}', b"[" * 100_000):
        answer = api.call(method, f"/api/{path}", body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "malformed_body"


@every_call
def test_invalid_values_are_reported_and_no_server_error(api, name):
    method, path, body = CALLS[name]
    before = state()
    for value in ([], {}, {"$gt": ""}, True, 1.5, "\x00", "\ud800", 10**400, -1):
        answer = api.call(method, f"/api/{path}", dict.fromkeys(body, value))
        assert answer.status_code in (400, 404), (value, answer.content)
        assert answer.json()["success"] is False
    assert state() == before
