"""Events of surveys in closed chats, and of reopened chats."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders
from tests.chats.rules.closing import Conversation
from tests.feed.stamped import empty_log, rows_of
from tests.feed.stamped import stamp as stamp_log


@pytest.fixture
def talk(api: Any, manager: Any, ana: Any, sales: Any) -> Conversation:
    builders.save_policy(manager, survey=True)
    empty_log()
    talk = Conversation(api, manager, ana, sales)
    talk.serve()
    return talk


def test_the_question_comes_before_the_closing(talk: Conversation) -> None:
    stamp_log()
    talk.close()
    stamped = stamp_log()
    kinds = [row["kind"] for row in stamped if row["kind"] in ("message", "chat")]
    assert kinds[:2] == ["message", "chat"]
    assert rows_of(stamped, "chat")[0]["open"] is False


def test_an_answer_is_an_ordinary_message(talk: Conversation) -> None:
    talk.close()
    stamp_log()
    answered = talk.customer("5")
    stamped = stamp_log()
    [message] = rows_of(stamped, "message")
    assert message.pop("protocol") == talk.chat.protocol
    assert message.pop("contactId") == talk.contact.public_id
    assert message == answered
    assert message["status"] == "read"
    [survey] = rows_of(stamped, "survey")
    assert (survey["state"], survey["rating"]) == ("rated", 5)
    assert rows_of(stamped, "chat") == []
    contact = rows_of(stamped, "contact")[-1]
    assert contact["unread"] == 0


def test_a_reopened_chat_is_open_again(talk: Conversation) -> None:
    talk.close()
    protocol = talk.chat.protocol
    type(talk.contact).objects.filter(pk=talk.contact.pk).update(protocol="another")
    stamp_log()
    talk.reopen()
    stamped = stamp_log()
    [chat] = rows_of(stamped, "chat")
    assert (chat["open"], chat["protocol"]) == (True, protocol)
    assert rows_of(stamped, "contact")[-1]["protocol"] == protocol
    [survey] = rows_of(stamped, "survey")
    assert survey["state"] == "void"
