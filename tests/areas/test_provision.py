"""manage.py provision FILE.json: creates managers, areas and people."""

import io
import json
import re
import sys

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from areas.models import Area, Holiday, Operator, OperatorArea, Policy, Schedule
from managers.models import Manager, Supervision
from tests.areas.api.test_session import Browser
from tests.builders import make_area, make_manager, make_operator, make_supervisor

BAKERY = {
    "name": "Padaria",
    "email": "oi@padaria.example",
    "number": 5511400011111,
    "controllerPort": "8080",
    "facebookId": "369258147",
    "facebookToken": "canary-token",
    "gateway": "evolution",
    "gatewaySettings": {"url": "http://127.0.0.1:9", "apikey": "canary-key"},
    "supervisors": [{"username": "celia", "password": "canary-celia"}],
    "areas": [{"code": "suporte", "name": "Suporte"}, {"code": "vendas"}],
    "operators": [
        {
            "username": "ana",
            "password": "canary-ana",
            "name": "Ana",
            "email": "ana@padaria.example",
            "areas": ["vendas", "suporte"],
        },
        {"username": "bruno"},
    ],
}
RULE_MODELS = (Policy, Holiday, Schedule)
MINIMAL = {"name": "Banca", "facebookId": "page.1-x"}


@pytest.fixture
def provision(db, tmp_path):
    def run(*managers):
        file = tmp_path / "centre.json"
        file.write_text(json.dumps({"managers": list(managers)}))
        out = io.StringIO()
        call_command("provision", str(file), stdout=out)
        return json.loads(out.getvalue())

    return run


def everything():
    """Returns all rows that provisioning may change."""
    models = (Manager, Area, Operator, OperatorArea, Supervision, User)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_it_makes_all_that_the_file_says_and_prints_the_ids(provision):
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


def test_the_people_can_sign_in_as_what_they_are(provision):
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


def test_what_is_given_is_changed_and_what_is_left_out_stays(provision):
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


def test_an_area_that_a_call_made_is_reviewed_by_being_in_the_file(provision):
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


def test_standard_input_is_read_for_a_dash(db, monkeypatch):
    content = b"\xef\xbb\xbf" + json.dumps({"managers": [MINIMAL]}).encode()
    stdin = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stdin)
    call_command("provision", "-", stdout=io.StringIO())
    assert Manager.objects.get().name == "Banca"


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"name": ""}, "managers[1].name: This field is required."),
        ({"facebookId": None}, "managers[1]: One of number, facebookId is required."),
        ({"number": "abc"}, "managers[1].number: This is not a phone number."),
        ({"controllerPort": 0}, "managers[1].controllerPort: A port is a number from"),
        ({"gateway": "pigeon"}, "managers[1].gateway: This is one of controller, "),
        ({"gatewaySettings": []}, "managers[1].gatewaySettings: This must be an obj"),
        ({"colour": 1}, "managers[1].colour: There is no such field."),
        ({"areas": {}}, "managers[1].areas: This must be a list."),
        ({"areas": [7]}, "managers[1].areas[0]: This must be an object."),
        ({"areas": [{"name": "A"}]}, "managers[1].areas[0].code: This field is req"),
        ({"areas": [{"code": "x" * 65}]}, "areas[0].code: This is longer than 64"),
        ({"areas": [{"code": "a"}] * 2}, "managers[1].areas: a is there twice."),
        ({"operators": [{}]}, "managers[1].operators[0].username: This field is req"),
        ({"operators": [{"username": "a b"}]}, "operators[0].username: Enter a valid"),
        ({"operators": [{"username": "a", "areas": "x"}]}, "areas: This must be a li"),
        ({"supervisors": [{"username": "a", "passwort": ""}]}, "[0].passwort: There"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_nothing_changed(
    provision, over, problem
):
    with pytest.raises(CommandError) as refused:
        provision(BAKERY, MINIMAL | over)
    assert problem in str(refused.value)
    assert str(refused.value).endswith("\nNothing was changed.")
    assert not any(everything())


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"controllerPort": 9090}, "managers[1]: The number, page or port already"),
        ({"number": 5511400011111}, "managers[1]: This is the same manager as man"),
        ({"operators": [{"username": "ana"}]}, "This user is an operator of another"),
        ({"operators": [{"username": "celia"}]}, "This user is a supervisor."),
        ({"supervisors": [{"username": "ana"}]}, "[0]: This user is an operator."),
        (
            {"operators": [{"username": "caio", "areas": ["vendas"]}]},
            "managers[1].operators[0].areas: The manager has no area vendas.",
        ),
        (
            {"areas": [{"code": "a", "name": "N"}, {"code": "b", "name": "N"}]},
            "managers[1].areas[1]: Another area of the manager bears this name.",
        ),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_changed(provision, over, problem):
    make_manager(controller_port=9090)
    with pytest.raises(CommandError) as refused:
        provision(BAKERY, MINIMAL | over)
    assert problem in str(refused.value)
    assert Manager.objects.count() == 1
    assert not any(everything()[1:])


def test_all_problems_are_reported_at_once(provision):
    with pytest.raises(CommandError) as refused:
        provision({"name": "", "number": "x"}, {"name": 1.5, "facebookId": "a/b"})
    assert len(str(refused.value).splitlines()) == 5


