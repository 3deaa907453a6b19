"""The record of a chat as page and JSON: messages and events in order."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from chats.models import Message
from hci_center.audit.models import AuditLine
from managers.models import Manager
from tests.builders import make_message
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(db):
    centre = Centre(NUMBER)
    centre.chats = write(centre)
    return centre


def page(chat_id, query=""):
    return f"/admin/chats/chat/{chat_id}/history/{query}"


def test_events_and_messages_are_in_order(office, past):
    answer = office.get(page(past.chats["plain"], "?format=json"))
    record = answer.json()
    assert record["zone"] == "America/Sao_Paulo"
    assert [entry["event"] for entry in record["entries"] if entry["event"]] == [
        "opened", "entered_area", "claimed", "closed",
    ]  # fmt: skip
    times = [datetime.fromisoformat(entry["at"]) for entry in record["entries"]]
    assert times == sorted(times)
    # Messages are ordered by when they were stored, not by their gateway's time.
    assert record["entries"][0]["event"] == "opened"
    assert record["entries"][-1]["event"] == "closed"
    said = [entry for entry in record["entries"] if not entry["event"]]
    assert len(said) == Message.objects.filter(chat=past.chats["plain"]).count()
    line = AuditLine.objects.order_by("-id")[0]
    assert (line.act, line.kind, line.target) == (
        "export",
        "chat",
        str(past.chats["plain"]),
    )


def test_times_are_those_of_the_managers_zone(office, past):
    Manager.objects.update(time_zone="America/Manaus")
    text = office.get(page(past.chats["plain"])).content.decode()
    # Opened at 10:00 in Brasília.
    assert re.search(r"09:00:00</span>\s*[^<]*opened", text)
    assert "America/Manaus" in text


def test_hostile_texts_are_escaped(desk, own):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    make_message(own.chat, content=evil, created_at=datetime.now(UTC))
    text = desk.get(page(own.chat.pk)).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_the_record_of_a_deleted_contact_is_shown(desk, own):
    own.contact.deleted_at = datetime.now(UTC)
    own.contact.save()
    assert desk.get(page(own.chat.pk)).status_code == 200


def test_other_managers_and_unknown_chats_are_not_found(desk, own, foreign):
    assert desk.get(page(foreign.chat.pk)).status_code == 404
    assert desk.get(page(own.chat.pk, "?format=pdf")).status_code == 404
