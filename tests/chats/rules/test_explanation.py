"""POST api/chat/why: why a chat was assigned to an operator, and not to others."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chats.conversations.assignment import hand_over
from chats.conversations.audit import Actor
from chats.models import AssignmentRecord, Chat
from chats.rules import explanation, tasks
from tests import builders
from tests.chats.rules.conftest import connect, holders, pause, wait_in
from tests.chats.rules.running import run_tasks
from tests.chats.rules.test_assignment import give, hold, returning
from tests.conftest import signed_in

PATH = "/api/chat/why"


@pytest.fixture
def waiting(manager, sales, ana):
    builders.save_policy(manager, sales, assign="fewest", cap=5)
    contact = builders.make_contact(manager, area=sales)
    builders.make_chat(contact)
    return contact


def why(api, contact, operator):
    body = {"contactId": contact.external_id, "operatorId": operator.pk}
    answer = api.post(PATH, body)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_a_waiting_chat_shows_who_could_get_it(api, sales, waiting, ana):
    data = why(api, waiting, ana)
    assert data["assignment"] is None
    assert data["waiting"] == [
        {
            "operatorId": str(ana.pk),
            "load": 0,
            "cap": 5,
            "givenAt": None,
            "passed": "offline",
        }
    ]
    connect(ana)
    assert [one["passed"] for one in why(api, waiting, ana)["waiting"]] == [None]
    pause(ana)
    assert [one["passed"] for one in why(api, waiting, ana)["waiting"]] == ["paused"]


@pytest.mark.parametrize("policy", [{"hours": {}}, {"assign": "off"}])
def test_nobody_could_get_it_while_nobody_is_assigned(
    api, manager, sales, waiting, ana, policy
):
    connect(ana)
    builders.save_policy(manager, sales, **policy)
    assert why(api, waiting, ana) == {"assignment": None, "waiting": []}


def test_an_assigned_chat_shows_why(api, manager, sales, waiting, ana):
    connect(ana)
    tasks.schedule("assign", manager.pk, area_id=sales.pk)
    run_tasks()
    data = why(api, waiting, ana)
    assert data["waiting"] is None
    assert data["assignment"]["rule"] == "fewest"
    assert data["assignment"]["operatorId"] == str(ana.pk)
    assert [one["passed"] for one in data["assignment"]["candidates"]] == [None]


def passed(contact):
    """Returns why each operator was not chosen in the contact's latest assignment."""
    record = AssignmentRecord.objects.filter(event__chat__contact=contact).latest("pk")
    return {int(one["operatorId"]): one["passed"] for one in record.candidates}


def test_who_has_let_go_of_the_contact_is_not_said_to_be_busier(sales, team):
    a, b, c = team
    contact = wait_in(sales)
    hand_over(contact, a.pk, actor=Actor("user:1"))
    hold(b, sales)
    hold(c, sales, 2)
    hand_over(contact, None, actor=Actor("user:1"))
    run_tasks()
    assert holders(contact) == [b]
    assert passed(contact) == {a.pk: "let_go", b.pk: None, c.pk: "busier"}


def test_the_others_are_not_the_last_operator(manager, sales, team):
    builders.save_policy(manager, sales, lastOperator=600)
    a, b, c = team
    hold(a, sales, 3)
    pause(c)
    contact = returning(sales, a)
    give(sales)
    assert passed(contact) == {a.pk: None, b.pk: "not_last", c.pk: "paused"}


def test_an_operator_may_ask_about_visible_chats(manager, support, waiting, bruno):
    stranger = builders.make_operator(manager, support)
    answer = signed_in(stranger.user).post(
        PATH, {"contactId": waiting.external_id, "operatorId": stranger.pk}
    )
    assert answer.status_code == 404


def test_a_chat_closed_during_the_call(api, waiting, ana, monkeypatch):
    find = explanation.find_conversation

    def find_and_close(caller, request):
        found = find(caller, request)
        Chat.objects.update(closed_at=timezone.now())
        return found

    monkeypatch.setattr(explanation, "find_conversation", find_and_close)
    assert why(api, waiting, ana)["assignment"] is None
