"""Merged contacts are found, held and erased as one person."""

from __future__ import annotations

import json
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import transaction

from chats.files.storage import write_file
from chats.inbound.record import ensure_contact
from chats.models import Chat, Message, Portrait
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.privacy import requests, retention, running
from hci_center.privacy.holds import holds_of
from hci_center.privacy.models import Hold, Retention
from hci_center.privacy.persons import find_contacts
from hci_center.privacy.restoring import erased_but_present
from tests import builders
from tests.chats.inbound.test_merged_tags import merged
from tests.privacy.person import LID, NUMBER, WORD, files_with_the_word
from tests.privacy.test_erasing import ask, erase
from tests.privacy.test_retention import NIGHT

EVERYONE = Caller("administrator", "user:1", None)


def both(manager):
    """Returns a contact with a number, and one that is only known by another id."""
    first = builders.make_contact(manager, external_id=NUMBER, name="Maria")
    second = builders.make_contact(manager, external_id=LID, name=f"M. {WORD}")
    builders.make_message(builders.make_chat(second), content="Oi")
    uuid = uuid4()
    Portrait.objects.create(
        uuid=uuid,
        contact=second,
        file=write_file(uuid, BytesIO(WORD.encode())),
        mime="image/png",
    )
    return first, second


def test_merged_contacts_are_found_together(manager):
    first, second = both(manager)
    merged(manager, first, second)
    for text in (NUMBER, LID):
        assert {each.pk for each in find_contacts(EVERYONE, text)} == {
            first.pk,
            second.pk,
        }


def test_no_other_contact_is_found_with_them(manager, other_manager):
    first, second = both(manager)
    merged(manager, first, second)
    builders.make_contact(other_manager, external_id=LID)
    builders.make_contact(manager, deleted_at="2026-01-01T00:00Z")
    found = find_contacts(
        Caller("supervisor", "user:2", frozenset({manager.pk})), NUMBER
    )
    assert {each.pk for each in found} == {first.pk, second.pk}


def test_no_data_of_merged_contacts_is_left(manager, data):
    first, second = both(manager)
    merged(manager, first, second)
    certificate = erase(first)
    second.refresh_from_db()
    assert second.name == "Pessoa apagada"
    assert second.external_id.startswith("apagado-")
    assert files_with_the_word(data) == []
    assert list(erased_but_present()) == []
    assert certificate.result["managers"][0]["counts"]["contacts"] == 2


def test_an_erased_person_who_writes_by_that_id_is_a_new_contact(manager):
    first, second = both(manager)
    merged(manager, first, second)
    erase(first)
    with transaction.atomic():
        again = ensure_contact(manager.pk, "whatsapp", LID, name="Maria")
    assert again.pk not in (first.pk, second.pk)


def test_a_request_made_before_the_merge_applies_to_both(manager):
    first, second = both(manager)
    request = ask(second)
    contact = merged(manager, first, second)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    assert running.erase_waiting() == 1
    assert set(Message.objects.values_list("content", flat=True)) == {"[apagado]"}
    assert set(Contact.objects.values_list("name", flat=True)) == {"Pessoa apagada"}
    assert request.subjects.get().contact_id == contact.pk
    request.refresh_from_db()
    assert WORD not in json.dumps(request.result)


def test_requests_about_both_become_one(manager):
    first, second = both(manager)
    request = ask(first, second)
    merged(manager, first, second)
    requests.confirm_erasure(request, LID, confirmed_by="user:2")
    assert running.erase_waiting() == 1
    assert set(Contact.objects.values_list("name", flat=True)) == {"Pessoa apagada"}


def test_a_legal_hold_applies_to_the_merged_contact(manager):
    first, second = both(manager)
    hold = requests.place_hold(
        second, None, reason="lawsuit", reference="1", by="user:1"
    )
    contact = merged(manager, first, second)
    request = ask(contact)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    assert list(holds_of(request)) == [hold]
    assert running.erase_waiting() == 0


@pytest.mark.parametrize("held", [0, 1])
def test_a_hold_from_before_the_merge_keeps_what_was_moved(manager, held):
    first, second = both(manager)
    Chat.objects.update(closed_at="2026-01-05T00:00Z")
    for_long = "2026-01-05T00:00Z"
    Contact.objects.update(last_message_at=for_long, created_at=for_long)
    requests.place_hold(
        (first, second)[held], None, reason="lawsuit", reference="", by="user:1"
    )
    merged(manager, first, second)
    kept = Retention.objects.create(
        manager=manager, runs_from=NIGHT, saved_by="user:1",
        words_months=1, files_months=1, person_months=1,
    )  # fmt: skip
    assert retention.count_expired(kept, NIGHT) == retention.Taken()
    retention.run_if_due(NIGHT)
    assert Message.objects.get().content == "Oi"
    Hold.objects.update(lifted_at="2026-02-01T00:00Z")
    assert retention.count_expired(kept, NIGHT).words == 1


def test_a_hold_of_one_stops_an_earlier_request_about_the_other(manager):
    first, second = both(manager)
    request = ask(first)
    hold = requests.place_hold(
        second, None, reason="lawsuit", reference="", by="user:1"
    )
    assert list(holds_of(request)) == []
    merged(manager, first, second)
    requests.confirm_erasure(request, NUMBER, confirmed_by="user:2")
    assert list(holds_of(request)) == [hold]
    assert running.erase_waiting() == 0
    assert Message.objects.get().content == "Oi"
