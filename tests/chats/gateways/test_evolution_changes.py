"""Evolution: edits, deletions, reactions, quotes, calls and sessions."""

from __future__ import annotations

import json

import pytest

from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    Ignored,
    Person,
    Reaction,
    Session,
)
from tests.chats.gateways.event_values import PHONE
from tests.chats.gateways.evolution_events import JID, PHOTO, text_of

pytestmark = pytest.mark.usefixtures("portuguese")


@pytest.fixture
def parsed(evolution):
    return lambda event, data: evolution.received(evolution.fake.event(event, data))


def test_a_reaction_refers_to_its_message(received):
    part = {"key": {"id": "3EB01", "fromMe": True}, "text": "👍"}
    person = Person((PHONE,), "Maria Souza")
    assert received("reactionMessage", part) == [Reaction("3EB01", person, "👍")]
    assert received("reactionMessage", {**part, "text": ""}) == [
        Reaction("3EB01", person, "")
    ]
    own = received("reactionMessage", part, key={"fromMe": True})
    assert own == [Reaction("3EB01", Person((PHONE,)), "👍", is_own=True)]
    assert received("reactionMessage", {"text": "👍"}) == [Ignored("reactionMessage")]


def test_a_reply_refers_to_the_quoted_message(evolution, received):
    frame = evolution.fake.inbound(JID, "sim", contextInfo={"stanzaId": "3EB01"})
    [event] = evolution.received(frame)
    assert event.reply_to == "3EB01"
    part = {"message": {"extendedTextMessage": {"text": "a", **_context("3EB02")}}}
    [event] = received("ephemeralMessage", part)
    assert event.reply_to == "3EB02"
    [event] = received("imageMessage", {**PHOTO, **_context("3EB03")})
    assert event.reply_to == "3EB03"


def _context(name):
    return {"contextInfo": {"stanzaId": name}}


def test_a_message_typed_on_the_phone_can_quote(evolution):
    context = {"stanzaId": "3A1"}
    frame = evolution.fake.inbound(JID, "oi", contextInfo=context, key={"fromMe": True})
    [event] = evolution.received(frame)
    assert isinstance(event, Echo)
    assert event.reply_to == "3A1"


@pytest.mark.parametrize("kind", ["MESSAGE_EDIT", 14])
def test_an_edit_has_the_new_text(parsed, kind):
    def edited(message):
        data = {"key": {"id": "3A1"}, "type": kind, "editedMessage": message}
        return parsed("messages.edited", data)

    assert edited({"conversation": "novo"}) == [Edited("3A1", "novo")]
    text = {"extendedTextMessage": {"text": "novo"}}
    assert edited({"ephemeralMessage": {"message": text}}) == [Edited("3A1", "novo")]
    assert edited({"imageMessage": PHOTO}) == [Edited("3A1", "bolo")]


def test_an_edit_sent_as_a_message(received):
    change = {
        "key": {"id": "3A1"},
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": "novo"},
    }
    inner = {"message": {"protocolMessage": change}}
    assert received("editedMessage", inner) == [Edited("3A1", "novo")]


def test_deleted_messages(parsed):
    gone = [Deleted("3A1")]
    key = {"id": "3A1", "remoteJid": JID, "fromMe": False}
    assert parsed("messages.edited", {"key": key, "type": "REVOKE"}) == gone
    assert parsed("messages.edited", {"key": key, "type": 0}) == gone
    assert parsed("messages.delete", key) == gone
    # Evolution's event for its own deletions: the id of its row beside the key.
    assert parsed("messages.delete", {"id": "row7", "key": key}) == gone


@pytest.mark.parametrize(
    "data", [{}, {"type": "EPHEMERAL_SETTING", "key": {"id": "3A1"}}, {"type": []}]
)
def test_other_protocol_messages_are_ignored(parsed, data):
    assert parsed("messages.edited", data) == [Ignored("protocolMessage")]


def test_a_call_becomes_a_message_that_tells_if_it_was_missed(parsed):
    def call(status, **more):
        data = {"id": "C1", "from": JID, "status": status, "isVideo": True, **more}
        return parsed("call", data)

    [event] = call("offer")
    assert (event.external_id, event.person.ids) == ("call:C1", (PHONE,))
    assert event.content == Content("call", "Chamada de vídeo")
    assert call("timeout") == [Edited("call:C1", "Chamada de vídeo perdida")]
    assert call("ringing") == [Ignored("call ringing")]
    assert text_of(call("offer", offline=True)) == "Chamada de vídeo perdida"
    assert call("offer", isGroup=True) == [Ignored("crowd")]
    [event] = call("offer", **{"from": "123456@lid", "callerPn": JID})
    assert event.person.ids == (PHONE, "lid:123456")


@pytest.mark.parametrize("event", ["logout.instance", "remove.instance"])
def test_a_deleted_instance_is_closed(parsed, event):
    [session] = parsed(event, None)
    assert session.state == "closed"


def test_an_instance_that_is_logged_out_is_closed(parsed):
    data = {"status": "closed", "disconnectionReasonCode": 401}
    [session] = parsed("status.instance", data)
    assert isinstance(session, Session)
    assert (session.state, "401" in session.reason) == ("closed", True)


def test_an_invalid_message_of_a_batch_does_not_affect_others(evolution):
    good = [evolution.fake.inbound(JID, text)["data"] for text in ("um", "dois")]
    frame = evolution.fake.event("messages.upsert", [good[0], {"key": {}}, good[1]])
    pieces = evolution.webhook.receive({}, json.dumps(frame).encode())
    assert len(pieces) == 3
    first, bad, last = (json.loads(piece.payload) for piece in pieces)
    assert text_of(evolution.webhook.parse(first)) == "um"
    assert text_of(evolution.webhook.parse(last)) == "dois"
    with pytest.raises(LookupError):
        evolution.webhook.parse(bad)
