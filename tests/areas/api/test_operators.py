"""POST api/area/operator/:controllerPort and its counterpart for a page."""

import pytest

from tests.builders import make_manager, make_operator

PATHS = ["/api/area/operator/8080", "/api/area/operator/facebook/369258147"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("idarea", ["vendas", "Vendas"])
def test_it_lists_the_areas_operators_oldest_first(
    api, manager, ana, bruno, sales, support, path, idarea, django_assert_num_queries
):
    carla = make_operator(manager, support, sales, name="Carla", email="")
    with django_assert_num_queries(4):
        answer = api.post(path, {"idarea": idarea})
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": [
            {
                "id": str(ana.pk),
                "name": "Ana",
                "email": ana.email,
                "areas": ["vendas"],
                "online": False,
            },
            {
                "id": str(carla.pk),
                "name": "Carla",
                "email": "",
                "areas": ["vendas", "suporte"],
                "online": False,
            },
        ],
    }


def test_a_form_is_accepted(api, ana, sales):
    answer = api.post("/api/area/operator/8080/", form={"idarea": "vendas"})
    assert [operator["id"] for operator in answer.json()["data"]] == [str(ana.pk)]


def test_an_area_whose_code_is_a_number_may_be_named_by_it(api, manager, ana):
    area = ana.areas.get()
    area.__class__.objects.filter(pk=area.pk).delete()
    numbered = area.__class__.objects.create(manager=manager, code="7", name="Sete")
    dora = make_operator(manager, numbered, name="Dora")
    answer = api.post("/api/area/operator/8080", {"idarea": 7})
    assert [operator["id"] for operator in answer.json()["data"]] == [str(dora.pk)]


def test_an_inactive_operator_is_left_out(api, ana, sales):
    ana.is_active = False
    ana.save()
    answer = api.post("/api/area/operator/8080", {"idarea": "vendas"})
    assert answer.json() == {"success": True, "data": []}


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_area_is_404(api, path):
    answer = api.post(path, {"idarea": "nenhuma"})
    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "error": {"code": "area_not_found", "message": "There is no such area."},
    }


def test_another_managers_area_is_unknown(full_api, sales):
    other = make_manager(controller_port=9090)
    answer = full_api.post(
        f"/api/area/operator/{other.controller_port}", {"idarea": "vendas"}
    )
    assert answer.json()["error"]["code"] == "area_not_found"


def test_an_unknown_manager_is_reported_before_the_area(api, other_manager):
    missing = api.post("/api/area/operator/64999", {"idarea": "nenhuma"})
    foreign = api.post(
        f"/api/area/operator/{other_manager.controller_port}", {"idarea": "nenhuma"}
    )
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "manager_not_found"
    assert missing.content == foreign.content


@pytest.mark.parametrize(
    "idarea", [None, "", [], {}, True, 1.5, "x" * 201, "x" * 65, "\x00"]
)
def test_a_wrong_idarea_is_invalid(api, idarea):
    answer = api.post("/api/area/operator/8080", {"idarea": idarea})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert list(answer.json()["error"]["fields"]) == ["idarea"]
