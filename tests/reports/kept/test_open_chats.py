"""Rows of open chats are stored, too, until something newer happens in them."""

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
from hci_center.reports.kept import nightly, rebuilding
from hci_center.reports.models import Check, Dirty, Episode, OpenChat, Sample
from hci_center.reports.rows import rows_of
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre, at, go_on, write_chat

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)
METRICS = (
    "tme", "tmr1", "tmr", "reaction", "opened", "reopened", "sla_tmr1", "occupancy",
)  # fmt: skip


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    rebuilding.take_dirty()
    return centre


def ask(centre: Centre, metric: str, **over: Any) -> Any:
    values = {"since": FIRST, "until": LAST, "by": ("day",), **over}
    return figures(Question(metric, (centre.manager.pk,), **values))


def open_chats(centre: Centre) -> set[int]:
    chats = Chat.objects.filter(manager=centre.manager, closed_at=None)
    return set(chats.values_list("pk", flat=True))


def test_stored_rows_equal_live_ones(centre: Centre) -> None:
    before = [ask(centre, metric) for metric in METRICS]
    assert rebuilding.keep_open() == len(open_chats(centre)) > 0
    assert rebuilding.keep_open() == 0
    assert {one.chat_id for one in OpenChat.objects.all()} == open_chats(centre)
    assert Sample.objects.filter(is_open=True).exists()
    assert Episode.objects.filter(ends=None).count() == len(open_chats(centre))
    assert [ask(centre, metric) for metric in METRICS] == before
    call_command("rebuild_reports", verify=True)
    # They are read and not computed.
    Sample.objects.filter(is_open=True, metric="tme").delete()
    assert ask(centre, "tme") != before[0]


def test_new_events_count_at_once(centre: Centre) -> None:
    lines: list[Any] = [(at("19 10:00"), "opened", centre.sales, None)]
    said: list[Any] = [(at("19 10:00"), "customer")]
    contact = centre.contact()
    chat_id = write_chat(centre, contact, lines, said)
    rebuilding.keep_open()
    before = ask(centre, "tmr1").total["n"]
    go_on(centre, contact, chat_id, [], [(at("19 10:05"), centre.ana)])
    for _ in range(2):
        assert ask(centre, "tmr1").total["n"] == before + 1
        found, _place = rows_of(
            Question("tmr1", (centre.manager.pk,), FIRST, LAST), 1000
        )
        assert len(found) == before + 1
        rebuilding.keep_open()
    Chat.objects.filter(pk=chat_id).update(closed_at=at("19 10:10"))
    closing = (at("19 10:10"), "closed", centre.sales, None)
    go_on(centre, contact, chat_id, [closing])
    assert Dirty.objects.filter(chat_id=chat_id).exists()
    closed = ask(centre, "closed").total["count"]
    rebuilding.take_dirty()
    assert not OpenChat.objects.filter(chat_id=chat_id).exists()
    assert not Sample.objects.filter(chat_id=chat_id, is_open=True).exists()
    assert ask(centre, "closed").total["count"] == closed
    assert ask(centre, "tmr1").total["n"] == before + 1


def test_a_chat_with_recent_events_is_not_stored(centre: Centre) -> None:
    now = timezone.now()
    lines: list[Any] = [(now - timedelta(hours=1), "opened", centre.sales, None)]
    said: list[Any] = [(now - timedelta(seconds=5), "customer")]
    chat_id = write_chat(centre, centre.contact(), lines, said)
    rebuilding.keep_open()
    assert not OpenChat.objects.filter(chat_id=chat_id).exists()
    today = {"since": now.date() - timedelta(days=1), "until": now.date()}
    assert ask(centre, "opened", **today).total["count"] == 1
    rebuilding.make([chat_id])
    assert not Episode.objects.filter(chat_id=chat_id).exists()
    assert ask(centre, "opened", **today).total["count"] == 1


def test_a_tampered_row_is_found_and_corrected(centre: Centre) -> None:
    rebuilding.keep_open()
    before = ask(centre, "tme")
    row = Sample.objects.filter(is_open=True, metric="tme").first()
    assert row is not None
    Sample.objects.filter(pk=row.pk).update(micros=1)
    with pytest.raises(CommandError, match="2 rows differ"):
        call_command("rebuild_reports", verify=True)
    assert nightly.check_if_due(datetime(2025, 12, 20, 15, tzinfo=UTC))
    assert Check.objects.filter(check_code="kept", chat_id=row.chat_id).count() == 2
    assert ask(centre, "tme") == before
