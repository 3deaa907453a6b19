"""Saving a policy: validation errors, and which rows are written."""

from datetime import date

import pytest

from areas.models import Holiday, Menu, Opening, Policy, Schedule
from areas.rules.policies import PolicySettings, policy_for
from areas.rules.policy_saving import save_policy
from areas.rules.schedule_versions import refresh_rules
from hci_center.errors import InvalidError
from tests.builders import make_area, make_manager

pytestmark = pytest.mark.django_db
WEEK = {"mon": ["08:00-12:00", "13:00-18:00"], "tue": ["8:00 - 12:00"]}


@pytest.fixture
def manager():
    return make_manager()


@pytest.fixture
def area(manager):
    return make_area(manager, "vendas")


def problems(manager, area, given):
    with pytest.raises(InvalidError) as raised:
        save_policy(manager.pk, area and area.pk, given)
    return raised.value.more["fields"]


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({"hours": "sometimes"}, ["policy.hours"]),
        ({"hours": {"monday": []}}, ["policy.hours.monday"]),
        ({"hours": {"mon": "08:00-12:00"}}, ["policy.hours.mon"]),
        ({"hours": {"mon": ["08:00-12:00", "11:59-13:00"]}}, ["policy.hours.mon[1]"]),
        (
            {"hours": {"mon": ["22:00-06:00"], "tue": ["05:00-08:00"]}},
            ["policy.hours.tue[0]"],
        ),
        (
            {"hours": {"mon": ["00:00-01:00"], "sun": ["22:00-02:00"]}},
            ["policy.hours.sun[0]"],
        ),
        (
            {"hours": {"mon": ["24:00-12:00", "08:60-09:00", "8h", 8, "07:00-07:00"]}},
            [f"policy.hours.mon[{n}]" for n in range(5)],
        ),
        ({"hours": {"mon": ["08:00-24:01"]}}, ["policy.hours.mon[0]"]),
        (
            {"cap": 1001, "reopen": 604_801, "commentUpTo": 6, "assign": "best"},
            ["policy.assign", "policy.cap", "policy.commentUpTo", "policy.reopen"],
        ),
        (
            {"slaQueue": -1, "survey": "maybe", "awayText": "x" * 4097},
            ["policy.awayText", "policy.slaQueue", "policy.survey"],
        ),
        ({"away_text": "x"}, ["policy.away_text"]),
        (
            {"awayArea": "none", "entryArea": "none"},
            ["policy.awayArea", "policy.entryArea"],
        ),
    ],
)
def test_errors_name_the_invalid_part(manager, given, places):
    assert sorted(problems(manager, None, {"closingText": "Até", **given})) == places
    assert not Policy.objects.exists()
    assert not Schedule.objects.exists()


def test_an_area_cannot_have_an_entry_area_or_refer_to_itself(manager, area):
    given = {"entryArea": "vendas", "awayArea": "vendas"}
    assert sorted(problems(manager, area, given)) == [
        "policy.awayArea",
        "policy.entryArea",
    ]


def test_an_area_of_another_manager_is_refused(manager):
    make_area(make_manager(), "fora")
    assert list(problems(manager, None, {"awayArea": "fora"})) == ["policy.awayArea"]


def test_adjacent_hours_and_midnight_are_accepted(manager):
    hours = {"sun": ["12:00-24:00", "10:00-12:00"], "mon": ["00:00-02:00"], "sat": []}
    save_policy(manager.pk, None, {"hours": hours})
    assert policy_for(manager.pk, None).hours == {
        "mon": ["00:00-02:00"],
        "sun": ["10:00-12:00", "12:00-24:00"],
    }


def test_a_save_writes_one_version_and_points_to_it(manager, area):
    assert save_policy(
        manager.pk, None, {"hours": WEEK, "slaQueue": 60}, made_by="user:1"
    )
    manager.refresh_from_db()
    area.refresh_from_db()
    version = Schedule.objects.get()
    assert (manager.schedule_id, area.schedule_id) == (version.pk, None)
    assert (version.zone, version.made_by) == ("America/Sao_Paulo", "user:1")
    assert version.hours["1"] == [["08:00", "12:00"], ["13:00", "18:00"]]
    assert (version.hours["2"], version.hours["3"]) == ([["08:00", "12:00"]], [])
    assert version.targets == {"tme": 60, "tmr1": 0, "tmr": 0, "resolution": 0}
    assert Opening.objects.filter(schedule=version).exists()


