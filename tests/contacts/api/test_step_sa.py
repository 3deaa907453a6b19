"""PUT api/user/contact/sa/increase and …/decrease"""

import pytest

from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import refusal, success, wrong_fields
from tests.counting import at_most

INCREASE = "/api/user/contact/sa/increase"
DECREASE = "/api/user/contact/sa/decrease"


@pytest.fixture
def body(manager, page_contact):
    return {"facebookId": manager.facebook_id, "contactId": page_contact.external_id}


def test_it_returns_the_new_step(api, body):
    assert api.put(INCREASE, body).json() == success(2)
    assert api.put(INCREASE, body).json() == success(3)
    assert api.put(DECREASE, body).json() == success(2)
    assert Contact.objects.get().sa == 2


def test_the_step_can_be_zero_and_negative(api, body):
    assert [api.put(DECREASE, body).json()["data"] for _ in range(3)] == [0, -1, -2]


def test_it_accepts_a_whatsapp_contact_in_any_spelling(api, manager):
    contact = builders.make_contact(manager, external_id="5511987654321")
    body = {"number": manager.number}
    for name in ({"contactNumber": 551187654321}, {"contactId": "5511987654321"}):
        api.put(INCREASE, body | name)
    contact.refresh_from_db()
    assert contact.sa == -98


def test_only_that_contact_is_changed(api, body, manager, contact, other_manager):
    twin = builders.make_contact(
        other_manager, channel="facebook", external_id=body["contactId"]
    )
    api.put(INCREASE, body)
    for other in (contact, twin):
        before = other.sa
        other.refresh_from_db()
        assert other.sa == before


def test_a_deleted_contact_is_not_found(api, body):
    api.delete("/api/user/contact/", body)
    assert refusal(api.put(INCREASE, body)) == (404, "contact_not_found")
    assert Contact.objects.get().sa == 1


def test_missing_rows_are_reported_in_order(api, body):
    assert refusal(api.put(INCREASE, body | {"contactId": "1"})) == (
        404,
        "contact_not_found",
    )
    assert refusal(api.put(DECREASE, {"facebookId": "1", "contactId": "1"})) == (
        404,
        "manager_not_found",
    )


def test_all_missing_fields_are_reported_at_once(api):
    for path in (INCREASE, DECREASE):
        assert wrong_fields(api.put(path, {})) == {"number", "facebookId", "contactId"}


def test_foreign_and_missing_pages_get_the_same_error(other_api, body):
    foreign = other_api.put(INCREASE, body)
    missing = other_api.put(INCREASE, body | {"facebookId": "1"})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content
    assert Contact.objects.get().sa == 1


def test_operators_have_no_access(body, ana, supervisor):
    for path in (INCREASE, DECREASE):
        assert refusal(signed_in(ana.user).put(path, body)) == (403, "forbidden")
    assert signed_in(supervisor).put(INCREASE, body).json() == success(2)


def test_with_an_idempotency_key_it_steps_once(api, body):
    headers = {"Idempotency-Key": "step-1"}
    answers = [api.put(INCREASE, body, headers=headers).json() for _ in range(3)]
    assert answers == [success(2)] * 3


def test_it_needs_two_queries(api, body):
    with at_most(2):
        api.put(INCREASE, body)
