"""manage.py seed_demo creates consistent data."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.core.management import CommandError
from django.db import transaction
from django.utils import timezone

from areas.rules.menus import menu_in_force
from areas.rules.policies import policy_for
from chats.files.file_links import signed_link
from chats.models import Attachment, Chat, Message
from contacts.models import Contact
from contacts.protocols import issue_protocol
from hci_center.demo.seed.copy_buffers import protocol_on
from hci_center.demo.seed.loading import Size, seed
from managers.models import Manager
from tests import builders
from tests.demo.seeding import rows, seed_demo

pytestmark = pytest.mark.django_db


def test_protocols_have_the_format_of_issued_ones(manager):
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


def test_it_adds_to_existing_data():
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


def test_the_same_seed_creates_the_same_data():
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


def test_constraints_are_checked_and_an_error_rolls_back(monkeypatch):
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


def test_with_rules_it_creates_typical_settings(db):
    seed_demo(managers=2, contacts=20, messages=200, rules=True)
    for manager in Manager.objects.all():
        assert manager.has_automation
        assert menu_in_force(manager.pk).body["steps"][0]["options"]
        assert policy_for(manager.pk, manager.areas.get(code="suporte").pk).assign
        assert manager.pause_reasons.exists()
