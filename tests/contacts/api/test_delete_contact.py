"""DELETE api/user/contact/"""

from urllib.parse import urlencode

import pytest

from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import ledger, refusal, success, wrong_fields

PATH = "/api/user/contact/"
DONE = success("Contact deleted")


@pytest.fixture
def body(manager, contact):
    return {"number": manager.number, "contactNumber": int(contact.external_id)}


def test_its_chat_is_closed_and_everything_is_kept(api, body, contact, ana):
    chat = builders.make_chat(contact)
    builders.make_message(chat)
    Contact.objects.update(operator=ana, unread=1)
    assert api.delete(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.deleted_at is not None
    assert (contact.operator, contact.unread) == (None, 0)
    assert Chat.objects.get().closed_at is not None
    assert Message.objects.count() == 1
    assert ledger(contact) == [("closed", "vendas", None)]


def test_it_is_in_no_response_any_more(api, body, manager, contact, ana):
    builders.make_chat(contact)
    number, contact_id = body["number"], body["contactNumber"]
    api.delete(PATH, body)
    area = {"number": number, "area": "vendas"}
    operator = area | {"operatorId": ana.pk}
    assert api.post("/api/user/contact/get", body).json()["data"]["contacts"] == []
    assert api.post("/api/user/contact/area", area).json()["data"] == []
    listed = api.post("/api/user/contact/operator", operator)
    assert listed.json()["data"]["contacts"] == []
    assert api.post("/api/user/", {"number": number}).json()["data"]["contacts"] == []
    assert api.get("/api/user/").json()["data"][0]["contacts"] == []
    named = {"number": number, "operatorId": ana.pk, "contactId": contact_id}
    for path, sent in (
        ("/api/user/contact/operator/my", named),
        ("/api/user/contact/operator", named),
        ("/api/user/contact/area", body | {"area": "vendas"}),
        ("/api/user/contact/sa/increase", body),
    ):
        assert refusal(api.put(path, sent)) == (404, "contact_not_found")


def test_a_repeat_gets_404(api, body):
    api.delete(PATH, body)
    assert refusal(api.delete(PATH, body)) == (404, "contact_not_found")


def test_fields_may_be_in_the_query_string(api, body, contact):
    assert api.delete(f"{PATH}?{urlencode(body)}").json() == DONE
    contact.refresh_from_db()
    assert contact.deleted_at is not None


def test_it_accepts_the_page_and_its_contact(api, manager, page_contact):
    body = {"facebookId": manager.facebook_id, "contactId": page_contact.external_id}
    assert api.delete(PATH, body).json() == DONE
    page_contact.refresh_from_db()
    assert page_contact.deleted_at is not None


def test_any_spelling_of_the_number_is_accepted(api, manager):
    contact = builders.make_contact(manager, external_id="551187654321")
    body = {"number": manager.number, "contactNumber": "+55 11 98765-4321"}
    assert api.delete(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.deleted_at is not None


def test_missing_rows_are_reported_in_order(api, body):
    for wrong, code in (
        ({"number": 1, "contactNumber": 1}, "manager_not_found"),
        ({"contactNumber": 1}, "contact_not_found"),
    ):
        assert refusal(api.delete(PATH, body | wrong)) == (404, code)


def test_all_missing_fields_are_reported_at_once(api):
    missing = {"number", "facebookId", "contactNumber"}
    assert wrong_fields(api.delete(PATH, {})) == missing
    assert wrong_fields(api.delete(PATH)) == missing


def test_foreign_and_missing_managers_get_the_same_error(other_api, body, contact):
    foreign = other_api.delete(PATH, body)
    missing = other_api.delete(PATH, body | {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content
    contact.refresh_from_db()
    assert contact.deleted_at is None


def test_operators_have_no_access(body, ana, supervisor):
    assert refusal(signed_in(ana.user).delete(PATH, body)) == (403, "forbidden")
    assert signed_in(supervisor).delete(PATH, body).json() == DONE
