"""The rules of a provisioning file: time zone, policies and holidays."""

import pytest
from django.db import transaction

from areas.models import Holiday, Menu, Policy, Schedule
from areas.provisioning.rules import (
    apply_rules,
    parse_state,
    parse_time_zone,
    print_rules,
)
from areas.rules.holidays import national_holidays
from areas.rules.policies import policy_for
from hci_center.api.parsers import WrongValueError
from hci_center.errors import InvalidError
from tests.builders import make_area, make_manager
from tests.menus import MENU

pytestmark = pytest.mark.django_db
PLACE = "managers[0]"
POLICY = {
    "hours": {"mon": ["08:00-12:00"], "sat": ["22:00-02:00"]},
    "awayArea": "vendas",
    "awayText": "",
    "cap": 0,
    "survey": False,
}
HOLIDAYS = [
    {"date": "2027-06-13", "name": "Santo Antônio", "yearly": True},
    {
        "date": "2027-06-24",
        "name": "São João",
        "hours": ["09:00-12:00"],
        "area": "vendas",
    },
]


@pytest.fixture
def manager():
    manager = make_manager()
    make_area(manager, "vendas")
    make_area(manager, "suporte")
    return manager


def apply(manager, given, **areas):
    places = {
        code: (f"{PLACE}.areas[{n}]", policy)
        for n, (code, policy) in enumerate(areas.items())
    }
    apply_rules(manager, given, places, PLACE)


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Policy, Holiday, Schedule)
    ]


def wrong(manager, given, **areas):
    with pytest.raises(InvalidError) as raised:
        apply(manager, given, **areas)
    return sorted(raised.value.more["fields"])


def test_given_rules_are_saved_and_printed(manager):
    given = {"policy": POLICY, "holidays": HOLIDAYS}
    apply(manager, given, suporte={"cap": 4, "awayArea": "", "hours": "always"})
    areas = [{"code": "vendas"}, {"code": "suporte"}]
    printed = print_rules(manager, areas)
    assert printed == {
        "policy": POLICY,
        "holidays": [
            {"hours": None, "area": None, **HOLIDAYS[0]},
            {"yearly": False, **HOLIDAYS[1]},
        ],
    }
    assert areas[1]["policy"] == {"cap": 4, "awayArea": "", "hours": "always"}
    assert "policy" not in areas[0]
    before = rows()
    apply(manager, printed, suporte=areas[1]["policy"])
    assert rows() == before
    # One version for the manager and one for each area that differs, not one per step.
    assert Schedule.objects.count() == 3


def test_without_the_keys_nothing_is_written_or_printed(manager):
    apply(manager, {})
    assert rows() == [[], [], []]
    assert print_rules(manager, [{"code": "vendas"}]) == {}


def test_null_inherits_and_lists_delete_nothing(manager):
    apply(manager, {"policy": POLICY, "holidays": HOLIDAYS})
    apply(manager, {"policy": {"cap": None}, "holidays": []})
    assert "cap" not in print_rules(manager, [])["policy"]
    assert Holiday.objects.count() == 2
    apply(manager, {"policy": None})
    assert not Policy.objects.exists()


def test_a_holiday_of_the_same_area_and_date_is_changed(manager):
    apply(manager, {"holidays": HOLIDAYS})
    renamed = {**HOLIDAYS[1], "name": "Festa", "hours": None}
    apply(manager, {"holidays": [renamed]})
    found = Holiday.objects.get(area__code="vendas")
    assert (found.name, found.hours) == ("Festa", None)
    assert Holiday.objects.count() == 2


def test_national_holidays_are_made_as_rows_and_edited_ones_stay(manager):
    manager.uf = "SP"
    apply(manager, {"nationalHolidays": [2027]})
    names = dict(Holiday.objects.values_list("date", "name"))
    public = [each for each in national_holidays(2027, "SP") if not each.is_optional]
    assert names == {each.date: each.name for each in public}
    assert "Carnaval" not in names.values()
    Holiday.objects.filter(name="Natal").update(hours=["08:00-12:00"])
    apply(manager, {"nationalHolidays": [2027]})
    assert Holiday.objects.get(name="Natal").hours == ["08:00-12:00"]
    assert Holiday.objects.count() == len(public)


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({"policy": []}, ["policy"]),
        ({"policy": {"hours": {"mon": ["8h"]}}}, ["policy.hours.mon[0]"]),
        ({"policy": {"awayArea": "x", "cap": -1}}, ["policy.awayArea", "policy.cap"]),
        ({"holidays": {}}, ["holidays"]),
        ({"holidays": ["2027-01-01"]}, ["holidays[0]"]),
        (
            {"holidays": [{"date": "1.1.", "area": "x", "hours": ["8h"], "day": 1}]},
            [
                "holidays[0].area",
                "holidays[0].date",
                "holidays[0].day",
                "holidays[0].hours[0]",
                "holidays[0].name",
            ],
        ),
        ({"holidays": [HOLIDAYS[0], HOLIDAYS[0]]}, ["holidays[1]"]),
        (
            {"holidays": [{**HOLIDAYS[0], "hours": ["22:00-06:00"]}]},
            ["holidays[0].hours[0]"],
        ),
        ({"nationalHolidays": [1999]}, ["nationalHolidays[0]"]),
        ({"nationalHolidays": 2027}, ["nationalHolidays"]),
    ],
)
def test_errors_name_the_place_in_the_file(manager, given, places):
    assert wrong(manager, given) == [f"{PLACE}.{place}" for place in places]


def test_an_areas_policy_is_refused_at_the_area(manager):
    found = wrong(manager, {}, vendas={"entryArea": "suporte", "reopen": 604_801})
    assert found == [
        f"{PLACE}.areas[0].policy.entryArea",
        f"{PLACE}.areas[0].policy.reopen",
    ]


@pytest.mark.parametrize("value", ["Sao Paulo", "", 3, None, ["UTC"]])
def test_a_wrong_time_zone_is_refused(value):
    with pytest.raises(WrongValueError):
        parse_time_zone(value)
    assert parse_time_zone("America/Manaus") == "America/Manaus"


@pytest.mark.parametrize("value", ["São Paulo", "sp", 3, ["SP"]])
def test_a_wrong_state_is_refused(value):
    with pytest.raises(WrongValueError):
        parse_state(value)
    assert [parse_state("SP"), parse_state("")] == ["SP", ""]


def test_the_policy_of_an_area_takes_precedence(manager):
    apply(manager, {"policy": {"reopen": 60}}, vendas={"reopen": 0})
    area = manager.areas.get(code="vendas")
    assert policy_for(manager.pk, area.pk).reopen == 0


def test_a_menu_is_published_once_and_printed_with_its_version(manager):
    apply(manager, {"menu": MENU})
    apply(manager, {"menu": MENU})
    printed = print_rules(manager, [])["menu"]
    assert printed["version"] == Menu.objects.get().version == 1
    # What was printed is what can be given.
    apply(manager, {"menu": printed})
    assert Menu.objects.count() == 1
    apply(manager, {"menu": None})
    assert "menu" not in print_rules(manager, [])
    assert Menu.objects.count() == 2


def test_a_wrong_menu_is_refused_with_its_place_and_nothing_is_saved(manager):
    wrong = MENU | {"fallback": "compras"}
    before = rows()
    with pytest.raises(InvalidError) as raised, transaction.atomic():
        apply(manager, {"policy": {"cap": 3}, "menu": wrong})
    assert list(raised.value.more["fields"]) == [f"{PLACE}.menu.fallback"]
    assert rows() == before
    assert not Menu.objects.exists()
