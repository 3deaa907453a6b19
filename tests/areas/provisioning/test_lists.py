"""manage.py provision FILE.json: policies, holidays, reasons, tags and replies."""

import re

import pytest
from django.core.management import CommandError

from areas.models import Holiday, Policy, Schedule
from managers.models import Manager
from tests.areas.conftest import MINIMAL

RULE_MODELS = (Policy, Holiday, Schedule)


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
def test_errors_of_rules_name_the_place_in_the_file(provision, given, place):
    with pytest.raises(CommandError, match=re.escape(place)):
        provision(MINIMAL | given)
    assert not Manager.objects.exists()


def test_null_removes_an_operators_limit_and_lists_delete_nothing(provision):
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
