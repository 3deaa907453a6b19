"""POST api/user/contact/operator"""

import pytest

from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import contact_shape, refusal, success, wrong_fields
from tests.counting import at_most

PATH = "/api/user/contact/operator"


@pytest.fixture
def crowd(manager, sales, support, ana, bruno):
    return {
        name: builders.make_contact(manager, name=name, area=area, operator=operator)
        for name, area, operator in (
            ("waits in sales", sales, None),
            ("ana's in sales", sales, ana),
            ("ana's in support", support, ana),
            ("waits in support", support, None),
            ("bruno's in support", support, bruno),
            ("waits, no area", None, None),
        )
    }


def names(answer):
    return [contact["name"] for contact in answer.json()["data"]["contacts"]]


def test_it_returns_the_operators_and_the_areas_contacts_once_each(
    api, manager, crowd, ana
):
    answer = api.post(
        PATH, {"number": manager.number, "operatorId": str(ana.pk), "area": "vendas"}
    )
    expected = ("ana's in support", "ana's in sales", "waits in sales")
    assert answer.json() == success(
        {"contacts": [contact_shape(crowd[name]) for name in expected]}
    )


def test_a_key_may_list_any_operator_and_area(api, manager, crowd, ana):
    body = {"facebookId": manager.facebook_id, "operatorId": ana.pk, "area": "suporte"}
    assert names(api.post(PATH, body)) == [
        "bruno's in support",
        "waits in support",
        "ana's in support",
        "ana's in sales",
    ]


def test_operator_zero_selects_unassigned_contacts(api, manager, crowd):
    for nobody in (0, "0"):
        body = {"number": manager.number, "operatorId": nobody, "area": "suporte"}
        assert names(api.post(PATH, body)) == [
            "waits, no area",
            "bruno's in support",
            "waits in support",
            "ana's in support",
            "waits in sales",
        ]


def test_an_operator_gets_only_visible_contacts(manager, crowd, ana):
    body = {"number": manager.number, "operatorId": ana.pk, "area": "suporte"}
    assert names(signed_in(ana.user).post(PATH, body)) == [
        "ana's in support",
        "ana's in sales",
    ]


def test_an_operator_cannot_list_contacts_of_others(manager, crowd, ana, bruno):
    person = signed_in(ana.user)
    for other in (bruno.pk, 0):
        body = {"number": manager.number, "operatorId": other, "area": "vendas"}
        assert refusal(person.post(PATH, body)) == (403, "forbidden")


def test_a_supervisor_may_list_any_operator(manager, crowd, ana, supervisor):
    body = {"number": manager.number, "operatorId": ana.pk, "area": "vendas"}
    assert len(names(signed_in(supervisor).post(PATH, body))) == 3


def test_missing_rows_are_reported_in_order(
    api, manager, other_manager, crowd, ana, bruno
):
    foreign = builders.make_operator(other_manager)
    bruno.is_active = False
    bruno.save()
    good = {"number": manager.number, "operatorId": ana.pk, "area": "vendas"}
    for wrong, code in (
        ({"number": 1, "area": "x", "operatorId": 9**9}, "manager_not_found"),
        ({"area": "x", "operatorId": 9**9}, "area_not_found"),
        ({"operatorId": 9**9}, "operator_not_found"),
        ({"operatorId": "nobody's"}, "operator_not_found"),
        ({"operatorId": foreign.pk}, "operator_not_found"),
        ({"operatorId": bruno.pk}, "operator_not_found"),
    ):
        assert refusal(api.post(PATH, good | wrong)) == (404, code)


def test_all_missing_fields_are_reported_at_once(api):
    assert wrong_fields(api.post(PATH, {"operatorId": None, "area": ""})) == {
        "number",
        "facebookId",
        "operatorId",
        "area",
    }


@pytest.mark.parametrize("nobody", [True, False])
def test_it_needs_three_queries(api, manager, crowd, ana, nobody):
    body = {
        "number": manager.number,
        "operatorId": 0 if nobody else ana.pk,
        "area": "vendas",
    }
    with at_most(3):
        assert api.post(PATH, body).status_code == 200
