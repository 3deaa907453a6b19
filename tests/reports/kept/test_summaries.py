"""Samples of past days: summed up, recomputed after a change, checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from chats.models import Chat
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.several import several
from hci_center.reports.kept import nightly, rebuilding
from hci_center.reports.kept.summaries import keep_summaries, kept_spans
from hci_center.reports.kept.summing import differing_summaries, fortnight_of
from hci_center.reports.kept.volume_hours import forget_hours, settle_hours
from hci_center.reports.models import (
    Check,
    Dirty,
    DirtyDay,
    Sample,
    SettledHours,
    Summary,
)
from hci_center.reports.rows import rows_of
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre, at, go_on, write_chat

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    rebuilding.take_dirty()
    rebuilding.keep_open()
    settle_hours()
    return centre


def ask(centre: Centre, metric: str, *by: str, **over: Any) -> Any:
    values = {"since": FIRST, "until": LAST, "by": by, **over}
    return figures(Question(metric, (centre.manager.pk,), **values))


def listed(centre: Centre, metric: str) -> int:
    found, place = rows_of(Question(metric, (centre.manager.pk,), FIRST, LAST), 1000)
    assert place is None
    return len(found)


def test_summaries_equal_single_samples(centre: Centre) -> None:
    one_area, nobody = {"area_ids": (centre.sales.pk,)}, {"operator_id": 0}
    longer = {"since": date(2025, 11, 5), "until": date(2025, 12, 20)}
    asked: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
        (metric, by, over)
        for metric in ("tme", "tmr1", "tma", "sla_tmr1", "csat", "transfer", "bounce")
        for by in ((), ("day", "channel"), ("area",), ("area", "manager"))
        for over in ({}, {"channel": "whatsapp"}, one_area, longer)
    ]
    asked += [
        (metric, by, over)
        for metric in ("tma", "reaction", "transfer", "requeues", "answered_surveys")
        for by in (("operator",), ("operator", "channel"), ("week",))
        for over in (nobody, {"operator_id": centre.ana.pk}, longer, {"weekday": 4})
    ]
    before = [ask(centre, metric, *by, **over) for metric, by, over in asked]
    assert keep_summaries() > 0
    assert keep_summaries() == 0
    for (metric, by, over), report in zip(asked, before, strict=True):
        assert ask(centre, metric, *by, **over) == report, (metric, by, over)
    # Summaries are read: only these have been changed.
    Summary.objects.filter(metric="tma", part="operator", mark=1).update(mark=5)
    assert ask(centre, "transfer", "operator") != before[asked.index(
        ("transfer", ("operator",), {"operator_id": centre.ana.pk}))]  # fmt: skip
    Summary.objects.update(seconds=[7], business=[8], counts=[1], business_counts=[])
    for by in ((), ("day",), ("area",), ("operator",)):
        assert ask(centre, "tme", *by).total["max"] == 7
        assert ask(centre, "tme", *by).total["business"]["max"] == 8
    question = Question("tma", (centre.manager.pk,), FIRST, LAST, ("operator",))
    assert (
        several(question, ["tma"], ("business",))["tma"].total["business"]["max"] == 8
    )
    assert ask(centre, "tme", hour=10).total["max"] != 7


def test_a_changed_chat_counts_at_once_and_its_days_are_recomputed(
    centre: Centre,
) -> None:
    contact = centre.contact()
    lines: list[Any] = [
        (at("19 10:00"), "opened", centre.sales, None),
        (at("19 10:01"), "claimed", centre.sales, centre.ana),
    ]
    chat_id = write_chat(centre, contact, lines, [(at("19 10:00"), "customer")])
    rebuilding.keep_open()
    keep_summaries()
    assert not DirtyDay.objects.exists()
    before = {name: ask(centre, name, "operator") for name in ("tme", "tma", "tmr1")}
    # Its wait is in the summary, and also computed live.
    closed = (at("20 10:05"), "closed", centre.sales, None)
    Chat.objects.filter(pk=chat_id).update(closed_at=at("20 10:05"))
    go_on(centre, contact, chat_id, [closed], [(at("19 10:07"), centre.ana)])
    key = (str(centre.ana.pk),)
    for step in range(3):
        assert ask(centre, "tme", "operator") == before["tme"], step
        for name in ("tma", "tmr1"):
            n = before[name].rows[key]["n"] + 1
            report = ask(centre, name, "operator")
            assert report.rows[key]["n"] == n, step
            assert (
                report.total["n"] == before[name].total["n"] + 1 == listed(centre, name)
            )
            assert ask(centre, name, "day").total == report.total
        if step == 0:
            assert Dirty.objects.filter(chat_id=chat_id).exists()
            rebuilding.take_dirty()
            days = {row.day for row in DirtyDay.objects.all()}
            assert days >= {date(2025, 11, 19), date(2025, 11, 20)}
        keep_summaries()
    assert not DirtyDay.objects.exists()
    for length in (1, 14):
        for spans in kept_spans(length):
            assert differing_summaries(spans, length) == []


def test_recomputing_without_a_change_marks_no_day(centre: Centre) -> None:
    DirtyDay.objects.all().delete()
    chats = [*Sample.objects.values_list("chat_id", flat=True).distinct()]
    rebuilding.make(chats)
    assert not DirtyDay.objects.exists()
    sample = Sample.objects.filter(metric="tme", is_open=False)[0]
    sample.delete()
    rebuilding.make(chats)
    assert [row.day for row in DirtyDay.objects.all()] == [sample.day]


def test_today_is_not_marked_and_a_day_is_summed_up_after_its_end(
    centre: Centre,
) -> None:
    DirtyDay.objects.all().delete()
    now = timezone.now()
    lines: list[Any] = [
        (now - timedelta(seconds=9), "opened", centre.sales, None),
        (now, "claimed", centre.sales, centre.ana),
        (now, "closed", centre.sales, None),
    ]
    write_chat(centre, centre.contact(), lines, [])
    rebuilding.take_dirty()
    assert not DirtyDay.objects.filter(day__gte=now.date()).exists()
    keep_summaries()
    until = SettledHours.objects.get().summaries_until
    assert until is not None
    assert timedelta(days=2) <= now.date() - until <= timedelta(days=3)
    days = {"since": now.date() - timedelta(days=3), "until": now.date() + timedelta(1)}
    assert ask(centre, "tme", **days).total["n"] == 1


def test_a_fortnight_has_no_summary_before_its_end(centre: Centre) -> None:
    keep_summaries()
    until = SettledHours.objects.get().summaries_until
    assert until is not None
    spans = [spans[0][1] for spans in kept_spans(14)]
    assert spans[0] == fortnight_of(spans[0]) == FIRST
    assert spans[-1] + timedelta(days=13) <= until < spans[-1] + timedelta(days=27)


def test_a_tampered_summary_is_found_and_corrected(centre: Centre) -> None:
    keep_summaries()
    before = ask(centre, "tme", "day"), ask(centre, "tme", "area")
    row = Summary.objects.get(
        pk=Summary.objects.filter(metric="tme", part="area")[0].pk
    )
    Summary.objects.filter(pk=row.pk).update(seconds=[1] * len(row.seconds))
    with pytest.raises(CommandError, match="2 rows differ"):
        call_command("rebuild_reports", verify=True)
    assert nightly.check_if_due(datetime(2025, 12, 1, 15, tzinfo=UTC))
    found = Check.objects.filter(check_code="kept", manager_id=centre.manager.pk)
    assert [one.kept["seconds"] for one in found if one.kept] == [
        [1] * len(row.seconds)
    ]
    assert (ask(centre, "tme", "day"), ask(centre, "tme", "area")) == before
    Summary.objects.all().delete()
    assert ask(centre, "tme").total["n"] == 0
    call_command("rebuild_reports", manager=str(NUMBER))
    assert (ask(centre, "tme", "day"), ask(centre, "tme", "area")) == before
    Summary.objects.all().delete()
    call_command("rebuild_reports")
    assert (ask(centre, "tme", "day"), ask(centre, "tme", "area")) == before
    call_command("rebuild_reports", verify=True)


def test_nothing_is_summed_up_before_hours_are_settled(centre: Centre) -> None:
    forget_hours()
    keep_summaries()
    assert not Summary.objects.exists()
    before = ask(centre, "tme", "day")
    settle_hours()
    # The marks are deleted, and nothing is summed up yet.
    assert not DirtyDay.objects.exists()
    assert ask(centre, "tme", "day") == before
    assert ask(centre, "tme", "area").total == before.total
    keep_summaries()
    assert Summary.objects.exists()
    assert ask(centre, "tme", "day") == before


def test_a_day_marked_many_times_is_recomputed_once(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_summaries()
    made: list[Any] = []
    monkeypatch.setattr(
        "hci_center.reports.kept.summaries.make_summaries",
        lambda spans, length: made.extend((length, *span) for span in spans),
    )
    marked = [(centre.manager.pk, FIRST + timedelta(days=n)) for n in (0, 1, 0, 0)]
    DirtyDay.objects.bulk_create(DirtyDay(manager_id=m, day=d) for m, d in marked)
    assert keep_summaries() == 2
    assert len(made) == len(set(made))
    assert {day for length, _manager, day in made if length == 1} == {
        FIRST, FIRST + timedelta(days=1),
    }  # fmt: skip
    assert not DirtyDay.objects.exists()


def test_recomputing_everything_deletes_marks(centre: Centre) -> None:
    """Days marked meanwhile are summed up with all days, and not again."""
    keep_summaries()
    DirtyDay.objects.create(manager_id=centre.manager.pk, day=FIRST)
    call_command("rebuild_reports")
    assert not DirtyDay.objects.exists()
    call_command("rebuild_reports", verify=True)