@pytest.mark.parametrize("content", ["", "[]", "{", "NaN", '{"managers": 1}', "{}"])
def test_a_file_that_is_none_is_refused(db, tmp_path, content):
    file = tmp_path / "centre.json"
    file.write_text(content)
    with pytest.raises(CommandError):
        call_command("provision", str(file))


def test_a_file_that_is_not_there_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("provision", str(tmp_path / "none.json"))


def test_rows_of_other_managers_stay(provision):
    other = make_manager()
    make_operator(other, make_area(other, "vendas"), name="Zeca")
    make_supervisor(other)
    before = everything()
    provision(BAKERY)
    for rows, now in zip(before, everything(), strict=True):
        assert [row for row in now if row in rows] == rows


RULES = {
    "timeZone": "America/Manaus",
    "uf": "AM",
    "policy": {"hours": {"mon": ["08:00-12:00"]}, "awayText": ""},
    "holidays": [
        {
            "date": "2027-06-13",
            "name": "Santo Antônio",
            "yearly": True,
            "hours": None,
            "area": None,
        }
    ],
    "pauseReasons": [{"code": "lunch", "name": "Almoço", "minutes": 60}],
    "closingReasons": [
        {"code": "paid", "name": "Pago", "area": None},
        {"code": "sold", "name": "Vendido", "area": "vendas"},
    ],
    "transferReasons": [{"code": "copy", "name": "2ª via"}],
    "tags": [{"code": "vip", "name": "VIP", "colour": "#ff0000"}],
    "replies": [
        {"shortcut": "pix", "title": "Pix", "text": "Chave {x}", "area": None},
        {"shortcut": "pix", "title": "", "text": "Outra", "area": "vendas"},
    ],
    "areas": [{"code": "vendas", "policy": {"cap": 3}}],
    "operators": [{"username": "ana", "cap": 5}],
}
LISTS = ("pauseReasons", "closingReasons", "transferReasons", "tags", "replies")


def test_rules_are_saved_and_printed_back(provision):
    printed = provision(MINIMAL | RULES)["managers"][0]
    for key in ("timeZone", "uf", "policy", "holidays", *LISTS):
        assert printed[key] == RULES[key]
    assert printed["areas"][0]["policy"] == {"cap": 3}
    assert printed["operators"][0]["cap"] == 5
    before = [list(model.objects.order_by("pk").values()) for model in RULE_MODELS]
    assert provision(printed)["managers"][0] == printed
    assert before == [
        list(model.objects.order_by("pk").values()) for model in RULE_MODELS
    ]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"timeZone": "Sao Paulo"}, "managers[0].timeZone"),
        ({"uf": "XX"}, "managers[0].uf"),
        ({"policy": {"hours": {"mon": ["8h"]}}}, "managers[0].policy.hours.mon[0]"),
        (
            {"areas": [{"code": "a", "policy": {"cap": -1}}]},
            "managers[0].areas[0].policy.cap",
        ),
        ({"nationalHolidays": ["x"]}, "managers[0].nationalHolidays[0]"),
        (
            {"pauseReasons": [{"code": "a", "name": "A", "minutes": 9999}]},
            "managers[0].pauseReasons[0].minutes",
        ),
        ({"closingReasons": [{"code": "A b", "name": "A"}]}, "closingReasons[0].code"),
        (
            {"closingReasons": [{"code": "a", "name": "A", "area": "none"}]},
            "closingReasons[0].area",
        ),
        ({"transferReasons": [{"code": "a"}]}, "transferReasons[0].name"),
        (
            {"closingReasons": [{"code": "a", "name": "A"}] * 2},
            "managers[0].closingReasons: a is there twice",
        ),
        ({"operators": [{"username": "u", "cap": -1}]}, "managers[0].operators[0].cap"),
        (
            {"tags": [{"code": "a", "name": "A", "colour": "red"}]},
            "managers[0].tags[0].colour",
        ),
        ({"replies": [{"shortcut": "Oi", "text": "x"}]}, "replies[0].shortcut"),
        ({"replies": [{"shortcut": "oi", "text": ""}]}, "replies[0].text"),
        (
            {"replies": [{"shortcut": "oi", "text": "x", "area": "none"}]},
            "managers[0].replies[0].area",
        ),
        (
            {"replies": [{"shortcut": "oi", "text": "x"}] * 2},
            "managers[0].replies: oi is there twice",
        ),
    ],
)
def test_wrong_rules_are_refused_with_their_place(provision, given, place):
    with pytest.raises(CommandError, match=re.escape(place)):
        provision(MINIMAL | given)
    assert not Manager.objects.exists()


def test_null_takes_an_operators_limit_away_and_lists_delete_nothing(provision):
    provision(MINIMAL | RULES)
    operators = [{"username": "ana", "cap": None}]
    closing = [{"code": "gone", "name": "Sumiu"}]
    printed = provision(MINIMAL | {"operators": operators, "closingReasons": closing})
    manager = printed["managers"][0]
    assert "cap" not in manager["operators"][0]
    assert [item["code"] for item in manager["closingReasons"]] == [
        "paid",
        "sold",
        "gone",
    ]
