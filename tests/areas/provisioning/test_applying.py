"""manage.py provision FILE.json: creates managers, areas and people."""

import io
import json
import sys

from django.contrib.auth.models import User
from django.core.management import call_command

from areas.models import Area, Operator
from managers.models import Manager, Supervision
from tests.areas.api.test_session import Browser
from tests.areas.conftest import BAKERY, MINIMAL, everything
from tests.builders import make_area, make_manager, make_operator, make_supervisor


def test_it_creates_everything_in_the_file_and_prints_the_ids(provision):
    printed = provision(BAKERY, MINIMAL)
    bakery, stand = Manager.objects.order_by("pk")
    ana, bruno = Operator.objects.order_by("pk")
    assert printed == {
        "managers": [
            {
                "id": bakery.pk,
                "name": "Padaria",
                "email": "oi@padaria.example",
                "number": 5511400011111,
                "controllerPort": "8080",
                "facebookId": "369258147",
                "gateway": "evolution",
                "supervisors": [{"username": "celia"}],
                "areas": [
                    {"id": "suporte", "code": "suporte", "name": "Suporte"},
                    {"id": "vendas", "code": "vendas", "name": "vendas"},
                ],
                "operators": [
                    {
                        "id": str(ana.pk),
                        "username": "ana",
                        "name": "Ana",
                        "email": "ana@padaria.example",
                        "areas": ["vendas", "suporte"],
                    },
                    {
                        "id": str(bruno.pk),
                        "username": "bruno",
                        "name": "bruno",
                        "email": "",
                        "areas": [],
                    },
                ],
            },
            {
                "id": stand.pk,
                "name": "Banca",
                "email": "",
                "number": None,
                "controllerPort": "",
                "facebookId": "page.1-x",
                "gateway": "controller",
                "supervisors": [],
                "areas": [],
                "operators": [],
            },
        ]
    }
    assert "canary" not in json.dumps(printed)
    assert bakery.facebook_token == "canary-token"
    assert json.loads(bakery.gateway_settings) == BAKERY["gatewaySettings"]
    assert [one.manager_id for one in Supervision.objects.all()] == [bakery.pk]


def test_the_people_can_sign_in_with_their_roles(provision):
    provision(BAKERY)
    for username, role in (("ana", "operator"), ("celia", "supervisor")):
        browser = Browser()
        browser.call("GET")
        data = browser.sign_in(username, f"canary-{username}").json()["data"]
        assert data["role"] == role
    assert not User.objects.get(username="bruno").has_usable_password()


def test_repeating_it_changes_nothing_and_keeps_the_ids(provision):
    first = provision(BAKERY, MINIMAL)
    before = everything()
    assert provision(BAKERY, MINIMAL) == first
    assert everything() == before
    assert provision(*first["managers"]) == first
    assert everything() == before


def test_given_values_are_changed_and_omitted_ones_kept(provision):
    provision(BAKERY)
    provision(
        {
            "name": "Padaria Nova",
            "number": "+55 11 4000-11111",
            "supervisors": [{"username": "davi", "password": "canary-davi"}],
            "areas": [{"code": "vendas", "name": "Vendas"}, {"code": "caixa"}],
            "operators": [
                {"username": "ana", "name": "Ana Lima", "areas": ["caixa"]},
                {"username": "bruno", "password": "canary-new"},
            ],
        }
    )
    manager = Manager.objects.get()
    assert (manager.name, manager.email) == ("Padaria Nova", "oi@padaria.example")
    assert (manager.facebook_id, manager.facebook_token) == (
        "369258147",
        "canary-token",
    )
    assert manager.gateway == "evolution"
    areas = Area.objects.values_list("code", "name")
    assert list(areas) == [
        ("suporte", "Suporte"),
        ("vendas", "Vendas"),
        ("caixa", "caixa"),
    ]
    ana = Operator.objects.get(user__username="ana")
    assert (ana.name, ana.email) == ("Ana Lima", "ana@padaria.example")
    assert {area.code for area in ana.areas.all()} == {"vendas", "suporte", "caixa"}
    assert ana.user.check_password("canary-ana")
    assert User.objects.get(username="bruno").check_password("canary-new")
    supervisors = Supervision.objects.values_list("user__username", flat=True)
    assert set(supervisors) == {"celia", "davi"}


def test_a_manager_is_matched_by_number_and_else_by_page(provision):
    by_number = make_manager(number=1, facebook_id="a", controller_port=None)
    by_page = make_manager(number=None, facebook_id="b", controller_port=None)
    printed = provision(
        {"name": "One", "number": 1, "facebookId": "c"},
        {"name": "Two", "number": 2, "facebookId": "b"},
    )
    assert [shape["id"] for shape in printed["managers"]] == [by_number.pk, by_page.pk]
    by_number.refresh_from_db()
    by_page.refresh_from_db()
    assert (by_number.name, by_number.facebook_id) == ("One", "c")
    assert (by_page.name, by_page.number) == ("Two", 2)


def test_being_in_the_file_reviews_an_area_created_by_a_call(provision):
    provision(BAKERY)
    Area.objects.update(needs_review=True)
    provision(BAKERY)
    assert not Area.objects.filter(needs_review=True).exists()


def test_one_person_may_supervise_several_managers(provision):
    celia = [{"username": "celia"}]
    provision(
        {**MINIMAL, "supervisors": celia},
        {"name": "B", "number": 2, "supervisors": celia},
    )
    assert User.objects.count() == 1
    assert Supervision.objects.count() == 2


def test_a_dash_reads_standard_input(db, monkeypatch):
    content = b"\xef\xbb\xbf" + json.dumps({"managers": [MINIMAL]}).encode()
    stdin = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stdin)
    call_command("provision", "-", stdout=io.StringIO())
    assert Manager.objects.get().name == "Banca"


def test_rows_of_other_managers_are_unchanged(provision):
    other = make_manager()
    make_operator(other, make_area(other, "vendas"), name="Zeca")
    make_supervisor(other)
    before = everything()
    provision(BAKERY)
    for rows, now in zip(before, everything(), strict=True):
        assert [row for row in now if row in rows] == rows