def test_a_save_that_changes_nothing_writes_nothing(manager, area):
    given = {"hours": WEEK, "slaQueue": 60, "awayArea": "vendas", "awayText": ""}
    assert save_policy(manager.pk, None, given)
    before = list(Policy.objects.values()), list(Schedule.objects.values())
    assert not save_policy(manager.pk, None, given)
    assert not save_policy(manager.pk, None, {})
    assert not save_policy(manager.pk, area.pk, {"cap": None})
    assert not save_policy(manager.pk, area.pk, None)
    assert (list(Policy.objects.values()), list(Schedule.objects.values())) == before


def test_explicit_defaults_write_no_version(manager):
    assert save_policy(manager.pk, None, {"hours": "always", "slaQueue": 0, "cap": 0})
    assert not Schedule.objects.exists()
    manager.refresh_from_db()
    assert not manager.has_automation


def test_an_area_with_other_hours_has_its_own_version_as_long_as_it_differs(
    manager, area
):
    save_policy(manager.pk, None, {"hours": WEEK})
    save_policy(manager.pk, area.pk, {"slaFirst": 300})
    area.refresh_from_db()
    own = area.schedule_id
    assert Schedule.objects.get(pk=own).area_id == area.pk
    # The manager's hours are the area's too: both get a new version.
    save_policy(manager.pk, None, {"hours": {"mon": ["08:00-12:00"]}})
    area.refresh_from_db()
    assert area.schedule_id > own
    assert Schedule.objects.count() == 4
    save_policy(manager.pk, area.pk, None)
    area.refresh_from_db()
    assert area.schedule_id is None
    assert not Policy.objects.filter(area=area).exists()


def test_an_explicit_none_does_not_inherit(manager, area):
    other = make_area(manager, "suporte")
    save_policy(manager.pk, None, {"awayArea": "vendas", "awayText": "Fechado"})
    save_policy(manager.pk, other.pk, {"awayArea": "", "awayText": ""})
    assert policy_for(manager.pk, other.pk) == PolicySettings()
    save_policy(manager.pk, other.pk, {"awayArea": None})
    assert policy_for(manager.pk, other.pk).away_area_id == area.pk


@pytest.mark.parametrize(
    "given",
    [
        {"awayText": "Fechado"},
        {"assign": "rotation"},
        {"slaReply": 60},
        {"idleClose": 60},
        {"reopen": 60},
        {"survey": True},
        {"closingReasonRequired": True},
        {"entryArea": "vendas"},
    ],
)
def test_has_automation_is_updated(manager, area, given):
    save_policy(manager.pk, None, given)
    manager.refresh_from_db()
    assert manager.has_automation
    save_policy(manager.pk, None, None)
    manager.refresh_from_db()
    assert not manager.has_automation


def test_has_automation_follows_the_menu(manager):
    Menu.objects.create(manager=manager, version=1, body={"steps": []})
    assert refresh_rules(manager.pk)
    manager.refresh_from_db()
    assert manager.has_automation
    Menu.objects.create(manager=manager, version=2, body=None)
    assert refresh_rules(manager.pk)
    manager.refresh_from_db()
    assert not manager.has_automation


def test_a_new_zone_writes_new_versions(manager, area):
    save_policy(manager.pk, None, {"hours": WEEK})
    save_policy(manager.pk, area.pk, {"hours": {}})
    manager.time_zone = "America/Manaus"
    manager.save()
    assert refresh_rules(manager.pk)
    zones = Schedule.objects.order_by("-pk").values_list("zone", flat=True)
    assert list(zones)[:2] == ["America/Manaus", "America/Manaus"]


def test_versions_contain_holidays_by_precedence(manager, area):
    def add(day, area=None, **more):
        Holiday.objects.create(manager=manager, area=area, date=day, name="F", **more)

    add(date(2026, 11, 20))
    add(date(2026, 12, 25), is_yearly=True)
    add(date(2026, 12, 31), hours=["08:00-12:00"])
    add(date(2020, 11, 20), area, is_yearly=True, hours=["10:00-11:00"])
    add(date(2026, 12, 25), area, hours=["09:00-10:00"])
    refresh_rules(manager.pk)
    manager.refresh_from_db()
    area.refresh_from_db()
    common = Schedule.objects.get(pk=manager.schedule_id).holidays
    own = Schedule.objects.get(pk=area.schedule_id).holidays
    last = {"2026-12-31": [["08:00", "12:00"]]}
    assert common == {"2026-11-20": [], "12-25": [], **last}
    assert own == {
        "11-20": [["10:00", "11:00"]],
        "12-25": [],
        "2026-12-25": [["09:00", "10:00"]],
        **last,
    }
    save_policy(manager.pk, None, {"holidays": False})
    manager.refresh_from_db()
    assert Schedule.objects.get(pk=manager.schedule_id).holidays == {}
