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


def test_the_contact_goes_to_any_operator_from_any_other(
    api, body, contact, ana, bruno
):
    Contact.objects.update(operator=ana)
    assert api.put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert (contact.operator, contact.area.code) == (bruno, "vendas")


def test_it_opens_nothing(api, body):
    api.put(PATH, body)
    assert not Chat.objects.exists()
    assert not ChatEvent.objects.exists()


def test_an_open_chat_has_it_in_its_ledger_once(api, body, contact, ana, bruno):
    builders.make_chat(contact)
    for operator in (bruno.pk, bruno.pk, ana.pk, 0, 0):
        assert api.put(PATH, body | {"operatorId": operator}).json() == DONE
    assert ledger(contact) == [
        ("transferred", "vendas", bruno.pk),
        ("transferred", "vendas", ana.pk),
        ("released", "vendas", None),
    ]


def test_nobody_releases_it(api, body, contact, ana):
    for nobody in (0, "0"):
        Contact.objects.update(operator=ana)
        assert api.put(PATH, body | {"operatorId": nobody}).json() == DONE
        contact.refresh_from_db()
        assert contact.operator is None


def test_it_takes_the_page_and_its_contact(api, manager, page_contact, bruno):
    body = {
        "facebookId": manager.facebook_id,
        "operatorId": bruno.pk,
        "contactId": page_contact.external_id,
    }
    assert api.put(PATH, body).json() == DONE
    page_contact.refresh_from_db()
    assert page_contact.operator == bruno


def test_what_is_not_there_is_reported_in_order(api, body, other_manager, bruno):
    foreign = builders.make_operator(other_manager)
    for wrong, code in (
        ({"number": 1, "contactId": 1, "operatorId": 9**9}, "manager_not_found"),
        ({"contactId": 1, "operatorId": 9**9}, "contact_not_found"),
        ({"operatorId": 9**9}, "operator_not_found"),
        ({"operatorId": foreign.pk}, "operator_not_found"),
        ({"operatorId": "x"}, "operator_not_found"),
    ):
        assert refusal(api.put(PATH, body | wrong)) == (404, code)


def test_all_that_is_missing_is_reported_at_once(api):
    assert wrong_fields(api.put(PATH, {})) == {
        "number",
        "facebookId",
        "operatorId",
        "contactId",
    }


def test_a_foreign_manager_and_none_are_the_same_answer(other_api, body):
    foreign = other_api.put(PATH, body)
    missing = other_api.put(PATH, body | {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_an_operators_session_hands_over_what_it_sees(body, contact, ana, bruno):
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


def test_what_an_operators_session_may_not_see_does_not_exist(body, bruno):
    person = signed_in(bruno.user)
    hidden = person.put(PATH, body)
    missing = person.put(PATH, body | {"contactId": 1})
    assert refusal(hidden) == (404, "contact_not_found")
    assert hidden.content == missing.content


def test_a_supervisor_hands_over(body, contact, supervisor, bruno):
    assert signed_in(supervisor).put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == bruno
