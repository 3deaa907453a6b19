"""POST api/user/contact/get"""

from datetime import UTC, datetime

import pytest

from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import contact_shape, refusal, success, wrong_fields
from tests.counting import at_most

PATH = "/api/user/contact/get"


def test_it_returns_all_contacts_of_the_manager(api, manager, contact, page_contact):
    answer = api.post(PATH, {"number": manager.number})
    assert answer.json() == success(
        {"contacts": [contact_shape(page_contact), contact_shape(contact)]}
    )


def test_it_accepts_the_page_instead_of_the_number(api, manager, contact):
    answer = api.post(PATH, {"facebookId": manager.facebook_id})
    assert answer.json() == success({"contacts": [contact_shape(contact)]})


def test_a_form_is_accepted(api, manager, contact):
    answer = api.post(PATH, form={"number": "+55 (11) 4000-11111"})
    assert answer.json() == success({"contacts": [contact_shape(contact)]})


def test_the_latest_message_is_first_and_contacts_without_messages_last(api, manager):
    def at(day):
        return datetime(2026, 11, day, 13, 5, 9, 120_999, tzinfo=UTC)

    silent_old = builders.make_contact(manager)
    early = builders.make_contact(manager, last_message_at=at(20))
    late = builders.make_contact(manager, last_message_at=at(22))
    also_late = builders.make_contact(manager, last_message_at=at(22))
    silent_new = builders.make_contact(manager)
    answer = api.post(PATH, {"number": manager.number})
    contacts = [also_late, late, early, silent_new, silent_old]
    assert answer.json() == success({"contacts": [contact_shape(c) for c in contacts]})
    assert (
        answer.json()["data"]["contacts"][0]["lastMessageAt"]
        == "2026-11-22T13:05:09.120Z"
    )


def test_a_contact_without_a_phone_has_its_id_as_a_text(api, manager):
    builders.make_contact(manager, external_id="BR.1502576394655843")
    (shown,) = api.post(PATH, {"number": manager.number}).json()["data"]["contacts"]
    assert (shown["id"], shown["channel"]) == ("BR.1502576394655843", "whatsapp")


def test_a_deleted_contact_is_not_listed(api, manager, contact):
    api.delete(
        "/api/user/contact/",
        {"number": manager.number, "contactNumber": contact.external_id},
    )
    answer = api.post(PATH, {"number": manager.number})
    assert answer.json() == success({"contacts": []})


def test_a_manager_must_match_both_number_and_page(api, manager, other_manager):
    answer = api.post(
        PATH, {"number": manager.number, "facebookId": other_manager.facebook_id}
    )
    assert refusal(answer) == (404, "manager_not_found")


def test_foreign_and_missing_managers_get_the_same_error(
    other_api, manager, contact, other_manager
):
    foreign = other_api.post(PATH, {"number": manager.number})
    missing = other_api.post(PATH, {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_without_a_manager_it_is_refused(api):
    assert wrong_fields(api.post(PATH, {})) == {"number", "facebookId"}
    assert wrong_fields(api.post(PATH, {"number": "12a"})) == {"number"}


@pytest.fixture
def crowd(manager, sales, support, ana, bruno):
    """Creates contacts of every area and assignment that matters to Ana, of sales."""
    return {
        name: builders.make_contact(manager, name=name, area=area, operator=operator)
        for name, area, operator in (
            ("waits in sales", sales, None),
            ("bruno's in sales", sales, bruno),
            ("ana's in support", support, ana),
            ("ana's, no area", None, ana),
            ("waits, no area", None, None),
            ("waits in support", support, None),
            ("bruno's, no area", None, bruno),
        )
    }


HERS = {
    "waits in sales",
    "bruno's in sales",
    "ana's in support",
    "ana's, no area",
    "waits, no area",
}


def test_an_operator_gets_only_visible_contacts(manager, crowd, ana):
    answer = signed_in(ana.user).post(PATH, {"number": manager.number})
    names = {contact["name"] for contact in answer.json()["data"]["contacts"]}
    assert names == HERS


def test_a_supervisor_gets_all_of_his_managers(
    manager, other_manager, crowd, supervisor
):
    person = signed_in(supervisor)
    answer = person.post(PATH, {"number": manager.number})
    names = {contact["name"] for contact in answer.json()["data"]["contacts"]}
    assert names == set(crowd)
    assert refusal(person.post(PATH, {"number": other_manager.number})) == (
        404,
        "manager_not_found",
    )


def test_the_contacts_in_the_managers_json_are_the_same(manager, crowd, ana, api):
    for caller in (signed_in(ana.user), api):
        listed = caller.post(PATH, {"number": manager.number}).json()["data"]
        inside = caller.post("/api/user/", {"number": manager.number}).json()["data"]
        assert inside["contacts"] == listed["contacts"]


def test_it_needs_three_queries(api, manager, crowd):
    with at_most(3):
        api.post(PATH, {"number": manager.number})
