"""The value of a setting in force: the area's, the manager's or the default."""

import pytest

from areas.models import Policy
from areas.rules.policies import SURVEY_TEXT, PolicySettings, policies_of, policy_for
from tests.builders import make_area, make_manager

pytestmark = pytest.mark.django_db


def test_without_policies_the_defaults_are_in_force(django_assert_num_queries):
    manager = make_manager()
    area = make_area(manager)
    with django_assert_num_queries(1):
        found = policy_for(manager.pk, area.pk)
    assert found == PolicySettings() == policy_for(manager.pk, None)
    assert (found.hours, found.holidays, found.survey_text) == (
        "always",
        True,
        SURVEY_TEXT,
    )


def test_an_area_inherits_what_it_does_not_set():
    manager = make_manager()
    area, other = make_area(manager), make_area(manager)
    Policy.objects.create(manager=manager, cap=4, reopen=600, away_text="Fechado")
    Policy.objects.create(manager=manager, area=area, cap=2)
    found = policy_for(manager.pk, area.pk)
    assert (found.cap, found.reopen, found.away_text) == (2, 600, "Fechado")
    assert policy_for(manager.pk, other.pk).cap == 4
    assert policy_for(manager.pk, None).cap == 4


def test_zero_empty_and_false_are_values_of_their_own():
    manager = make_manager()
    area = make_area(manager)
    own = {
        "hours": {"mon": ["08:00-12:00"]},
        "holidays": True,
        "assign": "fewest",
        "cap": 4,
        "survey": True,
        "away_text": "Fechado",
        "away_area": area,
    }
    emptied = {
        "hours": "always",
        "holidays": False,
        "assign": "off",
        "cap": 0,
        "survey": False,
        "away_text": "",
        "no_away_area": True,
    }
    Policy.objects.create(manager=manager, **own)
    Policy.objects.create(manager=manager, area=area, **emptied)
    assert policy_for(manager.pk, area.pk) == PolicySettings(holidays=False)
    assert policy_for(manager.pk, None).away_area_id == area.pk


def test_all_areas_of_a_manager_are_read_at_once(django_assert_num_queries):
    manager, foreign = make_manager(), make_manager()
    areas = [make_area(manager) for _ in range(3)]
    Policy.objects.create(manager=manager, cap=4)
    Policy.objects.create(manager=manager, area=areas[1], cap=0)
    Policy.objects.create(manager=foreign, cap=9)
    with django_assert_num_queries(1):
        found = policies_of(manager.pk, [area.pk for area in areas])
    assert [found[area.pk].cap for area in areas] == [4, 0, 4]
    assert found[None].cap == 4
