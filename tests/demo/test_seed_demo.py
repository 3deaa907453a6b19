"""manage.py seed_demo: consistent data."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from areas.models import Area, Operator, PresenceSpan
from areas.rules.menus import menu_in_force
from areas.rules.policies import policy_for
from chats.files.storage import signed_link
from chats.models import Attachment, Chat, ChatEvent, Delivery, Message, Survey
from contacts.aliases import spellings
from contacts.models import Contact, Identity
from contacts.protocols import issue_protocol
from hci_center.demo.seed.copy_buffers import protocol_on
from hci_center.demo.seed.loading import Size, seed
from managers.models import Manager
from tests import builders
from tests.conftest import Api

pytestmark = pytest.mark.django_db


def seed_demo(**over):
    out = io.StringIO()
    call_command("seed_demo", verbosity=0, stdout=out, **over)
    return out.getvalue()


def rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.fixture
def centre():
    return seed_demo(managers=4, contacts=160, messages=2400)


def test_it_makes_exactly_what_was_asked_for_and_names_the_managers(centre):
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


def test_what_is_counted_is_what_is_there(centre):
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


def test_nothing_is_later_than_now_or_before_what_it_follows(centre):
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


def test_a_closed_chat_leaves_its_contact_released(centre):
    closed = Contact.objects.exclude(chats__closed_at=None)
    assert not closed.exclude(operator=None).exists()
    assert not closed.filter(unread__gt=0).exists()


def test_who_answers_a_contact_serves_its_area(centre):
    assert rows("""
        SELECT c.id FROM contacts_contact c
         WHERE c.operator_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM areas_operatorarea s
             WHERE s.operator_id = c.operator_id AND s.area_id = c.area_id)
    """) == []  # fmt: skip


def test_everybody_comes_under_all_spellings_of_the_number(centre):
    for contact in Contact.objects.all():
        aliases = Identity.objects.filter(contact=contact).values_list(
            "alias", flat=True
        )
        assert sorted(aliases) == spellings(contact.channel, contact.external_id)


def test_protocols_have_the_form_of_issued_ones(manager):
    issued = issue_protocol(manager.pk)
    day, running = re.fullmatch(r"BR(\d{8})(\d{6,})\d", issued).groups()
    assert protocol_on(day, int(running)) == issued
    seed_demo(contacts=10, messages=100)
    day_of = rows(
        "SELECT protocol, opened_at AT TIME ZONE 'America/Sao_Paulo' FROM chats_chat"
    )
    assert day_of
    for protocol, opened_at in day_of:
        told = re.fullmatch(r"BR(\d{8})(\d{6,})\d", protocol)
        assert protocol_on(told[1], int(told[2])) == protocol
        assert told[1] == f"{opened_at:%Y%m%d}"


def test_it_adds_to_what_is_there_and_to_itself():
    other = builders.make_manager(
        number=5511400010001, controller_port=18001, facebook_id="100000000010001"
    )
    contact = builders.make_contact(other)
    seed_demo(contacts=20, messages=200)
    seed_demo(contacts=20, messages=200)
    assert Manager.objects.filter(is_demo=True).count() == 4
    assert Contact.objects.exclude(pk=contact.pk).count() == 40
    assert set(Manager.objects.values_list("number", flat=True)) == {
        5511400010001 + n for n in range(5)
    }


def test_the_same_seed_makes_the_same_centre():
    now = timezone.now()

    def made(number):
        size = Size(managers=1, contacts=12, messages=150)
        managers = seed(size, seed=number, now=now, progress=lambda _written: None)
        return list(
            Message.objects.filter(manager__in=managers)
            .order_by("id")
            .values_list("uuid", "content", "created_at")
        )

    stories = []
    for number in (1, 1, 2):
        with transaction.atomic():
            stories.append([row[2] for row in made(number)])
            transaction.set_rollback(True)
    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


def test_nobody_can_sign_in_before_a_password_is_set(centre):
    users = User.objects.filter(operator__isnull=False)
    assert users.count() == 24
    assert not any(user.has_usable_password() for user in users)


def test_a_demonstration_may_be_empty():
    seed_demo(contacts=0, messages=0)
    seed_demo(contacts=5, messages=0)
    assert Contact.objects.count() == 5
    assert not Chat.objects.exists()
    assert not Contact.objects.exclude(last_message_at=None).exists()


@pytest.mark.parametrize(
    "size",
    [{"managers": 0}, {"contacts": -1}, {"messages": -1}, {"contacts": 0}],
)
def test_an_impossible_size_is_refused(size):
    with pytest.raises(CommandError):
        seed_demo(**size)
    assert not Manager.objects.exists()


def test_every_constraint_is_checked_and_nothing_half_written(monkeypatch):
    monkeypatch.setattr(
        "hci_center.demo.seed.customers.spellings", lambda _channel, _id: ["the same"]
    )
    with pytest.raises(Exception, match="alias_is_unique"):
        seed_demo(contacts=20, messages=100)


def test_the_feed_gets_a_new_epoch_and_no_row():
    before = rows("SELECT kind, op FROM change_pend ORDER BY id")
    seed_demo(contacts=20, messages=200)
    after = rows("SELECT kind, op FROM change_pend ORDER BY id")
    assert after == [*before, ("epoch", "R")]


def test_a_few_messages_come_with_a_file_that_can_be_opened(client):
    seed_demo()
    enclosed = Attachment.objects.select_related("message")
    assert {one.mime for one in enclosed} == {
        "image/png",
        "audio/ogg",
        "application/pdf",
    }
    assert any(one.is_voice for one in enclosed)
    for one in enclosed:
        assert one.message.type in ("image", "audio", "pdf")
        answer = client.get(signed_link(one.uuid, ""))
        content = b"".join(answer.streaming_content)
        assert hashlib.sha256(content).hexdigest() == one.sha256
        assert answer["Content-Type"].startswith(one.mime)


def test_a_failed_demonstration_leaves_no_file(monkeypatch, settings):
    def fails(*_):
        raise OSError("no room")

    monkeypatch.setattr("hci_center.demo.seed.sample_files.attach", fails)
    with pytest.raises(OSError, match="no room"):
        seed_demo()
    assert [one for one in settings.MEDIA_ROOT.rglob("*") if one.is_file()] == []


def test_the_api_answers_it(centre):
    api = Api(builders.make_key())
    answer = api.post("/api/user/", {"number": 5511400010001}).json()["data"]
    assert len(answer["contacts"]) == 40
    assert answer["controllerPort"] == "18001"
    newest = [one["lastMessageAt"] for one in answer["contacts"]]
    assert newest == sorted(newest, reverse=True)
    week = timezone.now() - timedelta(days=1)
    assert newest[0] > week.isoformat()


def test_lists_and_reports_have_what_they_show(centre):
    """Waits, causes, marks, after-hours, presence and deliveries agree with the rows."""
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


def test_with_rules_it_has_what_a_company_would_set(db):
    seed_demo(managers=2, contacts=20, messages=200, rules=True)
    for manager in Manager.objects.all():
        assert manager.has_automation
        assert menu_in_force(manager.pk).body["steps"][0]["options"]
        assert policy_for(manager.pk, manager.areas.get(code="suporte").pk).assign
        assert manager.pause_reasons.exists()
