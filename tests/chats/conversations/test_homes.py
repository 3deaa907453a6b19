"""Open chats that no active operator can take are found, shown and reported."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from areas.models import Operator
from chats.accounts import alerts
from chats.conversations.assignment import hand_over
from chats.conversations.audit import Actor
from chats.conversations.homes import leave_without_home, watch_homes
from chats.conversations.lifecycle import open_chat
from chats.models import Chat, HomelessChat
from contacts.models import Contact
from hci_center.errors import LackingError
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_contact, make_supervisor

KEY = Actor("key:1")


@pytest.fixture
def chat(manager, sales, ana):
    contact = make_contact(manager, area=sales)
    return open_chat(contact, actor=KEY)


def found():
    watch_homes()
    return list(HomelessChat.objects.values_list("chat", flat=True))


def test_a_chat_in_an_area_with_active_operators_is_not_found(chat):
    assert found() == []


def test_an_operator_whose_user_is_inactive_does_not_count(chat, ana):
    User.objects.filter(pk=ana.user_id).update(is_active=False)
    assert found() == [chat.pk]
    User.objects.filter(pk=ana.user_id).update(is_active=True)
    assert found() == []


def test_a_chat_held_by_an_inactive_operator_is_found(chat, ana, bruno):
    hand_over(Contact.objects.get(pk=chat.contact_id), bruno.pk, actor=KEY)
    Operator.objects.filter(pk=bruno.pk).update(is_active=False)
    assert found() == [chat.pk]


def test_a_chat_without_area_can_be_taken_by_any_active_operator(manager, bruno):
    chat = open_chat(make_contact(manager), actor=KEY)
    assert found() == []
    Operator.objects.update(is_active=False)
    assert found() == [chat.pk]


def test_closed_chats_are_not_found(chat, ana):
    Operator.objects.update(is_active=False)
    Chat.objects.update(closed_at=timezone.now())
    assert found() == []


def test_it_raises_an_alert_after_a_minute(chat, ana, caplog):
    Operator.objects.update(is_active=False)
    watch_homes()
    assert caplog.text == ""
    HomelessChat.objects.update(since=timezone.now() - timedelta(seconds=61))
    watch_homes()
    watch_homes()
    assert caplog.text.count(chat.protocol) == 1
    with pytest.raises(LackingError, match="without a home: 1"):
        alerts.check()


def test_a_chat_left_so_by_choice_is_shown_without_alert(chat, ana, caplog):
    Operator.objects.update(is_active=False)
    leave_without_home([chat.pk])
    HomelessChat.objects.update(since=timezone.now() - timedelta(seconds=61))
    assert found() == [chat.pk]
    assert caplog.text == ""


def test_the_wall_counts_them_and_the_list_shows_them(chat, manager, ana, bruno):
    Operator.objects.filter(pk=ana.pk).update(is_active=False)
    desk = sign_in_to_admin(make_supervisor(manager))
    make_contact(manager)
    tiles = {tile.name: tile for tile in desk.get("/admin/").context["panel"].tiles}
    assert tiles["without_home"].n == 1
    listed = desk.get(tiles["without_home"].link).context["cl"]
    assert [each.pk for each in listed.result_list] == [chat.contact_id]
