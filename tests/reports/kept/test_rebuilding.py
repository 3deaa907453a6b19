"""Stored report rows: how they are created, recomputed, and checked for tampering."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from areas.models import OperatorArea
from chats.conversations.homes import leave_without_home
from hci_center.reports.kept import nightly, rebuilding
from hci_center.reports.models import Check, Dirty, Episode, Run, Sample
from tests import builders
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre, at, write_chat

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(db: None) -> Centre:
    return Centre(NUMBER)


def rebuild(*arguments: str) -> str:
    out = StringIO()
    call_command("rebuild_reports", *arguments, stdout=out)
    return out.getvalue()


def test_only_a_closing_or_reopening_marks_a_chat(centre: Centre) -> None:
    lines: list[Any] = [
        (at("19 10:00"), "opened", centre.sales, None),
        (at("19 10:01"), "claimed", centre.sales, centre.ana),
    ]
    write_chat(centre, centre.contact(), lines, [(at("19 10:00"), "customer")])
    assert not Dirty.objects.exists()
    closed = (at("19 10:05"), "closed", centre.sales, None)
    chat_id = write_chat(centre, centre.contact(), [*lines, closed])
    assert [row.chat_id for row in Dirty.objects.all()] == [chat_id]


def test_stored_figures_equal_live_ones(centre: Centre) -> None:
    chats = write(centre)
    assert rebuilding.take_dirty() >= len(chats) - 3  # two are open, one is not ours
    assert not Dirty.objects.exists()
    assert Episode.objects.count() == 19
    assert rebuild("--verify").startswith(f"{len(chats)} chats compared")
    closed = Sample.objects.filter(is_open=False)
    before = closed.count()
    rebuild("--manager", str(NUMBER))
    assert closed.count() == before
    assert "compared" in rebuild("--verify", "--from", "2025-11-21")


def test_verify_finds_a_tampered_row(centre: Centre) -> None:
    write(centre)
    rebuilding.take_dirty()
    sample = Sample.objects.filter(metric="tme").first()
    assert sample is not None
    Sample.objects.filter(pk=sample.pk).update(micros=sample.micros + 1_000_000)
    with pytest.raises(CommandError, match="2 rows differ"):
        rebuild("--verify")
    rebuild()
    rebuild("--verify")


def test_the_nightly_check_reports_and_corrects_a_difference(centre: Centre) -> None:
    chats = write(centre)
    rebuilding.take_dirty()
    Episode.objects.filter(chat_id=chats["plain"]).update(outcome="lost")
    morning = datetime(2025, 11, 25, 7, 0, tzinfo=UTC)
    assert nightly.check_if_due(morning)
    assert not nightly.check_if_due(morning)
    found = Check.objects.filter(check_code="kept", chat_id=chats["plain"])
    assert [row.kept["outcome"] for row in found if row.kept] == ["lost"]
    assert [row.computed["outcome"] for row in found if row.computed] == ["resolved"]
    assert Episode.objects.get(chat_id=chats["plain"]).outcome == "resolved"
    run = Run.objects.get()
    assert run.ended_at is not None
    assert run.findings >= 2


def test_a_chat_that_raises_an_error_blocks_no_other(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = write(centre)
    bad = chats["plain"]
    make = rebuilding.make

    def breaking(ids: list[int]) -> None:
        if bad in ids:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        make(ids)

    def broken(ids: list[int]) -> None:
        from django.db import transaction

        with transaction.atomic():
            breaking(ids)

    monkeypatch.setattr(rebuilding, "make", broken)
    rebuilding.take_dirty()
    assert [row.chat_id for row in Dirty.objects.all()] == [bad]
    assert not Episode.objects.filter(chat_id=bad).exists()
    assert Episode.objects.filter(chat_id=chats["lunch"]).exists()


def test_a_closing_is_recomputed_after_72_hours(centre: Centre) -> None:
    chats = write(centre)
    rebuilding.take_dirty()
    Episode.objects.filter(chat_id=chats["plain"]).update(
        is_settled=False, is_recontacted=True
    )
    rebuilding.take_dirty()
    plain = Episode.objects.get(chat_id=chats["plain"])
    assert plain.is_settled
    assert not plain.is_recontacted


def test_a_new_time_zone_does_not_change_past_days(centre: Centre) -> None:
    centre.schedule_id = None
    write(centre)
    rebuilding.take_dirty()
    centre.manager.time_zone = "Asia/Tokyo"
    centre.manager.save()
    assert "compared" in rebuild("--verify")


def test_the_nightly_check_finds_chats_that_nobody_can_take(centre: Centre) -> None:
    for area in (centre.sales, centre.support):
        contact = builders.make_contact(centre.manager, area=area)
        chat = builders.make_chat(contact, opened_at=at("19 10:00"))
    OperatorArea.objects.filter(area=centre.support).delete()
    nightly.check_if_due(datetime(2025, 11, 25, 7, 0, tzinfo=UTC))
    found = Check.objects.filter(check_code="H1")
    assert [row.chat_id for row in found] == [chat.pk]
    leave_without_home([chat.pk])
    nightly.check_if_due(datetime(2025, 11, 26, 7, 0, tzinfo=UTC))
    assert found.count() == 1
