"""POST api/user/contact/area"""

from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import contact_shape, refusal, success, wrong_fields
from tests.counting import at_most

PATH = "/api/user/contact/area"


def test_it_returns_the_contacts_of_the_area(
    api, manager, contact, page_contact, support
):
    builders.make_contact(manager, area=support)
    builders.make_contact(manager)
    answer = api.post(PATH, {"number": manager.number, "area": "vendas"})
    assert answer.json() == success(
        [contact_shape(page_contact), contact_shape(contact)]
    )


def test_it_accepts_the_page_instead_of_the_number(api, manager, contact):
    answer = api.post(PATH, {"facebookId": manager.facebook_id, "area": "vendas"})
    assert answer.json() == success([contact_shape(contact)])


def test_it_accepts_the_areas_name_if_no_code_matches(api, manager, contact):
    named_like_the_code = builders.make_area(manager, "x", name="vendas")
    builders.make_contact(manager, area=named_like_the_code)
    for area in ("Vendas", "vendas"):
        answer = api.post(PATH, {"number": manager.number, "area": area})
        assert answer.json() == success([contact_shape(contact)])


def test_a_number_is_read_as_a_code(api, manager):
    area = builders.make_area(manager, "7")
    contact = builders.make_contact(manager, area=area)
    answer = api.post(PATH, {"number": manager.number, "area": 7})
    assert answer.json() == success([contact_shape(contact)])


def test_an_area_of_another_manager_is_not_found(api, manager, other_manager):
    builders.make_area(other_manager, "fiscal")
    body = {"number": manager.number, "area": "fiscal"}
    assert refusal(api.post(PATH, body)) == (404, "area_not_found")
    body["number"] = other_manager.number
    assert refusal(api.post(PATH, body)) == (404, "manager_not_found")


def test_a_missing_manager_is_reported_before_the_area(api, sales):
    body = {"number": 1, "area": "none"}
    assert refusal(api.post(PATH, body)) == (404, "manager_not_found")


def test_all_missing_fields_are_reported_at_once(api):
    assert wrong_fields(api.post(PATH, {})) == {"number", "facebookId", "area"}
    assert wrong_fields(api.post(PATH, {"number": 1, "area": "x" * 201})) == {"area"}


def test_an_operator_gets_only_visible_contacts(
    manager, contact, sales, support, ana, bruno
):
    elsewhere = builders.make_contact(manager, area=support)
    hers = builders.make_contact(manager, area=support, operator=ana)
    person = signed_in(ana.user)
    answer = person.post(PATH, {"number": manager.number, "area": "vendas"})
    assert answer.json() == success([contact_shape(contact)])
    answer = person.post(PATH, {"number": manager.number, "area": "suporte"})
    assert answer.json() == success([contact_shape(hers)])
    answer = signed_in(bruno.user).post(
        PATH, {"number": manager.number, "area": "suporte"}
    )
    assert answer.json() == success([contact_shape(hers), contact_shape(elsewhere)])


def test_it_needs_three_queries(api, manager, contact):
    with at_most(3):
        api.post(PATH, {"number": manager.number, "area": "vendas"})
