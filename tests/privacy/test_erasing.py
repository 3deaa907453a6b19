"""No data of an erased person is left; anonymous counts are unchanged."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chats.conversations.lifecycle import close_chat
from chats.inbound.record import ensure_contact
from chats.models import Chat, ChatEvent, Delivery, InboundEvent, Message, Note, Survey
from contacts.models import Contact, Identity
from hci_center.audit.models import AuditLine
from hci_center.privacy import requests, running, tombstones
from hci_center.privacy.certificates import digest_of
from hci_center.privacy.holds import holds_of
from hci_center.privacy.models import Request, Tombstone
from tests import builders
from tests.privacy.person import (
    LID,
    NUMBER,
    OTHER,
    WORD,
    dumped_text,
    files_with_the_word,
    make_person,
    number_changes,
)


def ask(*contacts, kind="erasure"):
    return requests.make_request(
        kind,
        contacts,
        asked_by="person",
        identified="number",
        why="right",
        made_by="user:1",
    )


def erase(*contacts, typed=NUMBER):
    request = ask(*contacts)
    requests.confirm_erasure(request, typed, confirmed_by="user:2")
    assert running.erase_waiting() == 1
    request.refresh_from_db()
    return request


@pytest.mark.django_db(transaction=True)
def test_no_data_of_an_erased_person_is_left(manager, data, caplog):
    contact = make_person(manager)
    number_changes()
    builders.make_message(Chat.objects.filter(contact=contact)[0], content=WORD)
    assert dumped_text().count(WORD) > 20
    assert len(files_with_the_word(data)) == 5

    erase(contact)

    number_changes()
    text = dumped_text()
    assert WORD not in text
    assert files_with_the_word(data) == []
    assert WORD not in caplog.text
    # Only the feed has the number, with which clients remove the person.
    lines = [line for line in text.splitlines() if NUMBER in line or LID in line]
    assert lines
    for line in lines:
        assert line.startswith("INSERT INTO public.change_feed")
        assert '"op":"D"' in line


def test_anonymous_counts_are_unchanged(manager):
    contact = make_person(manager)
    before = list(
        Message.objects.order_by("pk").values_list(
            "uuid", "type", "direction", "created_at", "stored_at", "chat"
        )
    )
    events = ChatEvent.objects.count()
    erase(contact)
    after = list(
        Message.objects.order_by("pk").values_list(
            "uuid", "type", "direction", "created_at", "stored_at", "chat"
        )
    )
    assert before == after
    assert set(Message.objects.values_list("content", flat=True)) == {"[apagado]"}
    assert Survey.objects.get().rating == 2
    contact.refresh_from_db()
    assert contact.name == "Pessoa apagada"
    assert contact.deleted_at is not None
    assert contact.external_id.startswith("apagado-")
    assert ChatEvent.objects.count() == events + 1
    last = ChatEvent.objects.last()
    assert (last.kind, last.cause, last.actor) == ("closed", "erased", "user:2")


def test_queued_messages_are_not_sent(manager):
    contact = make_person(manager)
    erase(contact)
    assert not Delivery.objects.filter(done_at=None).exists()
    assert not Message.objects.filter(direction="out", status="wait").exists()


def test_other_persons_are_unchanged(manager, other_manager):
    contact = make_person(manager)
    neighbour = builders.make_contact(manager, name="Neighbour")
    said = builders.make_message(
        builders.make_chat(neighbour), content=f"about {NUMBER}"
    )
    elsewhere = builders.make_contact(other_manager, external_id=NUMBER, name=WORD)
    event = InboundEvent.objects.create(
        source="evolution", lane=str(other_manager.pk), payload=f'"{NUMBER}"'
    )
    longer = InboundEvent.objects.create(
        source="evolution", lane=str(manager.pk), payload=f'"{NUMBER}9"'
    )
    erase(contact)
    for row, column, value in (
        (said, "content", f"about {NUMBER}"),
        (elsewhere, "name", WORD),
        (event, "payload", f'"{NUMBER}"'),
        (longer, "payload", f'"{NUMBER}9"'),
    ):
        row.refresh_from_db()
        assert getattr(row, column) == value


def test_an_erased_person_who_writes_again_is_a_new_contact(manager):
    contact = make_person(manager)
    erase(contact)
    with transaction.atomic():
        again = ensure_contact(manager.pk, "whatsapp", NUMBER, name="Maria")
    assert again.pk != contact.pk
    assert again.deleted_at is None


def test_the_file_has_the_tombstone_before_the_first_row_is_changed(
    manager, monkeypatch
):
    contact = make_person(manager)

    def fall(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr(running, "erase_contact", fall)
    request = ask(contact)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    running.erase_waiting()
    (buried,) = tombstones.read().values()
    assert buried.certificate == request.code
    assert len(buried.marks) == 3
    text = tombstones.path().read_text()
    assert not any(alias in text for alias in (NUMBER, OTHER, LID, WORD))
    contact.refresh_from_db()
    assert contact.name == f"Maria {WORD}"


def test_after_a_kill_the_next_worker_continues(manager, monkeypatch):
    contact = make_person(manager)
    request = ask(contact)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    monkeypatch.setattr("hci_center.privacy.erasing.BATCH", 2)
    add, calls = running.SubjectProgress.add, []

    def add_until(progress, counts):
        calls.append(counts)
        if len(calls) == 5:
            raise SystemExit
        add(progress, counts)

    monkeypatch.setattr(running.SubjectProgress, "add", add_until)
    now = timezone.now
    # Leases use the time of the database, not the worker's clock.
    monkeypatch.setattr(timezone, "now", lambda: now() - timedelta(hours=1))
    with pytest.raises(SystemExit):
        running.erase_waiting()
    assert running.erase_waiting() == 0  # still leased
    Request.objects.update(lease_until=None)
    monkeypatch.setattr(running.SubjectProgress, "add", add)
    assert running.erase_waiting() == 1
    assert WORD not in " ".join(Message.objects.values_list("content", flat=True))
    counts = Request.objects.get().result["managers"][0]["counts"]
    assert counts["messages"] == Message.objects.count()
    assert counts["ids"] == 3
    assert Tombstone.objects.count() == 1


def test_the_certificate_identifies_the_person_only_by_digests(manager):
    request = erase(make_person(manager))
    assert request.state == "done"
    text = json.dumps(request.result)
    assert not any(each in text for each in (NUMBER, OTHER, LID, WORD))
    assert request.result["sha256"] == digest_of(request.result)
    counts = request.result["managers"][0]["counts"]
    assert counts["notes"] == 2
    assert counts["files"] == 5
    assert counts["comments"] == counts["rawEvents"] == counts["adminLog"] == 1
    lines = AuditLine.objects.order_by("pk").values_list("act", "kind", "credential")
    assert list(lines)[-1] == ("erase", "contact", "user:2")


def test_another_number_does_not_match_the_certificate(manager):
    request = ask(make_person(manager))
    with pytest.raises(requests.RefusedRequestError):
        requests.confirm_erasure(request, "5511987650002", confirmed_by="user:2")
    assert running.erase_waiting() == 0
    # As written in the country of the manager's number.
    requests.confirm_erasure(request, "(11) 98765-0001", confirmed_by="user:2")
    with pytest.raises(requests.RefusedRequestError):
        requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")


def test_a_legal_hold_delays_an_erasure(manager):
    contact = make_person(manager)
    hold = requests.place_hold(
        contact, None, reason="lawsuit", reference="0001", by="user:1"
    )
    request = ask(contact)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    assert running.erase_waiting() == 0
    assert list(holds_of(request)) == [hold]
    requests.lift_hold(hold, by="user:1")
    assert running.erase_waiting() == 1


def test_a_deleted_contact_is_erased_too(manager):
    contact = make_person(manager)
    close_chat(contact, actor=running.Actor("key:1"))
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    erase(contact)
    contact.refresh_from_db()
    assert contact.name == "Pessoa apagada"
    assert contact.deleted_at.year == 2026
    assert not Identity.objects.exists()


def test_notes_can_only_be_deleted_by_an_erasure(manager):
    make_person(manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.all().delete()


def test_every_table_about_contacts_is_erased_or_listed():
    """A new table that refers to contacts, chats or messages must be added."""
    erased = {
        "contacts_identity",
        "contacts_tagging",
        "contacts_searchname",
        "contacts_consent",
        "chats_attachment",
        "chats_convertedfile",
        "chats_delivery",
        "chats_mediafetch",
        "chats_message",
        "chats_messagepart",
        "chats_messageversion",
        "chats_note",
        "chats_portrait",
        "chats_profilefetch",
        "chats_scheduled",
        "chats_survey",
        "chats_task",
        "chats_transcriptseal",
        "chats_word",
        "privacy_hold",
    }
    # Only codes, ids and times.
    stay = {
        "chats_chat",
        "chats_chatevent",
        "chats_clock",
        "chats_homelesschat",
        "chats_menustate",
        "privacy_subject",
    }
    found = {
        relation.related_model._meta.db_table
        for model in (Contact, Chat, Message)
        for relation in model._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete
    }
    assert found - erased - stay == set()
