"""POST api/user/contact/sa"""

import pytest

from areas.models import Area
from contacts.models import Contact
from tests.conftest import signed_in
from tests.contacts.shapes import contact_shape, refusal, success, wrong_fields

PATH = "/api/user/contact/sa"


@pytest.fixture
def body(manager):
    return {
        "facebookId": manager.facebook_id,
        "contactId": "7418252963",
        "name": "João",
    }


def test_a_new_contact_is_added_as_given(api, body, sales, ana):
    sent = body | {"photo": "p", "area": "vendas", "protocol": "P1"}
    answer = api.post(PATH, sent | {"operatorId": ana.pk})
    assert answer.json() == success(1)
    row = Contact.objects.get()
    assert contact_shape(row) == {
        "id": "7418252963",
        "name": "João",
        "photo": "p",
        "area": "vendas",
        "operatorId": str(ana.pk),
        "protocol": "P1",
        "sa": 1,
        "channel": "facebook",
        "unread": 0,
        "lastMessageAt": None,
    }


def test_an_existing_contact_is_unchanged(api, body, page_contact, bruno):
    Contact.objects.update(sa=5)
    before = contact_shape(page_contact)
    sent = body | {
        "name": "Other",
        "photo": "q",
        "area": "nova",
        "protocol": "P2",
        "operatorId": bruno.pk,
    }
    assert api.post(PATH, sent).json() == success(5)
    assert contact_shape(page_contact) == before
    assert not Area.objects.filter(code="nova").exists()


def test_it_accepts_a_whatsapp_contact(api, manager):
    body = {"number": manager.number, "name": "M"}
    assert api.post(PATH, body | {"contactNumber": 551187654321}).json() == success(
        -100
    )
    assert api.post(PATH, body | {"contactId": "5511987654321"}).json() == success(-100)
    assert api.post(PATH, body | {"contactId": "BR.15"}).json() == success(-100)
    ids = set(Contact.objects.values_list("external_id", flat=True))
    assert ids == {"551187654321", "BR.15"}


def test_zero_is_a_valid_step(api, body, page_contact):
    Contact.objects.update(sa=0)
    assert api.post(PATH, body).json() == success(0)


def test_a_deleted_contact_is_restored_as_a_new_one(api, body, page_contact):
    Contact.objects.update(sa=5)
    api.delete("/api/user/contact/", body)
    assert api.post(PATH, body).json() == success(1)
    shape = contact_shape(page_contact)
    assert (shape["name"], shape["area"]) == ("João", "")


def test_missing_rows_are_reported_in_order(api, body):
    sent = body | {"operatorId": 9**9}
    assert refusal(api.post(PATH, sent)) == (404, "operator_not_found")
    sent |= {"facebookId": "1"}
    assert refusal(api.post(PATH, sent)) == (404, "manager_not_found")
    assert not Contact.objects.exists()


def test_all_missing_fields_are_reported_at_once(api, manager):
    assert wrong_fields(api.post(PATH, {})) == {
        "number",
        "facebookId",
        "contactId",
        "name",
    }


def test_foreign_and_missing_pages_get_the_same_error(other_api, body):
    foreign = other_api.post(PATH, body)
    missing = other_api.post(PATH, body | {"facebookId": "1"})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_operators_have_no_access(body, ana, supervisor):
    assert refusal(signed_in(ana.user).post(PATH, body)) == (403, "forbidden")
    assert signed_in(supervisor).post(PATH, body).json() == success(1)
