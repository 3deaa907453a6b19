"""Expired data is deleted each night, and nothing before a person has enabled it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from areas.models import PresenceSpan
from chats.models import Attachment, Message
from contacts.models import Contact
from hci_center.audit.models import AuditLine
from hci_center.background.models import BackgroundFault
from hci_center.privacy import requests, retention
from hci_center.privacy.models import Retention, Tombstone
from hci_center.privacy.retention import Taken
from hci_center.reports.kept.summaries import keep_summaries
from hci_center.reports.kept.volume_hours import settle_hours
from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.privacy.person import WORD, files_with_the_word, make_person

PAGE = "/admin/privacy/retention/"
NIGHT = datetime(2027, 3, 10, 6, 0, tzinfo=UTC)  # 3:00 in São Paulo


@pytest.fixture
def old(manager):
    """Returns a person with an old closed chat, and an open one."""
    contact = make_person(manager)
    contact.chats.filter(closed_at__isnull=False).update(closed_at="2026-01-05T00:00Z")
    return contact


def keep(manager, **months):
    return Retention.objects.create(
        manager=manager,
        runs_from=NIGHT - timedelta(days=1),
        saved_by="user:1",
        **months,
    )


def be_online(operator, begins, ends):
    PresenceSpan.objects.create(
        operator=operator,
        state="online",
        started_at=begins,
        ended_at=ends,
        seen_at=ends,
    )


def settle():
    settle_hours()
    keep_summaries()


def test_nothing_is_deleted_by_default(old):
    assert retention.run_if_due(NIGHT) == 0
    assert not Message.objects.filter(content="[apagado]").exists()


def test_texts_are_deleted_after_the_configured_months(manager, old, data):
    kept = keep(manager, words_months=12)
    expected = retention.count_expired(kept, NIGHT)
    assert retention.run_if_due(NIGHT) == 1
    assert expected == Taken(words=5)
    assert Message.objects.filter(content="[apagado]").count() == 5
    assert Message.objects.filter(chat__closed_at=None, content__contains=WORD).exists()
    assert len(files_with_the_word(data)) == 3
    line = AuditLine.objects.get(act="retain")
    assert line.after == {"words": 5, "files": 0, "persons": 0, "presence": 0}
    assert retention.run_if_due(NIGHT) == 0  # once a night


def test_only_files_are_deleted_by_the_age_of_their_message(manager, old):
    keep(manager, files_months=1)
    Message.objects.update(stored_at="2026-01-01T00:00Z")
    retention.run_if_due(NIGHT)
    assert Attachment.objects.count() == 1  # of the open chat
    assert not Message.objects.filter(content="[apagado]").exists()


def test_persons_are_erased_without_a_certificate(manager, old):
    keep(manager, person_months=12)
    old.chats.update(closed_at="2026-01-05T00:00Z")
    Contact.objects.update(last_message_at="2026-01-05T00:00Z")
    retention.run_if_due(NIGHT)
    old.refresh_from_db()
    assert old.name == "Pessoa apagada"
    assert not Tombstone.objects.exists()


def test_a_legal_hold_keeps_everything(manager, old):
    kept = keep(manager, words_months=1, files_months=1, person_months=1)
    requests.place_hold(old, None, reason="lawsuit", reference="", by="user:1")
    assert retention.count_expired(kept, NIGHT) == Taken()
    retention.run_if_due(NIGHT)
    assert not Message.objects.filter(content="[apagado]").exists()


def test_it_runs_at_night_and_not_before_its_time(manager, old):
    kept = keep(manager, words_months=12)
    assert retention.run_if_due(NIGHT + timedelta(hours=8)) == 0
    Retention.objects.update(runs_from=NIGHT + timedelta(hours=1))
    assert retention.run_if_due(NIGHT) == 0
    kept.refresh_from_db()
    assert kept.last_day is None


def test_the_page_shows_counts_before_saving(manager, old, supervisor, other_manager):
    desk = sign_in_to_admin(supervisor)
    given = {"manager": manager.pk, "words_months": "1"}
    shown = desk.post(PAGE, given)
    assert shown.context["taken"] == Taken(words=5)
    assert not Retention.objects.exists()
    assert desk.post(PAGE, {**given, "save": "1"}).status_code == 302
    saved = Retention.objects.get()
    assert saved.words_months == 1
    assert saved.runs_from > timezone.now() + timedelta(days=6)
    assert AuditLine.objects.filter(act="change", kind="retention").exists()
    assert desk.get(PAGE).context["taken"] == Taken(words=5)
    wrong = desk.post(PAGE, {**given, "words_months": "12", "person_months": "6"})
    assert wrong.status_code == 400
    assert desk.post(PAGE, {**given, "words_months": "0"}).status_code == 400
    foreign = {**given, "manager": other_manager.pk}
    assert desk.post(PAGE, foreign).status_code == 404


def test_others_have_no_access_to_the_page(manager):
    nobody = sign_in_to_admin(builders.make_supervisor())
    assert nobody.get(PAGE).status_code == 403


def test_a_person_who_cannot_be_erased_does_not_block_others(manager, monkeypatch):
    first, second = builders.make_contact(manager), builders.make_contact(manager)
    Contact.objects.update(created_at="2020-01-05T00:00Z")
    keep(manager, person_months=12)
    erase = retention.erase_contact

    def fail_for_one(contact, *args, **more):
        if contact == first:
            raise ValueError
        erase(contact, *args, **more)

    monkeypatch.setattr(retention, "erase_contact", fail_for_one)
    assert retention.run_if_due(NIGHT) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.deleted_at, second.deleted_at is None) == (None, False)
    assert BackgroundFault.objects.get().subject == f"contact {first.pk}"
    assert AuditLine.objects.get(act="retain").after["persons"] == 1


def test_presence_is_deleted_after_its_months(manager, ana):
    """The latest span of an active operator is kept: it shows since when he is offline."""
    gone = builders.make_operator(manager, is_active=False)
    for one in (ana, gone):
        for day in ("2026-01-05", "2026-01-06"):
            be_online(one, f"{day}T12:00Z", f"{day}T18:00Z")
    be_online(gone, "2026-09-01T12:00Z", "2026-09-01T18:00Z")
    settle()
    kept = keep(manager, presence_months=12)
    assert retention.count_expired(kept, NIGHT) == Taken(presence=3)
    assert retention.run_if_due(NIGHT) == 1
    left = PresenceSpan.objects.values_list("operator", "started_at__date")
    assert sorted(left) == sorted(
        [(ana.pk, date(2026, 1, 6)), (gone.pk, date(2026, 9, 1))]
    )
    assert AuditLine.objects.get(act="retain").after["presence"] == 3


def test_presence_not_stored_in_reports_yet_is_kept(manager, ana):
    be_online(ana, "2026-01-05T12:00Z", "2026-01-05T18:00Z")
    be_online(ana, "2026-01-06T12:00Z", "2026-01-06T18:00Z")
    keep(manager, presence_months=12)
    retention.run_if_due(NIGHT)
    assert PresenceSpan.objects.count() == 2


def test_presence_without_a_period_is_kept(manager, ana):
    be_online(ana, "2020-01-05T12:00Z", "2020-01-05T18:00Z")
    be_online(ana, "2020-01-06T12:00Z", "2020-01-06T18:00Z")
    settle()
    keep(manager, words_months=12)
    retention.run_if_due(NIGHT)
    assert PresenceSpan.objects.count() == 2


def test_a_regulated_service_keeps_texts_for_two_years(manager, supervisor):
    desk = sign_in_to_admin(supervisor)
    given = {"manager": manager.pk, "is_regulated": "on", "save": "1"}
    assert desk.post(PAGE, {**given, "words_months": "23"}).status_code == 400
    assert desk.post(PAGE, {**given, "words_months": "24"}).status_code == 302
    assert Retention.objects.get().is_regulated
    with pytest.raises(IntegrityError), transaction.atomic():
        Retention.objects.update(words_months=23)
    assert desk.post(PAGE, given).status_code == 302  # kept for ever
