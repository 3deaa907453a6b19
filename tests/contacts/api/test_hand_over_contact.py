"""PUT api/user/contact/operator"""

import pytest

from chats.models import Chat, ChatEvent
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import ledger, refusal, success, wrong_fields

PATH = "/api/user/contact/operator"
DONE = success("Contact Send to the operator")


@pytest.fixture
def body(manager, contact, bruno):
    return {
        "number": manager.number,
        "operatorId": str(bruno.pk),
        "contactId": int(contact.external_id),
    }


def test_any_operator_can_be_replaced_by_any_other(api, body, contact, ana, bruno):
    Contact.objects.update(operator=ana)
    assert api.put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert (contact.operator, contact.area.code) == (bruno, "vendas")


def test_it_opens_no_chat(api, body):
    api.put(PATH, body)
    assert not Chat.objects.exists()
    assert not ChatEvent.objects.exists()


def test_it_is_recorded_once_in_the_ledger_of_the_open_chat(
    api, body, contact, ana, bruno
):
    builders.make_chat(contact)
    for operator in (bruno.pk, bruno.pk, ana.pk, 0, 0):
        assert api.put(PATH, body | {"operatorId": operator}).json() == DONE
    assert ledger(contact) == [
        ("transferred", "vendas", bruno.pk),
        ("transferred", "vendas", ana.pk),
        ("released", "vendas", None),
    ]


def test_operator_zero_releases_it(api, body, contact, ana):
    for nobody in (0, "0"):
        Contact.objects.update(operator=ana)
        assert api.put(PATH, body | {"operatorId": nobody}).json() == DONE
        contact.refresh_from_db()
        assert contact.operator is None


def test_it_accepts_the_page_and_its_contact(api, manager, page_contact, bruno):
    body = {
        "facebookId": manager.facebook_id,
        "operatorId": bruno.pk,
        "contactId": page_contact.external_id,
    }
    assert api.put(PATH, body).json() == DONE
    page_contact.refresh_from_db()
    assert page_contact.operator == bruno


def test_missing_rows_are_reported_in_order(api, body, other_manager, bruno):
    foreign = builders.make_operator(other_manager)
    for wrong, code in (
        ({"number": 1, "contactId": 1, "operatorId": 9**9}, "manager_not_found"),
        ({"contactId": 1, "operatorId": 9**9}, "contact_not_found"),
        ({"operatorId": 9**9}, "operator_not_found"),
        ({"operatorId": foreign.pk}, "operator_not_found"),
        ({"operatorId": "x"}, "operator_not_found"),
    ):
        assert refusal(api.put(PATH, body | wrong)) == (404, code)


def test_all_missing_fields_are_reported_at_once(api):
    assert wrong_fields(api.put(PATH, {})) == {
        "number",
        "facebookId",
        "operatorId",
        "contactId",
    }


def test_foreign_and_missing_managers_get_the_same_error(other_api, body):
    foreign = other_api.put(PATH, body)
    missing = other_api.put(PATH, body | {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_an_operators_session_hands_over_visible_contacts(body, contact, ana, bruno):
    builders.make_chat(contact)
    assert signed_in(ana.user).put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == bruno
    event = ChatEvent.objects.get()
    assert (event.kind, event.operator, event.acting_operator) == (
        "transferred",
        bruno,
        ana,
    )


def test_contacts_that_an_operators_session_may_not_see_are_not_found(body, bruno):
    person = signed_in(bruno.user)
    hidden = person.put(PATH, body)
    missing = person.put(PATH, body | {"contactId": 1})
    assert refusal(hidden) == (404, "contact_not_found")
    assert hidden.content == missing.content


def test_a_supervisor_hands_over(body, contact, supervisor, bruno):
    assert signed_in(supervisor).put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == bruno
