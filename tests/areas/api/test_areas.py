"""GET api/area/:controllerPort and its counterpart for a page."""

import pytest

from tests.builders import make_area, make_manager
from tests.conftest import signed_in

NOT_FOUND = {
    "success": False,
    "error": {"code": "manager_not_found", "message": "There is no such manager."},
}
TWO_AREAS = {
    "success": True,
    "data": [
        {"id": "vendas", "idarea": "vendas", "name": "Vendas"},
        {"id": "suporte", "idarea": "suporte", "name": "Suporte"},
    ],
}


@pytest.mark.parametrize(
    "path",
    ["/api/area/8080", "/api/area/0008080", "/api/area/facebook/369258147"],
)
def test_it_lists_the_managers_areas_oldest_first(
    api, sales, support, other_manager, path, django_assert_num_queries
):
    make_area(other_manager, "vendas")
    with django_assert_num_queries(3):
        answer = api.get(path)
    assert answer.status_code == 200
    assert answer.json() == TWO_AREAS
    assert api.get(path + "/").json() == TWO_AREAS


def test_a_manager_without_areas_has_an_empty_list(api):
    assert api.get("/api/area/8080").json() == {"success": True, "data": []}


def test_a_manager_without_a_port_is_found_by_its_page(full_api):
    page_only = make_manager(number=None, controller_port=None, facebook_id="page.1-x")
    make_area(page_only, "loja", name="Loja")
    answer = full_api.get("/api/area/facebook/page.1-x")
    assert answer.json()["data"] == [{"id": "loja", "idarea": "loja", "name": "Loja"}]


def test_an_operator_sees_all_areas_of_his_manager_alone(
    ana, sales, support, other_manager
):
    api = signed_in(ana.user)
    assert api.get("/api/area/8080").json() == TWO_AREAS
    foreign = api.get(f"/api/area/{other_manager.controller_port}")
    assert (foreign.status_code, foreign.json()) == (404, NOT_FOUND)


def test_a_foreign_manager_is_not_found(api, other_manager):
    foreign = api.get(f"/api/area/{other_manager.controller_port}")
    missing = api.get("/api/area/64999")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert foreign.json() == NOT_FOUND
    page = api.get(f"/api/area/facebook/{other_manager.facebook_id}")
    assert page.content == api.get("/api/area/facebook/1").content == foreign.content


@pytest.mark.parametrize(
    "port",
    [
        "0",
        "65536",
        "99999999",
        "-1",
        "+1",
        "8080a",
        "٨٠٨٠",
        "8080.0",
        "facebook",
        "%00",
    ],
)
def test_an_invalid_port_is_an_unknown_path(api, port):
    answer = api.get(f"/api/area/{port}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
