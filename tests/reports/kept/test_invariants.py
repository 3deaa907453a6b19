"""The nightly checks of columns, feed, files and persons report only errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from chats.models import Attachment, Chat, Clock, Delivery, Message
from contacts.models import Contact
from hci_center.privacy.marks import mark
from hci_center.privacy.models import Tombstone
from hci_center.reports.kept import nightly
from hci_center.reports.models import Check
from tests import builders
from tests.conftest import Api
from tests.reports.hand_checked import NUMBER
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
CODES = {"M2", "M3", "M4", "R3", "R4", "R5"}


@pytest.fixture
def centre(db: None) -> Centre:
    return Centre(NUMBER)


@pytest.fixture
def contact(centre: Centre) -> Contact:
    """Returns a waiting customer who has written by the documented call."""
    api = Api(builders.make_key(centre.manager))
    contact = builders.make_contact(centre.manager)
    said = {
        "content": "Oi", "type": "text", "number": NUMBER,
        "from": contact.external_id, "contactId": contact.external_id,
    }  # fmt: skip
    answer = api.post("/api/chat/message/send", said)
    assert answer.status_code in (200, 201), answer.content
    contact.refresh_from_db()
    return contact


@pytest.fixture
def found() -> Callable[[], set[str]]:
    nights = iter(range(400))

    def checked() -> set[str]:
        """Returns the codes of the findings of a night."""
        Check.objects.all().delete()
        night = datetime(2026, 1, 1, 7, tzinfo=UTC) + timedelta(days=next(nights))
        assert nightly.check_if_due(night)
        return {check.check_code for check in Check.objects.all()} & CODES

    return checked


def test_rows_written_by_the_product_have_no_findings(
    contact: Contact, found: Any
) -> None:
    assert contact.waiting_since is not None
    assert found() == set()


@pytest.mark.parametrize(
    "values",
    [
        {"last_message_at": None},
        {"last_message_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"last_message_at": datetime(2036, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_wrong_last_message_is_found(
    contact: Contact, found: Any, values: Any
) -> None:
    Contact.objects.filter(pk=contact.pk).update(**values)
    assert found() == {"M2"}


@pytest.mark.parametrize(
    "values",
    [
        {"waiting_since": None},
        {"queued_at": datetime(2036, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_wrong_wait_is_found(contact: Contact, found: Any, values: Any) -> None:
    Contact.objects.filter(pk=contact.pk).update(**values)
    assert found() == {"M3"}


def test_waiting_without_an_open_chat_is_found(contact: Contact, found: Any) -> None:
    other = builders.make_contact(contact.manager)
    Contact.objects.filter(pk=other.pk).update(waiting_since=timezone.now())
    assert found() == {"M3"}


def test_a_clock_without_a_cause_is_found(contact: Contact, found: Any) -> None:
    chat = Chat.objects.get(contact=contact)
    now = timezone.now()
    Clock.objects.create(
        chat=chat, kind="queue", target=60, started_at=now, risk_at=now, due_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chats_task")
    assert found() == {"M3"}


def test_a_contradictory_delivery_is_found(contact: Contact, found: Any) -> None:
    chat = Chat.objects.get(contact=contact)
    message = builders.make_message(chat, direction="out", status="wait")
    now = timezone.now()
    Delivery.objects.create(
        message=message, manager=contact.manager, contact=contact, channel="whatsapp",
        done_at=now,
    )  # fmt: skip
    assert "M4" in found()
    Message.objects.filter(pk=message.pk).update(status="delivered")
    Delivery.objects.update(sent_at=now, delivered_at=now - timedelta(minutes=1))
    assert "M4" in found()
    Delivery.objects.update(delivered_at=now)
    assert "M4" not in found()


def test_old_rows_of_the_feed_are_found(found: Any) -> None:
    with connection.cursor() as cursor:
        # Rows of other tests are newer.
        cursor.execute("DELETE FROM change_feed")
        cursor.execute(
            "INSERT INTO change_feed (seq, at, manager_id, kind)"
            " SELECT seq, now() - interval '3 days', 1, 'message' FROM change_head"
        )
    assert found() == {"R3"}


def test_files_without_rows_and_rows_without_files_are_found(
    contact: Contact, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message.objects.get(contact=contact)
    row = Attachment(message=message, mime="image/png", size=1, sha256="x")
    row.file.name = f"{row.uuid.hex[:2]}/{row.uuid.hex}"
    row.save()
    Message.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert "R4" in found()
    default_storage.save(row.file.name, ContentFile(b"x"))
    assert "R4" not in found()
    row.delete()
    assert "R4" not in found()
    monkeypatch.setattr("chats.files.checking._LEFT_AFTER", timedelta(0))
    assert "R4" in found()


def test_data_of_an_erased_person_is_found(contact: Contact, found: Any) -> None:
    own = mark(contact.manager_id, contact.channel, contact.external_id)
    Tombstone.objects.create(
        at=timezone.now(),
        certificate="APG-1",
        manager_id=contact.manager_id,
        marks=[own],
    )
    assert found() == {"R5"}
    assert str(contact.external_id) not in str(Check.objects.get().computed)
