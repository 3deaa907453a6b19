"""Presence of past days: stored, recomputed after a late change, checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from areas.models import PresenceSpan
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept import nightly, rebuilding
from hci_center.reports.kept.summaries import keep_summaries
from hci_center.reports.kept.volume_hours import settle_hours
from hci_center.reports.models import Check, DirtyDay, PresenceDay, SettledHours
from hci_center.reports.rows import rows_of
from tests.reports.hand_checked import NUMBER, write
from tests.reports.independent import Rows
from tests.reports.independent_figures import expected
from tests.reports.past import Centre, at, go_on, write_chat
from tests.reports.past_presence import write_presence

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    write_presence(centre)
    return centre


def keep() -> None:
    rebuilding.take_dirty()
    rebuilding.keep_open()
    settle_hours()
    keep_summaries()


def require_true(centre: Centre) -> list[Any]:
    """Returns the figures; asserts that they equal those of the independent program."""
    managers, found = (centre.manager.pk,), []
    for metric in ("occupancy", "concurrency", "pauses"):
        for by in ((), ("operator",), ("day", "operator"), ("week",)):
            report = figures(Question(metric, managers, FIRST, LAST, by))
            own, total = expected(Rows(), metric, {*managers}, FIRST, LAST, by)
            assert (report.rows, report.total) == (own, total), (metric, by)
            found.append(report)
    return found


def test_stored_figures_equal_live_ones(centre: Centre) -> None:
    before = require_true(centre)
    keep()
    assert not DirtyDay.objects.exists()
    assert require_true(centre) == before
    # Stored rows are read: only these have been changed.
    PresenceDay.objects.update(n=100)
    question = Question("occupancy", (centre.manager.pk,), FIRST, LAST)
    assert figures(question).total["n"] >= 100


def test_a_late_change_of_a_span_counts_at_once(centre: Centre) -> None:
    keep()
    span = PresenceSpan.objects.filter(state="online", ended_at__lt=at("24 00:00"))[0]
    assert span.ended_at is not None
    changes: list[dict[str, Any]] = [
        {"ended_at": span.ended_at - timedelta(minutes=7)},
        {"state": "paused", "reason": "almoco"},
    ]
    for change in changes:
        PresenceSpan.objects.filter(pk=span.pk).update(**change)
        assert DirtyDay.objects.exists()
        require_true(centre)
        keep_summaries()
        require_true(centre)
    span.delete()
    require_true(centre)
    keep_summaries()
    require_true(centre)
    PresenceSpan.objects.create(
        operator=centre.ana, state="paused", reason="x", started_at=at("26 01:00"),
        ended_at=at("26 01:30"), seen_at=at("26 01:30"),
    )  # fmt: skip
    require_true(centre)


def test_a_hold_that_ends_or_changes_counts_at_once(centre: Centre) -> None:
    lines: list[Any] = [
        (at("19 10:00"), "opened", centre.sales, None),
        (at("19 10:01"), "claimed", centre.sales, centre.ana),
    ]
    contact = centre.contact()
    chat_id = write_chat(centre, contact, lines, [])
    keep()
    require_true(centre)
    # Until now it was held without end.
    moved = (at("19 13:00"), "transferred", centre.sales, centre.bruno)
    go_on(centre, contact, chat_id, [moved])
    require_true(centre)
    rebuilding.keep_open()
    assert DirtyDay.objects.filter(day=date(2025, 11, 20)).exists()
    require_true(centre)
    keep_summaries()
    assert not DirtyDay.objects.exists()
    require_true(centre)


def test_a_current_span_marks_no_day(centre: Centre) -> None:
    DirtyDay.objects.all().delete()
    now = timezone.now()
    PresenceSpan.objects.filter(ended_at=None).delete()
    DirtyDay.objects.all().delete()
    span = PresenceSpan.objects.create(
        operator=centre.ana, state="online", started_at=now - timedelta(hours=1),
        seen_at=now,
    )  # fmt: skip
    longer = PresenceSpan.objects.create(
        operator=centre.bruno, state="online", started_at=now - timedelta(hours=1),
        seen_at=now,
    )  # fmt: skip
    PresenceSpan.objects.filter(pk=longer.pk).update(
        started_at=now - timedelta(hours=20)
    )
    DirtyDay.objects.all().delete()
    for one in (span, longer):
        PresenceSpan.objects.filter(pk=one.pk).update(
            seen_at=now + timedelta(minutes=1)
        )
        PresenceSpan.objects.filter(pk=one.pk).update(
            ended_at=now + timedelta(minutes=2)
        )
    assert not DirtyDay.objects.exists()


def test_a_tampered_day_is_found_and_corrected(centre: Centre) -> None:
    keep()
    before = require_true(centre)
    row = PresenceDay.objects.filter(state="online", busy__gt=0)[0]
    PresenceDay.objects.filter(pk=row.pk).update(busy=1)
    with pytest.raises(CommandError, match="2 rows differ"):
        call_command("rebuild_reports", verify=True)
    noon = datetime(row.day.year, row.day.month, row.day.day, 15, tzinfo=UTC)
    assert nightly.check_if_due(noon + timedelta(days=2))
    found = Check.objects.filter(check_code="kept", manager_id=centre.manager.pk)
    assert [one.kept["busy"] for one in found if one.kept] == [1]
    assert require_true(centre) == before


def test_final_days_stay_as_they_are_stored(centre: Centre) -> None:
    """Their spans are deleted, and nothing computes them again."""
    managers = (centre.manager.pk,)
    asked = [
        Question(metric, managers, FIRST, LAST, by)
        for metric in ("occupancy", "concurrency", "pauses")
        for by in ((), ("operator",), ("day",))
    ]
    keep()
    before = [figures(each) for each in asked]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT report_finish_presence(%s, '2025-11-21')", [centre.manager.pk]
        )
        assert cursor.fetchone()[0] == date(2025, 11, 21)
    PresenceSpan.objects.filter(ended_at__lt=at("20 00:00")).delete()
    assert not DirtyDay.objects.exists()
    assert [figures(each) for each in asked] == before
    # A hold of a final day that changes, and everything computed anew.
    lines: list[Any] = [
        (at("19 10:00"), "opened", centre.sales, None),
        (at("19 10:01"), "claimed", centre.sales, centre.ana),
        (at("19 11:01"), "closed", centre.sales, centre.ana),
    ]
    write_chat(centre, centre.contact(), lines, [])
    assert [figures(each) for each in asked] == before
    call_command("rebuild_reports")
    assert [figures(each) for each in asked] == before
    call_command("rebuild_reports", verify=True)
    SettledHours.objects.update(summaries_until=None)
    assert [figures(each) for each in asked] == before
    rows, _ = rows_of(Question("occupancy", managers, FIRST, LAST), 100)
    assert min(row.begins for row in rows) >= at("21 00:00")


def test_days_that_are_not_stored_do_not_become_final(centre: Centre) -> None:
    finish = "SELECT report_finish_presence(%s, '2025-11-21')"
    with connection.cursor() as cursor:
        cursor.execute(finish, [centre.manager.pk])
        assert cursor.fetchone()[0] is None
        keep()
        DirtyDay.objects.create(manager_id=centre.manager.pk, day=date(2025, 11, 19))
        cursor.execute(finish, [centre.manager.pk])
        assert cursor.fetchone()[0] == date(2025, 11, 19)
