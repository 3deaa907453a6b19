"""Deliveries of past days: stored, recomputed after a late change, checked."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from chats.models import Delivery, Message
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept import nightly
from hci_center.reports.kept.delivery_days import keep_deliveries, kept_days
from hci_center.reports.kept.volume_hours import forget_hours, settle_hours
from hci_center.reports.models import Check, DeliveryDay, DirtyDelivery
from hci_center.reports.rows import rows_of
from tests.reports.hand_checked import NUMBER, write
from tests.reports.independent import Rows
from tests.reports.independent_figures import expected
from tests.reports.past import Centre, at
from tests.reports.past_accounts import write_accounts

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)
MS = timedelta(milliseconds=1)


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    write_accounts(centre)
    return centre


def ask(centre: Centre, *by: str, **over: Any) -> Any:
    values = {"since": FIRST, "until": LAST, "by": by, **over}
    return figures(Question("delivery", (centre.manager.pk,), **values))


def keep() -> None:
    settle_hours()
    keep_deliveries()


def listed(centre: Centre, part: Any = "n") -> int:
    question = Question("delivery", (centre.manager.pk,), FIRST, LAST)
    found, place = rows_of(question, 1000, part=part)
    assert place is None
    return len(found)


def test_stored_figures_equal_live_ones(centre: Centre) -> None:
    asked: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        ((), {}), (("day", "channel"), {}), (("week",), {"channel": "whatsapp"}),
        (("month", "manager"), {"since": date(2025, 11, 19)}), ((), {"weekday": 4}),
        (("day",), {"hour": 10}),
    ]  # fmt: skip
    before = [ask(centre, *by, **over) for by, over in asked]
    keep()
    assert DeliveryDay.objects.filter(part="delivered").exists()
    assert [ask(centre, *by, **over) for by, over in asked] == before
    # Stored rows are read: only these have been changed.
    DeliveryDay.objects.filter(part="queued").update(count=7)
    assert ask(centre).total["n"] != before[0].total["n"]
    assert ask(centre, hour=10) == ask(centre, hour=10, by=())


def test_percentiles_of_many_lengths_are_exact(centre: Centre) -> None:
    chance = random.Random(5)  # noqa: S311
    for one in Delivery.objects.filter(sent_at__isnull=False):
        one.sent_at = one.queued_at + round(chance.lognormvariate(6, 2)) * MS
        if one.delivered_at is not None:
            one.delivered_at = one.sent_at + round(chance.lognormvariate(8, 3)) * MS
        one.save()
    keep()
    for by in ((), ("day",), ("week", "channel"), ("manager",)):
        own, total = expected(Rows(), "delivery", {centre.manager.pk}, FIRST, LAST, by)
        report = ask(centre, *by)
        assert (report.rows, report.total) == (own, total)


def test_a_late_receipt_counts_at_once_and_its_day_is_recomputed(
    centre: Centre,
) -> None:
    keep()
    before = ask(centre).total
    late = Delivery.objects.filter(
        delivered_at__isnull=True, sent_at__isnull=False, failed_code=""
    )
    row = late[0]
    Delivery.objects.filter(pk=row.pk).update(delivered_at=timezone.now())
    assert DirtyDelivery.objects.count() == 1
    for _ in range(2):
        after = ask(centre).total
        assert after["delivered"]["n"] == before["delivered"]["n"] + 1
        assert listed(centre, "delivered") == after["delivered"]["n"]
        keep_deliveries()
        assert not DirtyDelivery.objects.exists()
    # A resent failure counts on the day of the resend.
    failed = Delivery.objects.exclude(failed_code="").filter(delivered_at=None)[0]
    Delivery.objects.filter(pk=failed.pk).update(queued_at=timezone.now())
    assert ask(centre).total["n"] == before["n"] - 1 == listed(centre)
    Message.objects.filter(pk=row.pk).delete()
    assert ask(centre).total["n"] == before["n"] - 2
    keep_deliveries()
    assert ask(centre).total["n"] == before["n"] - 2 == listed(centre)


def test_recent_or_unchanged_deliveries_mark_no_day(centre: Centre) -> None:
    row = Delivery.objects.filter(sent_at__isnull=False)[0]
    Delivery.objects.filter(pk=row.pk).update(sent_at=row.sent_at, attempts=3)
    Delivery.objects.filter(pk=row.pk).update(
        queued_at=timezone.now() - timedelta(hours=1)
    )
    DirtyDelivery.objects.all().delete()
    Delivery.objects.filter(pk=row.pk).update(delivered_at=timezone.now())
    assert not DirtyDelivery.objects.exists()


def test_a_day_is_stored_one_day_after_its_end(centre: Centre) -> None:
    row = Delivery.objects.order_by("pk")[0]
    now = timezone.now()
    Delivery.objects.filter(pk=row.pk).update(queued_at=now - timedelta(hours=20))
    keep()
    days = {"since": now.date() - timedelta(days=3), "until": now.date()}
    assert not DeliveryDay.objects.filter(day__gte=days["since"]).exists()
    assert ask(centre, **days).total["n"] == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE report_settled SET deliveries_until = now() + interval '9 hours'"
        )
    assert keep_deliveries() == 0


def test_a_tampered_day_is_found_and_corrected(centre: Centre) -> None:
    keep()
    before = ask(centre, "day")
    row = DeliveryDay.objects.filter(part="sent").first()
    assert row is not None
    DeliveryDay.objects.filter(pk=row.pk).update(millis=[1] * row.count)
    with pytest.raises(CommandError, match="2 rows differ"):
        call_command("rebuild_reports", verify=True)
    noon = datetime.combine(row.day + timedelta(days=2), time(15), UTC)
    assert nightly.check_if_due(noon)
    found = Check.objects.filter(check_code="kept", manager_id=centre.manager.pk)
    assert [one.kept["millis"] for one in found if one.kept] == [[1] * row.count]
    assert ask(centre, "day") == before
    DeliveryDay.objects.all().delete()
    call_command("rebuild_reports", manager=str(NUMBER))
    assert ask(centre, "day") == before
    call_command("rebuild_reports", verify=True)


def test_days_are_stored_again_after_loading_old_data(centre: Centre) -> None:
    keep()
    before = ask(centre).total["n"]
    message = Message.objects.filter(manager=centre.manager, delivery=None)[0]
    Delivery.objects.create(
        message=message, manager=centre.manager, contact=message.contact,
        channel="whatsapp", queued_at=at("19 10:00"),
    )  # fmt: skip
    assert ask(centre).total["n"] == before
    forget_hours()
    assert ask(centre).total["n"] == before + 1
    keep()
    assert ask(centre).total["n"] == before + 1
    assert len(list(kept_days(since=LAST))) < len(list(kept_days()))
