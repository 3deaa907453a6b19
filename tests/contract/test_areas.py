"""The contract's calls about areas and operators."""

from __future__ import annotations

import pytest

from tests import builders
from tests.contract.shapes import (
    NUMBER,
    PAGE,
    answered,
    area_shape,
    operator_shape,
    refused,
)

LISTS = ["/api/area/8080", f"/api/area/facebook/{PAGE}"]
OPERATORS = ["/api/area/operator/8080", f"/api/area/operator/facebook/{PAGE}"]


@pytest.mark.parametrize("path", LISTS)
def test_get_area_returns_the_managers_areas_oldest_first(
    api, sales, support, other_manager, path
):
    builders.make_area(other_manager, "fora")
    answered(
        api.get(path),
        [area_shape("vendas", "Vendas"), area_shape("suporte", "Suporte")],
    )


@pytest.mark.parametrize("path", LISTS)
def test_get_area_returns_an_empty_list_without_areas(api, manager, path):
    answered(api.get(path), [])


@pytest.mark.parametrize(
    "path", ["/api/area/8081", "/api/area/65535", "/api/area/facebook/1"]
)
def test_get_area_of_an_unknown_manager_is_not_found(api, path):
    refused(api.get(path), 404, "manager_not_found")


@pytest.mark.parametrize("path", OPERATORS)
def test_post_area_operator_returns_the_operators_of_the_area(
    api, manager, ana, bruno, sales, support, path
):
    carla = builders.make_operator(manager, support, sales, name="Carla")
    gone = builders.make_operator(manager, sales, name="Davi", is_active=False)
    expected = [
        operator_shape(ana, "vendas"),
        operator_shape(carla, "vendas", "suporte"),
    ]
    answered(api.post(path, {"idarea": "vendas"}), expected)
    answered(api.post(path, {"idarea": "Vendas"}), expected)
    assert str(gone.pk) not in [operator["id"] for operator in expected]


@pytest.mark.parametrize("path", OPERATORS)
def test_post_area_operator_returns_an_empty_list_without_operators(api, sales, path):
    answered(api.post(path, {"idarea": "vendas"}), [])


@pytest.mark.parametrize("path", OPERATORS)
def test_post_area_operator_refuses(api, sales, other_manager, path):
    builders.make_area(other_manager, "fora")
    refused(api.post(path, {}), 400, "invalid", fields=["idarea"])
    refused(api.post(path, {"idarea": "fora"}), 404, "area_not_found")
    refused(
        api.post(path.replace("8080", "8081").replace(PAGE, "1"), {"idarea": "vendas"}),
        404,
        "manager_not_found",
    )


@pytest.mark.parametrize("port", ["0000", "65536", "8080a", "+8080"])
def test_an_invalid_port_is_an_unknown_path_or_manager(api, manager, port):
    response = api.get(f"/api/area/{port}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] in ("not_found", "manager_not_found")


def test_a_code_takes_precedence_over_another_areas_name(api, manager, sales):
    builders.make_area(manager, "x", name="vendas")
    contact = builders.make_contact(manager, area=sales)
    data = api.post(
        "/api/user/contact/area", {"number": NUMBER, "area": "vendas"}
    ).json()["data"]
    assert [one["id"] for one in data] == [int(contact.external_id)]
