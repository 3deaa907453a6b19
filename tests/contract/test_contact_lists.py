"""The contract's calls that list contacts."""

from __future__ import annotations

import pytest

from tests import builders
from tests.contract.shapes import NUMBER, PAGE, answered, contact_shape, refused


@pytest.fixture
def crowd(manager, sales, support, ana, bruno, other_manager):
    """Creates contacts of every kind, newest first as in lists."""
    rows = {
        "hers elsewhere": builders.make_contact(manager, area=support, operator=ana),
        "waiting": builders.make_contact(manager, area=sales),
        "his": builders.make_contact(manager, area=support, operator=bruno),
        "hers here": builders.make_contact(manager, area=sales, operator=ana),
        "nobody's": builders.make_contact(manager),
        "of the page": builders.make_contact(manager, area=sales, channel="facebook"),
        "hers nowhere": builders.make_contact(manager, operator=ana),
    }
    from django.utils import timezone

    builders.make_contact(manager, area=sales, deleted_at=timezone.now())
    builders.make_contact(other_manager)
    return rows


def shapes(crowd, *names):
    return [contact_shape(crowd[name]) for name in names]


ALL = ("hers nowhere", "of the page", "nobody's", "hers here", "his", "waiting", "hers elsewhere")  # fmt: skip


def test_post_contact_get_returns_all_contacts_of_both_channels(api, crowd):
    expected = {"contacts": shapes(crowd, *ALL)}
    answered(api.post("/api/user/contact/get", {"number": NUMBER}), expected)
    answered(api.post("/api/user/contact/get", {"facebookId": PAGE}), expected)
    both = {"number": NUMBER, "facebookId": PAGE}
    answered(api.post("/api/user/contact/get", both), expected)
    refused(api.post("/api/user/contact/get", {"number": 1}), 404, "manager_not_found")
    refused(
        api.post("/api/user/contact/get", {}),
        400,
        "invalid",
        fields=["number", "facebookId"],
    )


def test_post_contact_area_returns_the_contacts_of_the_area(api, crowd):
    expected = shapes(crowd, "of the page", "hers here", "waiting")
    for body in ({"number": NUMBER}, {"facebookId": PAGE}):
        answered(
            api.post("/api/user/contact/area", body | {"area": "vendas"}), expected
        )
    refused(
        api.post("/api/user/contact/area", {"number": 1, "area": "vendas"}),
        404,
        "manager_not_found",
    )
    refused(
        api.post("/api/user/contact/area", {"number": NUMBER, "area": "x"}),
        404,
        "area_not_found",
    )


def test_post_contact_operator_returns_the_operators_or_the_areas_contacts(
    api, crowd, ana
):
    expected = shapes(
        crowd, "hers nowhere", "of the page", "hers here", "waiting", "hers elsewhere"
    )
    body = {"number": NUMBER, "operatorId": str(ana.pk), "area": "vendas"}
    answered(api.post("/api/user/contact/operator", body), {"contacts": expected})
    page = {"facebookId": PAGE, "operatorId": ana.pk, "area": "Vendas"}
    answered(api.post("/api/user/contact/operator", page), {"contacts": expected})


def test_post_contact_operator_with_operator_zero_selects_the_unassigned(api, crowd):
    expected = shapes(crowd, "of the page", "nobody's", "hers here", "waiting")
    for nobody in (0, "0"):
        body = {"number": NUMBER, "operatorId": nobody, "area": "vendas"}
        answered(api.post("/api/user/contact/operator", body), {"contacts": expected})


def test_post_contact_operator_refuses(api, crowd, ana, other_manager):
    foreign = builders.make_operator(other_manager)
    body = {"number": NUMBER, "operatorId": str(ana.pk), "area": "vendas"}
    for other, code in (
        ({"number": 1}, "manager_not_found"),
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"operatorId": str(foreign.pk)}, "operator_not_found"),
        ({"area": "x"}, "area_not_found"),
    ):
        refused(api.post("/api/user/contact/operator", body | other), 404, code)
    nothing = api.post("/api/user/contact/operator", {}).json()["error"]
    assert nothing["code"] == "invalid"
    assert set(nothing["fields"]) - {"facebookId"} == {"number", "operatorId", "area"}


def test_errors_are_in_the_order_of_the_contract(api, crowd):
    nothing = {"number": 1, "operatorId": "999999", "area": "x"}
    refused(api.post("/api/user/contact/operator", nothing), 404, "manager_not_found")
    known = nothing | {"number": NUMBER}
    # "+ operator_not_found": the errors of the row above come first.
    refused(api.post("/api/user/contact/operator", known), 404, "area_not_found")


def test_an_operator_gets_only_visible_contacts(crowd, ana):
    from tests.conftest import signed_in

    operator = signed_in(ana.user)
    mine = ("hers nowhere", "of the page", "nobody's", "hers here", "waiting", "hers elsewhere")  # fmt: skip
    expected = shapes(crowd, *mine)
    answered(
        operator.post("/api/user/contact/get", {"number": NUMBER}),
        {"contacts": expected},
    )
    manager = operator.post("/api/user/", {"number": NUMBER}).json()["data"]
    assert [one["id"] for one in manager["contacts"]] == [one["id"] for one in expected]
    assert manager["facebookToken"] == ""
    answered(
        operator.post("/api/user/contact/area", {"number": NUMBER, "area": "suporte"}),
        shapes(crowd, "hers elsewhere"),
    )


def test_an_operators_session_lists_only_his_own_contacts(crowd, ana, bruno):
    from tests.conftest import signed_in

    body = {"number": NUMBER, "operatorId": str(bruno.pk), "area": "vendas"}
    session = signed_in(ana.user)
    refused(session.post("/api/user/contact/operator", body), 403, "forbidden")
    body["operatorId"] = str(ana.pk)
    assert session.post("/api/user/contact/operator", body).status_code == 200
