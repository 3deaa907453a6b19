"""PUT api/user/contact/area"""

import pytest

from areas.models import Area, OperatorArea
from chats.models import Chat, ChatEvent
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import ledger, refusal, success, wrong_fields

PATH = "/api/user/contact/area"
DONE = success("Contact changed Area")


@pytest.fixture
def body(manager, contact, support):
    return {
        "number": manager.number,
        "area": "suporte",
        "contactNumber": int(contact.external_id),
    }


def test_the_contact_waits_in_the_new_area(api, body, contact, support):
    assert api.put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert (contact.area, contact.operator) == (support, None)
    assert not Chat.objects.exists()


def test_its_operator_releases_it(api, body, contact, ana):
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    api.put(PATH, body)
    contact.refresh_from_db()
    assert contact.operator is None
    assert ledger(contact) == [
        ("entered_area", "suporte", None),
        ("released", "suporte", None),
    ]


def test_an_operator_who_serves_the_new_area_too_keeps_it(
    api, body, contact, ana, manager, support
):
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    api.put(PATH, body)
    contact.refresh_from_db()
    assert (contact.operator, contact.area) == (ana, support)
    assert ledger(contact) == [("entered_area", "suporte", ana.pk)]


def test_moving_to_the_same_area_changes_nothing(api, body, contact, bruno):
    builders.make_chat(contact)
    Contact.objects.update(operator=bruno)  # who does not serve sales
    for _ in range(2):
        assert api.put(PATH, body | {"area": "vendas"}).json() == DONE
    contact.refresh_from_db()
    assert contact.operator == bruno
    assert ledger(contact) == []


def test_a_contact_without_an_area_gets_one(api, body, contact, support):
    Contact.objects.update(area=None)
    api.put(PATH, body)
    contact.refresh_from_db()
    assert contact.area == support


def test_it_accepts_the_areas_name_the_page_and_its_contact(
    api, manager, page_contact, support
):
    body = {
        "facebookId": manager.facebook_id,
        "area": "Suporte",
        "contactId": page_contact.external_id,
    }
    assert api.put(PATH, body).json() == DONE
    page_contact.refresh_from_db()
    assert page_contact.area == support


def test_it_accepts_a_contact_without_a_phone(api, manager, support):
    contact = builders.make_contact(manager, external_id="BR.150")
    body = {"number": manager.number, "area": "suporte", "contactId": "BR.150"}
    assert api.put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.area == support


def test_a_missing_area_is_not_created(api, body, other_manager):
    builders.make_area(other_manager, "fiscal")
    for area in ("fiscal", "none"):
        answer = api.put(PATH, body | {"area": area})
        assert refusal(answer) == (404, "area_not_found")
    assert not Area.objects.filter(code="none").exists()


def test_missing_rows_are_reported_in_order(api, body):
    for wrong, code in (
        ({"number": 1, "contactNumber": 1, "area": "x"}, "manager_not_found"),
        ({"contactNumber": 1, "area": "x"}, "contact_not_found"),
        ({"area": "x"}, "area_not_found"),
    ):
        assert refusal(api.put(PATH, body | wrong)) == (404, code)


def test_all_missing_fields_are_reported_at_once(api):
    assert wrong_fields(api.put(PATH, {})) == {
        "number",
        "facebookId",
        "contactNumber",
        "area",
    }
    assert wrong_fields(api.put(PATH, {"facebookId": "1", "area": "x"})) == {
        "contactId"
    }


def test_foreign_and_missing_managers_get_the_same_error(other_api, body):
    foreign = other_api.put(PATH, body)
    missing = other_api.put(PATH, body | {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_an_operators_session_moves_only_visible_contacts(
    body, contact, ana, bruno, support
):
    builders.make_chat(contact)
    assert refusal(signed_in(bruno.user).put(PATH, body)) == (404, "contact_not_found")
    assert signed_in(ana.user).put(PATH, body).json() == DONE
    contact.refresh_from_db()
    assert contact.area == support
    assert ChatEvent.objects.get().acting_operator == ana
    # It is not visible to her any more.
    assert refusal(signed_in(ana.user).put(PATH, body)) == (404, "contact_not_found")


def test_it_can_be_assigned_to_an_operator_of_the_new_area(
    api, body, contact, ana, bruno
):
    """In one call: after the move the caller may not see the contact any more."""
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    hers = signed_in(ana.user)  # who does not serve support
    assert hers.put(PATH, body | {"toOperatorId": str(bruno.pk)}).json() == DONE
    contact.refresh_from_db()
    assert (contact.area.code, contact.operator) == ("suporte", bruno)
    assert ledger(contact) == [
        ("entered_area", "suporte", None),
        ("released", "suporte", None),
        ("transferred", "suporte", bruno.pk),
    ]


def test_it_can_be_moved_to_the_queue_of_an_own_area(
    api, body, contact, ana, manager, support
):
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    assert api.put(PATH, body | {"toOperatorId": "0"}).json() == DONE
    contact.refresh_from_db()
    assert (contact.area, contact.operator) == (support, None)


def test_with_an_unknown_operator_nothing_changes(api, body, contact, ana):
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    assert api.put(PATH, body | {"toOperatorId": "999999"}).status_code == 404
    contact.refresh_from_db()
    assert (contact.area.code, contact.operator) == ("vendas", ana)
    assert ledger(contact) == []
