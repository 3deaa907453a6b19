"""The open spans of each version of the hours as timestamps, for reports in SQL."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from areas.models import Opening, Schedule
from areas.rules import openings
from areas.rules.openings import AHEAD, extend, extend_openings
from areas.rules.policy_saving import save_policy
from areas.rules.schedules import Timetable, timetable_of
from hci_center.background.models import BackgroundFault
from tests.builders import make_area, make_manager

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOURS = {"mon": ["08:00-12:00", "13:00-18:00"], "sat": ["22:00-02:00"]}


@pytest.fixture
def version():
    manager = make_manager()
    save_policy(manager.pk, None, {"hours": HOURS})
    return Schedule.objects.get(manager=manager)


def spans(version):
    rows = Opening.objects.filter(schedule=version).order_by("begins")
    return list(rows.values_list("begins", "ends", "before_s"))


def expect_whole(version, until):
    """Asserts that spans do not overlap and match the timetable."""
    rows = spans(version)
    total = 0
    for begins, ends, before in rows:
        assert before == total
        total += (ends - begins) // timedelta(seconds=1)
    timetable = timetable_of(version.manager_id, None)
    computed = list(timetable.openings(version.valid_from - DAY, until))
    assert [row[:2] for row in rows] == computed


def test_a_new_version_has_its_spans_sixty_days_ahead(version):
    expect_whole(version, timezone.now() + AHEAD)
    assert len(spans(version)) > 20


def test_spans_are_extended_without_duplicates(version):
    before = spans(version)
    extend_openings()
    assert spans(version) == before
    later = timezone.now() + timedelta(days=200)
    extend(version.pk, now=later)
    assert spans(version)[: len(before)] == before
    expect_whole(version, later + AHEAD)


def test_new_time_zone_rules_change_only_future_spans(version, monkeypatch):
    begun = timezone.now() + 10 * DAY
    before = spans(version)
    moved = Timetable(
        ZoneInfo("America/Manaus"), timetable_of(version.manager_id, None).week
    )
    monkeypatch.setattr(openings, "read_timetable", lambda *_: moved)
    extend(version.pk, now=begun)
    after = spans(version)
    past = [row for row in before if row[0] <= begun]
    assert after[: len(past)] == past
    # A span that has begun is not cut; the next spans of the same hours begin after it.
    ahead = [
        (max(opens, past[-1][1]), closes)
        for opens, closes in moved.openings(past[-1][1], begun + AHEAD)
        if max(opens, past[-1][1]) > begun
    ]
    assert [row[:2] for row in after[len(past) :]] == ahead
    assert after[len(past)][2] == past[-1][2] + (
        past[-1][1] - past[-1][0]
    ) // timedelta(seconds=1)


def test_always_open_has_spans_without_gaps(version):
    save_policy(version.manager_id, None, {"hours": "always"})
    rows = spans(Schedule.objects.latest("pk"))
    assert all(a[1] == b[0] for a, b in pairwise(rows))
    assert rows[-1][1] >= timezone.now() + AHEAD - DAY


def test_a_version_that_fails_does_not_stop_others(version, monkeypatch):
    other = make_manager()
    save_policy(other.pk, None, {"hours": HOURS})
    second = Schedule.objects.get(manager=other)
    Opening.objects.all().delete()
    whole = openings.extend

    def fail(schedule_id):
        if schedule_id == version.pk:
            raise ValueError("broken")
        whole(schedule_id)

    monkeypatch.setattr(openings, "extend", fail)
    extend_openings()
    assert spans(second)
    assert not spans(version)
    assert BackgroundFault.objects.filter(task="openings").exists()


def test_a_version_replaced_over_a_year_ago_is_not_extended():
    manager = make_manager()
    area = make_area(manager)
    old, new = (
        Schedule.objects.create(
            manager=manager,
            area=area,
            valid_from=datetime(year, 1, 1, tzinfo=UTC),
            zone="America/Sao_Paulo",
            hours={"1": [["08:00", "12:00"]]},
        )
        for year in (2024, 2025)
    )
    extend_openings()
    assert not spans(old)
    assert spans(new)
