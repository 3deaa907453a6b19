"""Messages per hour: stored, counted live, checked and recounted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from chats.models import Message
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept import nightly
from hci_center.reports.kept.volume_hours import forget_hours, settle_hours
from hci_center.reports.models import Check, Hour, Zone
from hci_center.reports.rows import rows_of
from managers.models import Manager
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre, at, write_chat

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    return centre


def ask(centre: Centre, *by: str, **over: Any) -> Any:
    values = {"since": FIRST, "until": LAST, "by": by, **over}
    return figures(Question("messages", (centre.manager.pk,), **values))


def test_stored_hours_equal_live_counts(centre: Centre) -> None:
    before = ask(centre, "day", "hour")
    assert (
        before.total["count"]
        == before.total["in"] + before.total["human"] + (before.total["automatic"])
    )
    settle_hours()
    assert Hour.objects.filter(kind="in").exists()
    assert ask(centre, "day", "hour") == before
    kept = Hour.objects.count()
    assert settle_hours() == 0
    assert Hour.objects.count() == kept


def test_hours_not_stored_yet_are_counted(centre: Centre) -> None:
    settle_hours()
    now = timezone.now()
    days = {"since": now.date() - timedelta(days=1), "until": now.date()}
    assert ask(centre, **days).total["count"] == 0
    lines: list[Any] = [(now, "opened", None, None)]
    write_chat(centre, centre.contact(), lines, [(now, "customer"), (now, "phone")])
    assert ask(centre, **days).total == {
        "count": 2, "in": 1, "human": 0, "automatic": 1,
    }  # fmt: skip
    new = Question("new_contacts", (centre.manager.pk,), **days)
    assert figures(new).total["count"] >= 1


def test_messages_of_earlier_versions_are_counted_too(centre: Centre) -> None:
    before = ask(centre).total
    Message.objects.filter(stored_at__lt=at("24 00:00")).update(stored_at=None)
    for is_settled in (False, True):
        if is_settled:
            settle_hours()
        assert ask(centre).total == before


def test_hours_of_zones_with_half_hour_offsets_are_complete(centre: Centre) -> None:
    other = Centre(NUMBER + 1)
    Manager.objects.filter(pk=other.manager.pk).update(time_zone="Asia/Kolkata")
    Zone.objects.all().delete()
    moment = datetime(2026, 11, 1, 4, 25, tzinfo=UTC)
    times = [moment, moment + timedelta(minutes=10)]  # 9:55 and 10:05 there
    lines: list[Any] = [(times[0], "opened", None, None)]
    write_chat(other, other.contact(), lines, [(one, "customer") for one in times])
    settle_hours()
    hours = Hour.objects.filter(manager_id=other.manager.pk, kind="in")
    assert sorted(hours.values_list("hour", "count")) == [(9, 1), (10, 1)]


def test_a_tampered_hour_is_found_and_corrected(centre: Centre) -> None:
    settle_hours()
    before = ask(centre).total
    row = Hour.objects.filter(kind="human").first()
    assert row is not None
    Hour.objects.filter(pk=row.pk).update(count=99)
    with pytest.raises(CommandError, match="2 rows differ"):
        call_command("rebuild_reports", verify=True)
    noon = datetime.combine(row.day + timedelta(days=2), time(15), UTC)
    assert nightly.check_if_due(noon)
    found = Check.objects.filter(check_code="kept", manager_id=centre.manager.pk)
    assert {check.kept["count"] for check in found if check.kept} == {99}
    assert ask(centre).total == before
    Hour.objects.all().delete()
    call_command("rebuild_reports", manager=str(NUMBER))
    assert ask(centre).total == before


def test_hours_are_recounted_after_loading_old_data(centre: Centre) -> None:
    settle_hours()
    before = ask(centre).total["count"]
    lines: list[Any] = [(at("19 10:00"), "opened", None, None)]
    write_chat(centre, centre.contact(), lines, [(at("19 10:01"), "customer")])
    assert ask(centre).total["count"] == before
    forget_hours()
    assert ask(centre).total["count"] == before + 1
    settle_hours()
    assert ask(centre).total["count"] == before + 1


def test_pages_of_settled_messages_are_read_a_few_hours_at_a_time(
    centre: Centre,
) -> None:
    settle_hours()
    question = Question("messages", (centre.manager.pk,), FIRST, LAST)
    rows, place = rows_of(question, 3)
    while place is not None:
        more, place = rows_of(question, 3, place)
        rows += more
    assert len(rows) == ask(centre).total["count"]
    moments = [row.begins for row in rows]
    assert moments == sorted(moments)
    customers, _place = rows_of(question, 1000, part="in")
    assert len(customers) == ask(centre).total["in"]
