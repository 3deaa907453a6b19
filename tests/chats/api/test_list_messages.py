"""POST api/chat/message."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.builders import make_chat, make_contact, make_message, make_operator
from tests.chats.shapes import message_body
from tests.conftest import signed_in

PATH = "/api/chat/message"


@pytest.fixture
def chat(contact):
    return make_chat(contact)


@pytest.fixture
def three(chat):
    return [make_message(chat, content=text) for text in ("um", "dois", "três")]


def body_of(ana, **more):
    return {"operatorId": str(ana.pk), "contactId": 551133334444, **more}


def contents(answer):
    assert answer.status_code == 200, answer.content
    return [message["content"] for message in answer.json()["data"]]


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_it_returns_all_messages_oldest_first(api, chat, ana):
    messages = [
        make_message(
            chat,
            content="Bom dia",
            created_at=datetime(2026, 11, 22, 13, 5, 9, 120999, tzinfo=UTC),
        ),
        make_message(chat, direction="out", sender=str(ana.pk), status="sent"),
        make_message(
            chat, type="image", content="Arquivo em anexo", url="url.com", status="read"
        ),
        make_message(
            chat, direction="out", sender="bot", status="failed", error="Não há rede."
        ),
    ]
    answer = api.post(PATH, body_of(ana))
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": [message_body(message) for message in messages],
    }
    first = answer.json()["data"][0]
    assert first == {
        "content": "Bom dia",
        "type": "text",
        "from": 551133334444,
        "status": "wait",
        "id": str(messages[0].uuid),
        "createdAt": "2026-11-22T13:05:09.120Z",
        "direction": "in",
    }
    assert answer.json()["data"][2]["url"] == "url.com"


def test_messages_are_in_the_order_of_arrival(api, chat, ana):
    late = make_message(chat, content="depois", created_at=timezone.now())
    early = make_message(
        chat, content="antes", created_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert contents(api.post(PATH, body_of(ana))) == [late.content, early.content]


def test_the_id_of_a_facebook_contact_is_a_text(api, page_contact, ana):
    message = make_message(make_chat(page_contact))
    answer = api.post(PATH, {"operatorId": ana.pk, "contactId": "7418252963"})
    assert answer.json()["data"] == [message_body(message)]
    assert answer.json()["data"][0]["from"] == "7418252963"


def test_an_open_chat_may_be_empty(api, chat, ana):
    assert api.post(PATH, body_of(ana)).json() == {"success": True, "data": []}


def test_a_closed_chat_is_not_found(api, chat, three, ana):
    chat.closed_at = timezone.now()
    chat.save()
    assert refusal(api.post(PATH, body_of(ana))) == (404, "chat_not_found")


def test_closed_adds_the_earlier_chats(api, contact, chat, three, ana):
    chat.closed_at = timezone.now()
    chat.save()
    make_message(make_chat(contact), content="quatro")
    everything = ["um", "dois", "três", "quatro"]
    assert contents(api.post(PATH, body_of(ana))) == ["quatro"]
    assert contents(api.post(PATH, body_of(ana, closed=True))) == everything
    assert contents(api.post(PATH, body_of(ana, closed=False))) == ["quatro"]


def test_protocols_adds_the_chat_of_each_message(api, contact, chat, three, ana):
    chat.closed_at = timezone.now()
    chat.save()
    later = make_chat(contact)
    make_message(later, content="quatro")
    asked = body_of(ana, closed=True, protocols=True, limit=2)
    found = api.post(PATH, asked).json()["data"]
    assert [(one["content"], one["protocol"]) for one in found] == [
        ("três", chat.protocol),
        ("quatro", later.protocol),
    ]
    without = api.post(PATH, body_of(ana, closed=True)).json()["data"]
    assert not any("protocol" in one for one in without)


def test_closed_includes_earlier_chats_when_none_is_open(api, chat, three, ana):
    chat.closed_at = timezone.now()
    chat.save()
    assert contents(api.post(PATH, body_of(ana, closed="true"))) == [
        "um",
        "dois",
        "três",
    ]


def test_a_window_between_two_messages_keeps_the_newest(api, chat, ana):
    ids = [str(make_message(chat, content=str(n)).uuid) for n in range(6)]
    for said, expected in (
        ({"limit": 2}, ["4", "5"]),
        ({"limit": 1000}, list("012345")),
        ({"before": ids[3]}, ["0", "1", "2"]),
        ({"before": ids[3], "limit": 2}, ["1", "2"]),
        ({"after": ids[3]}, ["4", "5"]),
        ({"after": ids[0], "before": ids[5]}, ["1", "2", "3", "4"]),
        ({"after": ids[0], "before": ids[5], "limit": 1}, ["4"]),
        ({"after": ids[5]}, []),
        ({"before": ids[0], "after": ids[5]}, []),
    ):
        assert contents(api.post(PATH, body_of(ana, **said))) == expected, said


def test_a_message_of_another_contact_is_no_boundary(api, manager, chat, three, ana):
    foreign = make_message(make_chat(make_contact(manager)))
    for unknown in (str(foreign.uuid), str(uuid.uuid4()), "last", 7, {"id": 1}):
        for name in ("before", "after"):
            answer = api.post(PATH, body_of(ana, **{name: unknown}))
            assert refusal(answer) == (400, "invalid")
            assert list(answer.json()["error"]["fields"]) == [name]


@pytest.mark.parametrize("limit", [0, 1001, -1, "many", 1.5, True])
def test_a_limit_is_from_1_to_1000(api, chat, ana, limit):
    answer = api.post(PATH, body_of(ana, limit=limit))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["limit"]


def test_both_fields_are_required(api):
    answer = api.post(PATH, {"contactId": "", "operatorId": None})
    assert refusal(answer) == (400, "invalid")
    assert set(answer.json()["error"]["fields"]) == {"operatorId", "contactId"}


def test_an_unknown_operator_is_not_found_before_an_unknown_chat(
    api, chat, ana, other_manager
):
    stranger = make_operator(other_manager)
    ana.is_active = False
    ana.save()
    for operator in (ana.pk, stranger.pk, 999999999, "nobody"):
        for contact in (551133334444, 551100000000):
            body = {"operatorId": operator, "contactId": contact}
            assert refusal(api.post(PATH, body)) == (404, "operator_not_found")


def test_operator_zero_reads_for_the_service(api, contact, chat, three, bruno):
    contact.operator = bruno
    contact.save()
    for nobody in (0, "0"):
        body = {"operatorId": nobody, "contactId": 551133334444}
        assert contents(api.post(PATH, body)) == ["um", "dois", "três"]


def test_a_contact_that_the_operator_may_not_see_has_no_chat(
    api, contact, chat, three, bruno
):
    unseen = api.post(PATH, body_of(bruno))
    unknown = api.post(PATH, body_of(bruno, contactId=551100000000))
    assert refusal(unseen) == (404, "chat_not_found")
    assert unseen.content == unknown.content
    contact.operator = bruno
    contact.save()
    assert contents(api.post(PATH, body_of(bruno))) == ["um", "dois", "três"]


def test_a_session_reads_only_for_its_own_operator(
    contact, chat, three, ana, bruno, supervisor
):
    assert contents(signed_in(ana.user).post(PATH, body_of(ana))) == [
        "um",
        "dois",
        "três",
    ]
    for other in (bruno.pk, 0):
        answer = signed_in(ana.user).post(PATH, body_of(ana, operatorId=other))
        assert refusal(answer) == (403, "forbidden")
    for anyone in (ana.pk, 0):
        answer = signed_in(supervisor).post(PATH, body_of(ana, operatorId=anyone))
        assert contents(answer) == ["um", "dois", "três"]


def test_a_deleted_contact_has_no_chat(api, contact, chat, ana):
    contact.deleted_at = timezone.now()
    contact.save()
    assert refusal(api.post(PATH, body_of(ana, closed=True))) == (404, "chat_not_found")


def test_one_id_on_both_channels_is_ambiguous_without_the_channel(
    api, manager, contact, chat, three, ana
):
    namesake = make_contact(
        manager, channel="facebook", external_id="551133334444", area=contact.area
    )
    make_message(make_chat(namesake), content="do Messenger")
    assert refusal(api.post(PATH, body_of(ana))) == (409, "ambiguous_contact")
    by_number = api.post(PATH, body_of(ana, number=manager.number))
    assert contents(by_number) == ["um", "dois", "três"]
    by_page = api.post(PATH, body_of(ana, facebookId=manager.facebook_id))
    assert contents(by_page) == ["do Messenger"]


def test_the_operator_determines_the_manager(
    full_api, contact, chat, three, ana, other_manager
):
    namesake = make_contact(other_manager, external_id="551133334444")
    make_message(make_chat(namesake), content="da Oficina")
    assert contents(full_api.post(PATH, body_of(ana))) == ["um", "dois", "três"]
    nobody = full_api.post(PATH, body_of(ana, operatorId=0))
    assert refusal(nobody) == (409, "ambiguous_contact")
    narrowed = full_api.post(
        PATH, body_of(ana, operatorId=0, number=other_manager.number)
    )
    assert contents(narrowed) == ["da Oficina"]


def test_both_spellings_of_a_mobile_number_find_its_chat(api, manager, ana):
    contact = make_contact(manager, external_id="5511987654321", area=None)
    make_message(make_chat(contact), content="com o nove")
    for spelling in (5511987654321, 551187654321):
        answer = api.post(PATH, body_of(ana, contactId=spelling))
        assert contents(answer) == ["com o nove"]
        assert answer.json()["data"][0]["from"] == 5511987654321


def test_it_needs_at_most_four_queries(api, chat, ana):
    ids = [str(make_message(chat).uuid) for _ in range(30)]
    with CaptureQueriesContext(
        connection,
    ) as plain:
        assert len(contents(api.post(PATH, body_of(ana)))) == 30
    assert len(plain) <= 3
    with CaptureQueriesContext(connection) as windowed:
        api.post(PATH, body_of(ana, after=ids[0], before=ids[9], closed=True))
    assert len(windowed) <= 4


def test_a_message_has_its_author(api, ana, chat):
    make_message(chat, content="um")
    make_message(chat, direction="out", content="dois", auto="menu", sender="0")
    picture = {"type": "image", "url": "http://x.example/a.png", "sender": "9"}
    details = {"caption": "bolo"}
    make_message(chat, direction="out", auto="phone", details=details, **picture)
    make_message(chat, direction="out", content="três", sender=str(ana.pk))
    listed = api.post(PATH, body_of(ana)).json()["data"]
    assert [message.get("auto") for message in listed] == [None, "menu", "phone", None]
    assert listed[2]["caption"] == "bolo"
    line = api.post("/api/chat/get", body_of(ana)).json()["data"]
    assert "auto" not in line["last"]
