"""The rows created by manage.py seed_demo are consistent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from areas.models import Area, Operator, PresenceSpan
from chats.models import Chat, ChatEvent, Delivery, Message, Survey
from contacts.aliases import spellings
from contacts.models import Contact, Identity
from managers.models import Manager
from tests import builders
from tests.conftest import Api
from tests.demo.seeding import rows, seed_demo
from tests.module_rows import module_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def centre(django_db_setup, django_db_blocker):
    """Returns the output of the command, whose rows all tests share."""
    with module_rows(django_db_blocker):
        yield seed_demo(managers=4, contacts=160, messages=2400)


def test_it_creates_exactly_the_requested_rows_and_names_the_managers(centre):
    assert Manager.objects.filter(is_demo=True).count() == 4
    assert Contact.objects.count() == 160
    assert Message.objects.count() == 2400
    assert [line.partition(" ")[0] for line in centre.splitlines()] == [
        "5511400010001",
        "5511400010002",
        "5511400010003",
        "100000000010003",
    ]


def test_it_has_areas_operators_and_chats_of_every_kind(centre):
    for manager in Manager.objects.all():
        assert Area.objects.filter(manager=manager).count() == 5
        assert Operator.objects.filter(manager=manager).count() == 6
        assert not Area.objects.filter(manager=manager, operators=None).exists()
    assert Chat.objects.exclude(closed_at=None).exists()
    going_on = Contact.objects.filter(chats__closed_at=None, chats__isnull=False)
    assert going_on.exclude(operator=None).exists()
    assert going_on.filter(operator=None).exclude(area=None).exists()
    assert set(Contact.objects.values_list("channel", flat=True)) == {
        "whatsapp",
        "facebook",
    }


def test_counters_match_the_rows(centre):
    wrong = rows("""
        SELECT c.id FROM contacts_contact c WHERE unread <> (
            SELECT count(*) FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
             WHERE m.contact_id = c.id AND h.closed_at IS NULL
               AND m.direction = 'in' AND m.status = 'wait')
           OR last_message_at IS DISTINCT FROM (
            SELECT max(created_at) FROM chats_message m WHERE m.contact_id = c.id)
    """)
    assert wrong == []
    assert Contact.objects.filter(unread__gt=0).exists()


def test_times_are_in_order_and_in_the_past(centre):
    now = timezone.now()
    assert not Message.objects.filter(created_at__gt=now).exists()
    assert not ChatEvent.objects.filter(at__gt=now).exists()
    assert rows("""
        SELECT m.id FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
         WHERE m.created_at < h.opened_at OR m.created_at > h.closed_at
        UNION ALL
        SELECT id FROM (SELECT id, created_at, lag(created_at) OVER (
            PARTITION BY contact_id ORDER BY id) AS before FROM chats_message) o
         WHERE created_at < before
    """) == []  # fmt: skip


def test_the_ledger_agrees_with_the_rows(centre):
    for chat in Chat.objects.select_related("contact"):
        told = chat.events.exclude(kind__in=["survey_sent", "rated"])
        events = sorted(told, key=lambda event: (event.at, event.pk))
        kinds = [event.kind for event in events]
        assert kinds[0] == "opened"
        assert events[0].at == chat.opened_at
        assert ("closed" in kinds) == (chat.closed_at is not None)
        if chat.closed_at:
            assert kinds[-1] == "closed"
            assert (events[-1].at, events[-1].operator_id) == (chat.closed_at, None)
        else:
            assert events[-1].operator_id == chat.contact.operator_id
            assert events[-1].area_id == chat.contact.area_id


def test_contacts_with_only_closed_chats_are_unassigned(centre):
    closed = Contact.objects.exclude(chats__closed_at=None)
    assert not closed.exclude(operator=None).exists()
    assert not closed.filter(unread__gt=0).exists()


def test_contacts_are_assigned_to_operators_of_their_area(centre):
    assert rows("""
        SELECT c.id FROM contacts_contact c
         WHERE c.operator_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM areas_operatorarea s
             WHERE s.operator_id = c.operator_id AND s.area_id = c.area_id)
    """) == []  # fmt: skip


def test_every_contact_has_all_spellings_of_its_number(centre):
    for contact in Contact.objects.all():
        aliases = Identity.objects.filter(contact=contact).values_list(
            "alias", flat=True
        )
        assert sorted(aliases) == spellings(contact.channel, contact.external_id)


def test_nobody_can_sign_in_before_a_password_is_set(centre):
    users = User.objects.filter(operator__isnull=False)
    assert users.count() == 24
    assert not any(user.has_usable_password() for user in users)


def test_the_api_returns_the_rows(centre):
    api = Api(builders.make_key())
    answer = api.post("/api/user/", {"number": 5511400010001}).json()["data"]
    assert len(answer["contacts"]) == 40
    assert answer["controllerPort"] == "18001"
    newest = [one["lastMessageAt"] for one in answer["contacts"]]
    assert newest == sorted(newest, reverse=True)
    week = timezone.now() - timedelta(days=1)
    assert newest[0] > week.isoformat()


def test_there_is_data_for_all_lists_and_reports(centre):
    """Waits, causes, marks, after-hours, presence and deliveries match the rows."""
    causes = ChatEvent.objects.exclude(cause="").values_list("kind", "cause")
    assert {("opened", "customer"), ("entered_area", "menu")} <= set(causes)
    assert ("closed", "resolved") in causes
    waiting = Contact.objects.filter(chats__closed_at=None, chats__isnull=False)
    assert not waiting.filter(queued_at=None).exists()
    assert rows("""
        SELECT c.id FROM contacts_contact c WHERE waiting_since IS DISTINCT FROM (
            SELECT min(m.created_at) FROM chats_message m
              JOIN chats_chat h ON h.id = m.chat_id AND h.closed_at IS NULL
             WHERE m.contact_id = c.id AND m.direction = 'in' AND m.id > coalesce((
                SELECT max(o.id) FROM chats_message o WHERE o.chat_id = h.id
                   AND o.direction = 'out' AND o.sender <> 'bot'), 0))
           OR last_in_at IS DISTINCT FROM (
            SELECT max(m.created_at) FROM chats_message m
             WHERE m.contact_id = c.id AND m.direction = 'in')
    """) == []  # fmt: skip
    assert not Message.objects.filter(stored_at__lt=F("created_at")).exists()
    rated = Survey.objects.filter(state="rated")
    assert rated.exists()
    assert rows("""
        SELECT s.id FROM chats_survey s JOIN chats_chat h ON h.id = s.chat_id
         WHERE h.closed_at IS NULL OR s.operator_id <> h.last_operator_id
            OR s.state = 'rated' AND NOT EXISTS (
               SELECT FROM chats_chatevent e WHERE e.chat_id = s.chat_id
                  AND e.kind = 'rated' AND e.at = s.answered_at
                  AND (e.detail ->> 'rating')::int = s.rating)
    """) == []  # fmt: skip
    assert PresenceSpan.objects.filter(state="paused", reason="almoco").exists()
    assert not PresenceSpan.objects.filter(ended_at=None).exists()
    recent = Message.objects.filter(
        direction="out", created_at__gt=timezone.now() - timedelta(days=91)
    )
    assert not recent.filter(delivery=None).exists()
    wrong = Delivery.objects.exclude(done_at__gte=F("queued_at"))
    assert not wrong.exists()
