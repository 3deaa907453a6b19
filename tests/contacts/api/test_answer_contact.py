"""PUT api/user/contact/operator/my"""

import pytest

from chats.models import Chat, ChatEvent
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import ledger, refusal, success, wrong_fields
from tests.counting import at_most

PATH = "/api/user/contact/operator/my"
DONE = success("Contact Send to the operator")


@pytest.fixture
def body(manager, contact, ana):
    return {
        "number": manager.number,
        "operatorId": str(ana.pk),
        "contactId": int(contact.external_id),
    }


def test_it_assigns_the_contact_and_opens_a_chat(api, body, contact, ana):
    assert api.put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == ana
    chat = Chat.objects.get()
    assert (chat.contact, chat.protocol, chat.closed_at) == (
        contact,
        contact.protocol,
        None,
    )
    assert ledger(contact) == [
        ("opened", "vendas", ana.pk),
        ("claimed", "vendas", ana.pk),
    ]


def test_the_ledger_has_the_credential_and_the_operator(api, body, ana):
    api.put(PATH, body)
    for event in ChatEvent.objects.all():
        assert event.actor.startswith("key:")
        assert event.acting_operator == ana


def test_an_open_chat_is_kept(api, body, contact, ana):
    chat = builders.make_chat(contact)
    api.put(PATH, body)
    assert Chat.objects.get() == chat
    assert ledger(contact) == [("claimed", "vendas", ana.pk)]


def test_a_second_chat_gets_its_own_protocol_and_the_contact_shows_it(
    api, body, contact
):
    api.put(PATH, body)
    first = Chat.objects.get().protocol
    api.delete("/api/chat/", {"contactId": body["contactId"]})
    api.put(PATH, body)
    contact.refresh_from_db()
    second = Chat.objects.get(closed_at=None).protocol
    assert contact.protocol == second != first


def test_a_repeat_by_the_same_operator_succeeds_and_changes_nothing(
    api, body, contact, ana
):
    for _ in range(3):
        assert api.put(PATH, body).json() == DONE
    assert len(ledger(contact)) == 2
    assert Chat.objects.count() == 1


def test_a_repeat_by_the_same_operator_opens_a_chat_if_none_is_open(
    api, body, contact, ana
):
    Contact.objects.update(operator=ana)
    assert api.put(PATH, body).json() == DONE
    assert ledger(contact) == [("opened", "vendas", ana.pk)]


def test_a_contact_of_another_operator_is_already_answered(api, body, contact, sales):
    carla = builders.make_operator(contact.manager, sales, name="Carla")
    Contact.objects.update(operator=carla)
    answer = api.put(PATH, body)
    assert refusal(answer) == (409, "already_answered")
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "operatorId", "operatorName"}
    assert (error["operatorId"], error["operatorName"]) == (str(carla.pk), "Carla")
    contact.refresh_from_db()
    assert contact.operator == carla
    assert not Chat.objects.exists()


def test_it_accepts_the_page_and_its_contact(api, manager, page_contact, ana):
    body = {
        "facebookId": manager.facebook_id,
        "operatorId": ana.pk,
        "contactId": 7418252963,
    }
    assert api.put(PATH, body).json() == DONE
    page_contact.refresh_from_db()
    assert page_contact.operator == ana


def test_the_managers_number_or_page_determines_the_channel(api, body, manager):
    twin = builders.make_contact(
        manager, channel="facebook", external_id=str(body["contactId"])
    )
    api.put(PATH, body)
    twin.refresh_from_db()
    assert twin.operator is None


def test_the_other_spelling_means_the_same_contact(api, body, manager, sales, ana):
    mobile = builders.make_contact(manager, external_id="5511987654321", area=sales)
    assert api.put(PATH, body | {"contactId": "+55 11 8765-4321"}).json() == DONE
    mobile.refresh_from_db()
    assert mobile.operator == ana


def test_a_contact_without_area_can_be_answered_by_everybody(api, manager, ana):
    contact = builders.make_contact(manager)
    body = {
        "number": manager.number,
        "operatorId": ana.pk,
        "contactId": contact.external_id,
    }
    assert api.put(PATH, body).json() == DONE
    assert ledger(contact)[-1] == ("claimed", None, ana.pk)


def test_a_contact_that_the_operator_may_not_see_is_forbidden(
    api, body, contact, ana, bruno, support
):
    sent = body | {"operatorId": bruno.pk}
    for holder in (None, ana):
        Contact.objects.update(operator=holder)
        assert refusal(api.put(PATH, sent)) == (403, "forbidden")
    carla = builders.make_operator(contact.manager, name="Carla")
    Contact.objects.update(area=None, operator=carla)
    assert refusal(api.put(PATH, sent)) == (403, "forbidden")
    assert not Chat.objects.exists()


def test_a_contact_handed_to_him_is_his_in_any_area(api, body, contact, bruno):
    Contact.objects.update(operator=bruno)
    assert api.put(PATH, body | {"operatorId": bruno.pk}).json() == DONE


def test_missing_rows_are_reported_in_order(api, body, other_manager, ana, bruno):
    foreign = builders.make_operator(other_manager)
    bruno.is_active = False
    bruno.save()
    for wrong, code in (
        ({"number": 1, "contactId": 1, "operatorId": 9**9}, "manager_not_found"),
        ({"contactId": 1, "operatorId": 9**9}, "contact_not_found"),
        ({"operatorId": 9**9}, "operator_not_found"),
        ({"operatorId": foreign.pk}, "operator_not_found"),
        ({"operatorId": bruno.pk}, "operator_not_found"),
        ({"operatorId": 0}, "operator_not_found"),
        ({"operatorId": "0"}, "operator_not_found"),
        ({"operatorId": "x"}, "operator_not_found"),
    ):
        assert refusal(api.put(PATH, body | wrong)) == (404, code)


def test_a_deleted_contact_is_not_found(api, body, manager):
    api.delete("/api/user/contact/", body | {"contactNumber": body["contactId"]})
    assert refusal(api.put(PATH, body)) == (404, "contact_not_found")


def test_all_missing_fields_are_reported_at_once(api, manager):
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


def test_an_operators_session_answers_only_for_him(body, contact, sales, ana, bruno):
    carla = builders.make_operator(contact.manager, sales, name="Carla")
    person = signed_in(ana.user)
    for other in (carla, bruno):
        answer = person.put(PATH, body | {"operatorId": other.pk})
        assert refusal(answer) == (403, "forbidden")
    assert person.put(PATH, body).json() == DONE
    assert set(ChatEvent.objects.values_list("actor", "acting_operator")) == {
        (f"user:{ana.user.pk}", ana.pk)
    }


def test_contacts_that_an_operators_session_may_not_see_are_not_found(body, bruno):
    person = signed_in(bruno.user)
    hidden = person.put(PATH, body | {"operatorId": bruno.pk})
    missing = person.put(PATH, body | {"operatorId": bruno.pk, "contactId": 1})
    assert refusal(hidden) == (404, "contact_not_found")
    assert hidden.content == missing.content


def test_a_supervisor_answers_for_an_operator(body, contact, supervisor, ana):
    assert signed_in(supervisor).put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == ana


def test_it_needs_five_queries(api, body, contact):
    builders.make_chat(contact, protocol=contact.protocol, closed_at=contact.created_at)
    with at_most(5):
        assert api.put(PATH, body).json() == DONE
    with at_most(5):
        assert api.put(PATH, body).json() == DONE
