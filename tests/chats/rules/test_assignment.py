"""Automatic assignment of waiting contacts: to whom, when, and why."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from areas.models import LastAssignment, PresenceSpan
from chats.conversations import assignment as by_hand
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.models import AssignmentRecord, ChatEvent, Task
from chats.rules import assignment, tasks
from chats.rules.waiting import TRIED
from contacts.models import Contact
from tests import builders
from tests.chats.rules.conftest import connect, holders, pause, wait_in
from tests.chats.rules.running import run_tasks

PERSON, KEY = Actor("user:1"), Actor("key:1")


def give(area):
    tasks.schedule("assign", area.manager_id, area_id=area.pk)
    run_tasks()


def hold(operator, area, many=1):
    for _ in range(many):
        contact = wait_in(area)
        Contact.objects.filter(pk=contact.pk).update(operator=operator)


# Whom it chooses


def test_fewest_chats_are_first_and_then_the_longest_without_assignment(sales, team):
    a, b, c = team
    hold(a, sales, 2)
    hold(b, sales)
    first, second, third = (wait_in(sales, since=since) for since in (30, 20, 10))
    give(sales)
    assert holders(first, second, third) == [c, b, c]


def test_chats_of_all_areas_count(manager, sales, support, team):
    a, _b, _c = team
    hold(a, support, 3)
    contacts = [wait_in(sales) for _ in range(4)]
    give(sales)
    assert a not in holders(*contacts)


def test_in_turn_goes_by_the_last_assignment_in_this_area(manager, sales, team):
    builders.save_policy(manager, sales, assign="rotation")
    a, b, c = team
    contacts = [wait_in(sales, since=9 - n) for n in range(5)]
    hold(a, sales, 7)
    give(sales)
    assert holders(*contacts) == [a, b, c, a, b]


def test_the_cap_is_never_exceeded(manager, sales, team):
    builders.save_policy(manager, sales, cap=1)
    a, b, c = team
    b.cap = 0
    b.save()
    contacts = [wait_in(sales, since=9 - n) for n in range(6)]
    give(sales)
    held = holders(*contacts)
    assert (held.count(a), held.count(c)) == (1, 1)
    assert held.count(b) == 4


def test_only_online_operators_are_chosen(sales, team):
    a, b, c = team
    pause(a)
    pause(b, "offline")
    c.presences.update(online_until=timezone.now() - timedelta(seconds=61))
    contact = wait_in(sales)
    give(sales)
    assert holders(contact) == [None]
    pause(a, "online")
    give(sales)
    assert holders(contact) == [a]


def test_operators_of_other_areas_and_inactive_ones_are_not_chosen(
    manager, sales, support, team
):
    other = builders.make_operator(manager, support)
    connect(other)
    for operator in team:
        operator.is_active = False
        operator.save()
    contact = wait_in(sales)
    give(sales)
    assert holders(contact) == [None]


def test_nothing_is_assigned_while_the_area_is_closed(manager, sales, team):
    builders.save_policy(manager, sales, hours={})
    contact = wait_in(sales)
    give(sales)
    assert holders(contact) == [None]


def test_an_operator_who_released_it_is_chosen_last(manager, sales, team):
    a, b, c = team
    contact = wait_in(sales)
    by_hand.hand_over(contact, a.pk, actor=PERSON)
    hold(b, sales, 5)
    hold(c, sales, 5)
    by_hand.hand_over(contact, None, actor=PERSON)
    run_tasks()
    assert holders(contact) != [a]
    pause(b)
    pause(c)
    by_hand.hand_over(contact, None, actor=PERSON)
    run_tasks()
    by_hand.hand_over(contact, a.pk, actor=PERSON)
    by_hand.hand_over(contact, None, actor=PERSON)
    run_tasks()
    assert holders(contact) == [a]


# Back to the last operator -------------------------------------------------------


def returning(area, operator, *, ago=0):
    contact = wait_in(area, operator=operator)
    close_chat(contact, actor=PERSON)
    chat = contact.chats.get()
    chat.closed_at = timezone.now() - timedelta(seconds=ago)
    chat.save()
    open_chat(contact, actor=KEY)
    return contact


def test_a_returning_customer_gets_his_last_operator(manager, sales, team):
    builders.save_policy(manager, sales, lastOperator=600)
    a, _b, _c = team
    hold(a, sales, 3)
    contact = returning(sales, a)
    give(sales)
    assert holders(contact) == [a]
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.cause, line.actor) == ("assigned", "last", "rule:last")


def test_the_last_operator_is_not_preferred_after_the_time_or_while_offline(
    manager, sales, team
):
    builders.save_policy(manager, sales, lastOperator=600)
    a, b, _c = team
    hold(a, sales, 3)
    late = returning(sales, a, ago=700)
    give(sales)
    assert holders(late) == [b]
    pause(a)
    away = returning(sales, a)
    give(sales)
    assert holders(away) != [a]


def test_it_works_without_a_rule(manager, sales, team):
    builders.save_policy(manager, sales, assign="off", lastOperator=600)
    a, _b, _c = team
    contact, other = returning(sales, a), wait_in(sales, since=99)
    give(sales)
    assert holders(contact, other) == [a, None]


def test_without_a_rule_others_may_have_been_waiting_longer(manager, sales, team):
    builders.save_policy(manager, sales, assign="off", lastOperator=600)
    a, b, _c = team
    pause(b)
    others = [wait_in(sales, since=99) for _ in range(TRIED)]
    paused = [returning(sales, b) for _ in range(TRIED)]
    contact = returning(sales, a)
    give(sales)
    assert holders(contact) == [a]
    assert set(holders(*others, *paused)) == {None}


# Order and time of assignments


def test_a_release_keeps_the_position_and_a_move_does_not(
    manager, sales, support, team
):
    for operator in team[1:]:
        pause(operator)
    builders.save_policy(manager, sales, cap=1)
    now = timezone.now()
    early = wait_in(sales, since=60, queued_at=now - timedelta(minutes=1))
    released = wait_in(sales, since=60, queued_at=now - timedelta(minutes=40))
    give(sales)
    assert holders(early, released) == [None, team[0]]


def test_a_queued_contact_or_a_free_slot_triggers_an_assignment(
    manager, sales, support, team
):
    builders.save_policy(manager, sales, cap=1)
    run_tasks()
    contacts = [wait_in(sales, since=9 - n) for n in range(4)]
    give(sales)
    assert None not in holders(*contacts[:3])
    close_chat(Contact.objects.get(pk=contacts[0].pk), actor=PERSON)
    run_tasks()
    assert None not in holders(contacts[3])
    moved = wait_in(support)
    by_hand.hand_over(contacts[1], None, actor=PERSON)
    by_hand.change_area(moved, sales.pk, actor=PERSON)
    assert Task.objects.filter(kind="assign", area=sales).exists()


def test_a_claim_and_an_opened_chat_schedule_nothing(manager, sales, team):
    contact = builders.make_contact(manager, area=sales)
    open_chat(contact, actor=KEY)
    ChatEvent.objects.create(
        chat=contact.chats.get(), manager=manager, kind="claimed", area=sales
    )
    assert not Task.objects.exists()


def test_an_operator_who_comes_online_or_gets_a_higher_cap_triggers_an_assignment(
    manager, sales, team
):
    now = timezone.now()
    PresenceSpan.objects.create(
        operator=team[0], state="online", started_at=now, seen_at=now
    )
    assert Task.objects.get().area == sales
    Task.objects.all().delete()
    team[1].cap = 9
    team[1].save()
    assert Task.objects.get().area == sales
    Task.objects.all().delete()
    builders.make_operator(manager, sales)
    assert Task.objects.get().area == sales


def test_the_sweep_checks_queues_that_are_not_empty(manager, sales, support, team):
    wait_in(sales)
    assignment.sweep()
    assert Task.objects.get().area == sales


def test_without_rules_nothing_is_scheduled(manager, sales, ana):
    contact = wait_in(sales)
    by_hand.hand_over(contact, ana.pk, actor=PERSON)
    by_hand.hand_over(contact, None, actor=PERSON)
    close_chat(contact, actor=PERSON)
    assignment.sweep()
    assert not Task.objects.exists()


def test_a_contact_with_unprocessed_messages_is_not_assigned(manager, sales, team):
    contact = wait_in(sales)
    later = timezone.now() + timedelta(seconds=60)
    tasks.schedule("inbound", manager.pk, contact_id=contact.pk, run_at=later)
    give(sales)
    assert holders(contact) == [None]


# Explanations


def test_every_assignment_records_who_was_not_chosen_and_why(manager, sales, team):
    builders.save_policy(manager, sales, cap=5)
    a, b, c = team
    d, e = (builders.make_operator(manager, sales, name=name) for name in "de")
    connect(e)
    hold(b, sales)
    pause(c)
    hold(e, sales, 5)
    contact = wait_in(sales)
    LastAssignment.objects.create(operator=a, area=sales, at=timezone.now())
    give(sales)
    record = AssignmentRecord.objects.get()
    assert (record.rule, record.event.operator) == ("fewest", a)
    assert record.event.chat == contact.chats.get()
    passed = {one["operatorId"]: one["passed"] for one in record.candidates}
    assert passed == {
        str(a.pk): None,
        str(b.pk): "busier",
        str(c.pk): "paused",
        str(d.pk): "offline",
        str(e.pk): "at_cap",
    }
    assert record.candidates[0]["operatorId"] == str(a.pk)
