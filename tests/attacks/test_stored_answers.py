"""A stored response requires current permissions and is deleted with its customer."""

import pytest

from areas.models import OperatorArea
from chats.models import Chat
from hci_center.api.models import StoredAnswer
from managers import authentication
from managers.models import Supervision
from tests.builders import make_chat, make_contact, make_key, make_message
from tests.conftest import Api, signed_in

KEPT = {"Idempotency-Key": "first"}
NUMBER, PAGE = 5511400011111, "369258147"
PHONE, PSID = 551133334444, "7418252963"


@pytest.fixture
def chat(contact, page_contact, ana):
    make_chat(page_contact)
    chat = make_chat(contact)
    make_message(chat, content="Meu cartão é 1234")
    return chat


def calls(ana):
    """Returns method, path and fields of calls that find somebody in different ways."""
    number, person = {"number": NUMBER}, {"contactNumber": PHONE}
    operator = {"operatorId": ana.pk}
    heard = {"managerNumber": NUMBER, "from": PHONE, **person, "content": "Oi"}
    return {
        "manager": ("POST", "/api/user/", number),
        "page": ("POST", "/api/user/facebook", {"facebookId": PAGE}),
        "contacts": ("POST", "/api/user/contact/get", number),
        "of an area": ("POST", "/api/user/contact/area", {**number, "area": "vendas"}),
        "step": (
            "PUT",
            "/api/user/contact/sa/increase",
            {"facebookId": PAGE, "contactId": PSID},
        ),
        "claim": (
            "PUT",
            "/api/user/contact/operator/my",
            {**number, **operator, "contactId": PHONE},
        ),
        "hand over": (
            "PUT",
            "/api/user/contact/operator",
            {**number, **operator, "contactId": PHONE},
        ),
        "save": (
            "POST",
            "/api/user/contact/save",
            {**number, **person, "name": "Maria"},
        ),
        "open": ("POST", "/api/chat/new", person),
        "read": ("POST", "/api/chat/message", {**operator, "contactId": PHONE}),
        "record": ("POST", "/api/chat/message/send", {**heard, "type": "text"}),
        "record, known": (
            "POST",
            "/api/chat/message/send",
            {**heard, "type": "text", "from": "bot"},
        ),
        "send": (
            "POST",
            "/api/chat/message/send/operator/8080",
            {**operator, **person, "content2": "Bom dia"},
        ),
        "operators": ("POST", "/api/area/operator/8080", {"idarea": "vendas"}),
    }


NAMES = list(calls(type("Nobody", (), {"pk": 0})))


def lose(manager):
    """Removes that manager from every key."""
    manager.api_keys.clear()
    authentication.forget_cached_keys()


def test_a_repeat_does_not_run_on_another_managers_customer_of_the_same_name(
    manager, other_manager, chat, ana
):
    api = Api(make_key(manager, other_manager))
    assert api.post("/api/chat/new", {"contactNumber": PHONE}, headers=KEPT)
    make_contact(other_manager, external_id=str(PHONE))
    lose(manager)
    refused = api.post("/api/chat/new", {"contactNumber": PHONE}, headers=KEPT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    assert not Chat.objects.filter(manager=other_manager).exists()


def test_a_supervisor_who_lost_the_manager_gets_404(manager, supervisor, chat, ana):
    api = signed_in(supervisor)
    fields = {"operatorId": ana.pk, "contactId": PHONE}
    assert b"1234" in api.post("/api/chat/message", fields, headers=KEPT).content
    Supervision.objects.all().delete()
    refused = api.post("/api/chat/message", fields, headers=KEPT)
    assert refused.status_code == 404
    assert b"1234" not in refused.content


def test_an_operator_who_lost_the_area_gets_404(manager, support, chat, ana):
    api = signed_in(ana.user)
    fields = {"operatorId": ana.pk, "contactId": PHONE}
    first = api.post("/api/chat/message", fields, headers=KEPT)
    assert b"1234" in first.content
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    again = api.post("/api/chat/message", fields, headers=KEPT)
    assert again.content == first.content
    OperatorArea.objects.filter(area__code="vendas").delete()
    refused = api.post("/api/chat/message", fields, headers=KEPT)
    assert refused.json()["error"]["code"] == "chat_not_found"


# What ends with the customer -------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "step"])
def test_no_stored_answer_shows_a_deleted_customer(name, api, chat, contact, ana):
    method, path, fields = calls(ana)[name]
    assert api.call(method, path, fields, headers=KEPT).status_code == 200
    deleted = {"number": NUMBER, "contactNumber": PHONE}
    assert api.delete("/api/user/contact/", deleted).status_code == 200
    kept = [bytes(row.body or b"") for row in StoredAnswer.objects.all()]
    for word in ("Maria", "1234", str(PHONE), '"Oi"', "Bom dia"):
        assert not any(word.encode() in body for body in kept), word
