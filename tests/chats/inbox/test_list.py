"""POST api/chat/list: the fields of a line, and the states and order of chats."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chats.inbox import list as chat_list
from chats.models import Clock
from contacts.models import Tag, Tagging
from tests import builders
from tests.chats.inbox.rows import (
    all_pages,
    at,
    in_menu,
    listed,
    open_chat,
    protocols,
)
from tests.conftest import signed_in
from tests.contract.shapes import answered, contact_shape, message_shape, refused

STATES = ("menu", "waiting", "serving", "answered", "closed")


@pytest.fixture
def one_of_each(manager, ana):
    return {
        "menu": in_menu(manager),
        "waiting": open_chat(manager),
        "serving": open_chat(manager, operator=ana, waiting_since=at(1)),
        "answered": open_chat(manager, operator=ana),
        "closed": open_chat(manager, chat={"closed_at": at(2)}),
    }


def test_a_line_has_all_fields_that_a_console_shows(api, manager, sales, ana, contact):
    contact.operator, contact.area = ana, sales
    contact.waiting_since, contact.queued_at = at(1), at(0)
    contact.last_message_at, contact.last_in_at = at(2), at(2)
    contact.save()
    chat = builders.make_chat(contact, protocol=contact.protocol, opened_at=at(0))
    builders.make_message(chat, content="oi")
    builders.make_message(chat, content="alguém?")
    tag = Tag.objects.create(manager=manager, code="vip", name="VIP")
    Tagging.objects.create(manager=manager, contact=contact, tag=tag)
    answered(
        api.post("/api/chat/list", {"number": manager.number}),
        {
            "chats": [
                {
                    "m": manager.number,
                    "contact": contact_shape(contact),
                    "protocol": chat.protocol,
                    "open": True,
                    "openedAt": "2026-11-20T12:00:00.000Z",
                    "closedAt": None,
                    "state": "serving",
                    "queuedAt": "2026-11-20T12:00:00.000Z",
                    "waitingSince": "2026-11-20T12:01:00.000Z",
                    "windowEndsAt": None,
                    "last": message_shape("alguém?"),
                    "tags": ["vip"],
                    "clock": None,
                }
            ],
            "next": None,
        },
    )


def test_a_manager_without_number_has_its_page_id(api, manager):
    manager.number = None
    manager.save()
    open_chat(manager, channel="facebook")
    assert listed(api)["chats"][0]["m"] == manager.facebook_id


@pytest.mark.parametrize("state", STATES)
def test_each_chat_is_in_one_state(api, one_of_each, state):
    lines = listed(api, state=state)["chats"]
    assert [line["protocol"] for line in lines] == [one_of_each[state].protocol]
    assert lines[0]["state"] == state
    assert lines[0]["open"] is (state != "closed")


def test_open_and_all_combine_states(api, one_of_each):
    every = {chat.protocol for chat in one_of_each.values()}
    assert set(protocols(api, state="all")) == every
    is_open = every - {one_of_each["closed"].protocol}
    assert set(protocols(api)) == set(protocols(api, state="open")) == is_open


def test_mine_are_the_chats_assigned_to_the_operator(
    api, one_of_each, manager, ana, bruno
):
    open_chat(manager, operator=bruno)
    mine = {one_of_each[state].protocol for state in ("serving", "answered")}
    asked = {"operatorId": str(ana.pk)}
    assert set(protocols(api, state="mine", **asked)) == mine
    only = protocols(api, state="mineAnswered", **asked)
    assert only == [one_of_each["answered"].protocol]
    for state in ("mine", "mineAnswered"):
        answer = api.post("/api/chat/list", {"state": state})
        refused(answer, 400, "invalid", fields=["operatorId"])


def test_an_assigned_contact_is_not_in_the_menu(api, manager, ana):
    chat = in_menu(manager, operator=ana)
    assert protocols(api, state="menu") == []
    assert protocols(api, state="answered") == [chat.protocol]


def test_the_longest_wait_is_first(api, manager, ana):
    queued = [open_chat(manager, queued_at=at(m)).protocol for m in (3, 1, 2)]
    assert protocols(api, state="waiting") == [queued[1], queued[2], queued[0]]
    held = [
        open_chat(manager, operator=ana, waiting_since=at(m)).protocol
        for m in (5, 4, 6)
    ]
    assert protocols(api, state="serving") == [held[1], held[0], held[2]]


def test_a_chat_that_never_moved_is_queued_since_its_opening(api, manager):
    later = open_chat(manager, queued_at=at(1))
    first = open_chat(manager)
    lines = listed(api, state="waiting")["chats"]
    assert [line["protocol"] for line in lines] == [first.protocol, later.protocol]
    assert lines[0]["queuedAt"] == lines[0]["openedAt"]


def test_other_states_are_sorted_latest_first(api, manager, ana):
    spoken = [
        open_chat(manager, operator=ana, last_message_at=at(m)).protocol
        for m in (3, 1, 2)
    ]
    by_time = [spoken[0], spoken[2], spoken[1]]
    assert protocols(api) == protocols(api, state="answered") == by_time
    closed = [
        open_chat(manager, chat={"closed_at": at(m)}).protocol for m in (2.5, 9, 1.5)
    ]
    assert protocols(api, state="closed") == [closed[1], closed[0], closed[2]]
    assert protocols(api, state="all") == [
        closed[1], spoken[0], closed[0], spoken[2], closed[2], spoken[1]
    ]  # fmt: skip


def test_a_closed_chat_shows_no_data_of_the_open_one(api, manager, ana):
    old = open_chat(
        manager, chat={"closed_at": at(1)}, operator=ana, waiting_since=at(3)
    )
    Clock.objects.create(
        chat=old, kind="resolution", target=60, started_at=at(0), due_at=at(1)
    )
    builders.make_chat(old.contact, opened_at=at(2))
    (line,) = listed(api, state="closed")["chats"]
    assert (line["protocol"], line["state"]) == (old.protocol, "closed")
    assert line["queuedAt"] is line["waitingSince"] is line["clock"] is None


def test_filters_by_area_tag_and_channel(api, manager, sales, support):
    sold = open_chat(manager, area=sales)
    helped = open_chat(manager, area=support, channel="facebook")
    homeless = open_chat(manager)
    tag = Tag.objects.create(manager=manager, code="vip", name="VIP")
    Tagging.objects.create(manager=manager, contact=homeless.contact, tag=tag)
    assert protocols(api, area="vendas") == [sold.protocol]
    assert protocols(api, area="Suporte") == [helped.protocol]
    assert protocols(api, area="") == [homeless.protocol]
    assert len(protocols(api, area=None)) == 3
    assert protocols(api, channel="facebook") == [helped.protocol]
    assert protocols(api, tag="vip") == [homeless.protocol]
    assert protocols(api, tag="other") == []
    assert protocols(api, area="vendas", state="closed") == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"state": "lost"}, "state"),
        ({"channel": "telegram"}, "channel"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"counts": "perhaps"}, "counts"),
        ({"after": "AAAA"}, "after"),
        ({"after": "ção"}, "after"),
    ],
)
def test_wrong_fields_are_refused(api, fields, wrong):
    refused(api.post("/api/chat/list", fields), 400, "invalid", fields=[wrong])


def test_the_reply_window_ends_a_day_after_the_customers_message(api, manager):
    open_chat(manager, last_in_at=at(0), name="phone")
    open_chat(manager, last_in_at=at(0), name="page", channel="facebook")
    open_chat(manager, name="silent", channel="facebook")

    def ends():
        lines = listed(api)["chats"]
        return {line["contact"]["name"]: line["windowEndsAt"] for line in lines}

    tomorrow = "2026-11-21T12:00:00.000Z"
    assert ends() == {"phone": None, "page": tomorrow, "silent": None}
    manager.gateway = "whatsapp_cloud"
    manager.save()
    assert ends() == {"phone": tomorrow, "page": tomorrow, "silent": None}


def test_the_clock_is_the_first_due_of_the_running_ones(api, manager):
    chat, now = open_chat(manager), timezone.now()
    minutes = {
        "resolution": (10, 20), "reply": (-1, 5), "queue": (-9, -2)
    }  # fmt: skip
    for kind, (risk, due) in minutes.items():
        Clock.objects.create(
            chat=chat,
            kind=kind,
            target=60,
            started_at=now,
            risk_at=now + timedelta(minutes=risk),
            due_at=now + timedelta(minutes=due),
        )
    shown = []
    for kind in ("queue", "reply", "resolution"):
        clock = listed(api)["chats"][0]["clock"]
        shown.append((clock["kind"], clock["state"]))
        Clock.objects.filter(kind=kind).update(met_at=now)
    assert shown == [("queue", "breached"), ("reply", "risk"), ("resolution", "ok")]
    assert listed(api)["chats"][0]["clock"] is None
    Clock.objects.filter(kind="queue").update(met_at=None, due_at=None, risk_at=None)
    assert listed(api)["chats"][0]["clock"] == {
        "kind": "queue", "state": "paused", "riskAt": None, "dueAt": None
    }  # fmt: skip


@pytest.mark.parametrize("named", [0, 1, 1000])
def test_both_queries_for_closed_chats_return_the_same(
    api, manager, sales, ana, monkeypatch, named
):
    monkeypatch.setattr(chat_list, "MOST_CONTACTS", named)
    closed = [
        open_chat(manager, area=sales if n % 2 else None, chat={"closed_at": at(n)})
        for n in range(6)
    ]
    is_open = open_chat(manager, area=sales, last_message_at=at(0))
    in_sales = [chat.protocol for chat in closed[1::2]][::-1]

    def paged(who, **fields):
        pages = all_pages(who, limit=2, **fields)
        return [protocol for page in pages for protocol in page]

    assert paged(api, state="closed", area="vendas") == in_sales
    assert paged(api, state="all", area="vendas") == [*in_sales, is_open.protocol]
    # The operator sees contacts without area and operator, so he sees all of them here.
    everybody = [chat.protocol for chat in closed[::-1]]
    assert paged(signed_in(ana.user), state="closed") == everybody
    assert paged(api, state="closed", area="") == everybody[1::2]
