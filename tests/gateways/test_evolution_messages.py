"""Messages of every kind, as Evolution passes them on."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    Inbound,
    Origin,
    Person,
    Reaction,
    Session,
    Unwanted,
)
from tests.gateways.moments import PHONE

JID = f"{PHONE}@s.whatsapp.net"
PHOTO = {"mimetype": "image/jpeg", "caption": "bolo", "mediaKey": {"0": 1}}


@pytest.fixture(autouse=True)
def in_portuguese():
    with translation.override("pt-br"):
        yield


@pytest.fixture
def evolution(only):
    return only("evolution")


@pytest.fixture
def received(evolution):
    def receive(kind, part, **more):
        frame = evolution.fake.inbound(
            JID, message={kind: part}, messageType=kind, **more
        )
        return evolution.received(frame)

    return receive


@pytest.fixture
def told(evolution):
    return lambda event, data: evolution.received(evolution.fake.event(event, data))


def said(events):
    [event] = events
    assert isinstance(event, Inbound)
    return event.content.text


WRAPPERS = [
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "associatedChildMessage",
    "documentWithCaptionMessage",
    "somethingNewMessage",
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrapped_text_is_the_text(received, wrapper):
    inner = {"message": {"extendedTextMessage": {"text": "Oi"}}}
    assert said(received(wrapper, inner)) == "Oi"


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrapped_photo_is_a_photo_that_can_be_fetched(received, wrapper):
    [event] = received(wrapper, {"message": {"imageMessage": PHOTO}}, key={"id": "3A1"})
    media = event.content.media
    assert (event.content.kind, event.content.text) == ("image", "bolo")
    assert (media.mime, media.id, media.base64) == ("image/jpeg", "3A1", "")
    details = json.loads(media.details)
    assert details["message"] == {"imageMessage": PHOTO}
    assert details["key"]["id"] == "3A1"


def test_wrappers_within_wrappers_are_unwrapped(received):
    inner = {"message": {"imageMessage": PHOTO}}
    twice = {"message": {"viewOnceMessageV2": inner}}
    [event] = received("ephemeralMessage", twice)
    assert (event.content.kind, event.content.text) == ("image", "bolo")


def test_wrappers_without_end_are_a_placeholder(received):
    endless = {"conversation": "never reached"}
    for _ in range(50):
        endless = {"ephemeralMessage": {"message": endless}}
    [event] = received("ephemeralMessage", {"message": endless})
    assert "ephemeral" in event.content.text


def test_keys_for_a_group_beside_a_text_hide_nothing(evolution):
    message = {"senderKeyDistributionMessage": {}, "conversation": "Oi"}
    kind = "senderKeyDistributionMessage"
    frame = evolution.fake.inbound(JID, message=message, messageType=kind)
    assert said(evolution.received(frame)) == "Oi"


def test_a_document_brings_its_name_and_caption(received):
    part = {"mimetype": "application/pdf", "fileName": "Nota.pdf", "caption": "a nota"}
    [event] = received("documentMessage", part)
    content = event.content
    assert (content.text, content.media.name) == ("a nota", "Nota.pdf")


@pytest.mark.parametrize(
    ("kind", "part", "text"),
    [
        (
            "locationMessage",
            {
                "degreesLatitude": -23.5,
                "degreesLongitude": -46.6,
                "name": "Padaria",
                "address": "Rua B, 20",
            },
            "Localização: Padaria, Rua B, 20\n"
            "https://www.google.com/maps?q=-23.5,-46.6",
        ),
        (
            "liveLocationMessage",
            {"degreesLatitude": -23.5, "degreesLongitude": -46.6, "caption": "indo"},
            "Localização em tempo real: indo\n"
            "https://www.google.com/maps?q=-23.5,-46.6",
        ),
        (
            "contactMessage",
            {
                "displayName": "João",
                "vcard": "BEGIN:VCARD\nitem1.TEL;waid=55119:+55 11 9\nEND:VCARD",
            },
            "Contato: João, +55 11 9",
        ),
        (
            "contactsArrayMessage",
            {"contacts": [{"displayName": "Ana"}, {"vcard": "FN:Rui\r\nTEL:2"}, "x"]},
            "Contato: Ana\nContato: Rui, 2",
        ),
        (
            "pollCreationMessageV3",
            {"name": "Quando?", "options": [{"optionName": "Já"}, {}]},
            "Enquete: Quando?\n• Já",
        ),
        (
            "orderMessage",
            {
                "itemCount": 2,
                "message": "hoje",
                "totalAmount1000": "59900",
                "totalCurrencyCode": "BRL",
            },
            "Pedido\n2 itens\nTotal: R$ 59,90\nhoje",
        ),
        (
            "productMessage",
            {
                "product": {
                    "title": "Bolo",
                    "priceAmount1000": 35000,
                    "currencyCode": "BRL",
                    "url": "https://x.example",
                }
            },
            "Produto: Bolo, R$ 35,00\nhttps://x.example",
        ),
        (
            "groupInviteMessage",
            {"groupName": "VIP", "inviteCode": "abc", "caption": "entre"},
            "Convite para grupo: VIP\nentre\nhttps://chat.whatsapp.com/abc",
        ),
        (
            "eventMessage",
            {"name": "Reunião", "description": "na loja"},
            "Evento: Reunião\nna loja",
        ),
        (
            "requestPaymentMessage",
            {
                "amount1000": "50000",
                "currencyCodeIso4217": "BRL",
                "noteMessage": {"extendedTextMessage": {"text": "sinal"}},
            },
            "Pedido de pagamento: R$ 50,00\nsinal",
        ),
        (
            "templateMessage",
            {"hydratedTemplate": {"hydratedContentText": "Seu código é 1"}},
            "Seu código é 1",
        ),
        ("buttonsResponseMessage", {"selectedDisplayText": "Sim"}, "Sim"),
        ("listResponseMessage", {"title": "Segunda via"}, "Segunda via"),
        (
            "interactiveResponseMessage",
            {
                "body": {"text": "B"},
                "nativeFlowResponseMessage": {
                    "name": "quick_reply",
                    "paramsJson": '{"id":"b"}',
                },
            },
            "B",
        ),
        (
            "interactiveResponseMessage",
            {
                "body": {"text": "Enviado"},
                "nativeFlowResponseMessage": {
                    "name": "flow",
                    "paramsJson": '{"nota":"4","flow_token":"secret"}',
                },
            },
            "Enviado\nnota: 4",
        ),
        ("callLogMesssage", {"callOutcome": "MISSED"}, "Chamada de voz perdida"),
    ],
)
def test_structured_kinds_are_read_as_text(received, kind, part, text):
    assert said(received(kind, part)) == text


def test_an_unknown_kind_keeps_a_readable_placeholder(received):
    assert "astrology" in said(received("astrologyMessage", {"sign": 7}))
    assert "location" not in said(received("orderMessage", "no object"))


@pytest.mark.parametrize(
    "kind",
    ["albumMessage", "pinInChatMessage", "keepInChatMessage", "pollUpdateMessage"],
)
def test_what_nobody_said_is_no_message(received, kind):
    assert received(kind, {}) == [Unwanted(kind)]


def test_a_reaction_is_of_its_message(received):
    part = {"key": {"id": "3EB01", "fromMe": True}, "text": "👍"}
    person = Person((PHONE,), "Maria Souza")
    assert received("reactionMessage", part) == [Reaction("3EB01", person, "👍")]
    assert received("reactionMessage", {**part, "text": ""}) == [
        Reaction("3EB01", person, "")
    ]
    own = received("reactionMessage", part, key={"fromMe": True})
    assert own == [Reaction("3EB01", Person((PHONE,)), "👍", is_own=True)]
    assert received("reactionMessage", {"text": "👍"}) == [Unwanted("reactionMessage")]


def test_a_quoted_reply_names_its_message(evolution, received):
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


def test_who_writes_on_the_phone_quotes_too(evolution):
    context = {"stanzaId": "3A1"}
    frame = evolution.fake.inbound(JID, "oi", contextInfo=context, key={"fromMe": True})
    [event] = evolution.received(frame)
    assert isinstance(event, Echo)
    assert event.reply_to == "3A1"


def test_where_a_customer_came_from(evolution):
    def origin(**context):
        [event] = evolution.received(
            evolution.fake.inbound(JID, "Oi", contextInfo=context)
        )
        return event.origin

    ad = {"title": "Inverno", "sourceId": "12", "sourceUrl": "https://fb.me/a"}
    assert origin(externalAdReply={**ad, "sourceType": "ad"}) == Origin(
        "ad", "12", "Inverno", "https://fb.me/a"
    )
    assert origin(externalAdReply={**ad, "sourceType": "post"}).kind == "post"
    assert origin(externalAdReply=ad, conversionSource="FB_Ads").kind == "ad"
    # A preview of a link, as others send it.
    assert origin(externalAdReply=ad) is None
    product = {"productMessage": {"product": {"productId": "7", "title": "Bolo"}}}
    assert origin(quotedMessage=product) == Origin("product", "7", "Bolo")


@pytest.mark.parametrize("kind", ["MESSAGE_EDIT", 14])
def test_an_edit_brings_the_new_text(told, kind):
    def edited(message):
        data = {"key": {"id": "3A1"}, "type": kind, "editedMessage": message}
        return told("messages.edited", data)

    assert edited({"conversation": "novo"}) == [Edited("3A1", "novo")]
    text = {"extendedTextMessage": {"text": "novo"}}
    assert edited({"ephemeralMessage": {"message": text}}) == [Edited("3A1", "novo")]
    assert edited({"imageMessage": PHOTO}) == [Edited("3A1", "bolo")]


def test_an_edit_that_comes_as_a_message(received):
    change = {
        "key": {"id": "3A1"},
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": "novo"},
    }
    inner = {"message": {"protocolMessage": change}}
    assert received("editedMessage", inner) == [Edited("3A1", "novo")]


def test_what_is_taken_back(told):
    gone = [Deleted("3A1")]
    key = {"id": "3A1", "remoteJid": JID, "fromMe": False}
    assert told("messages.edited", {"key": key, "type": "REVOKE"}) == gone
    assert told("messages.edited", {"key": key, "type": 0}) == gone
    assert told("messages.delete", key) == gone
    # As Evolution tells of what it deleted itself: its own row's id beside the key.
    assert told("messages.delete", {"id": "row7", "key": key}) == gone


@pytest.mark.parametrize(
    "data", [{}, {"type": "EPHEMERAL_SETTING", "key": {"id": "3A1"}}, {"type": []}]
)
def test_other_protocol_messages_change_nothing(told, data):
    assert told("messages.edited", data) == [Unwanted("protocolMessage")]


def test_a_call_is_a_line_that_says_when_it_was_missed(told):
    def call(status, **more):
        data = {"id": "C1", "from": JID, "status": status, "isVideo": True, **more}
        return told("call", data)

    [event] = call("offer")
    assert (event.external_id, event.person.ids) == ("call:C1", (PHONE,))
    assert event.content == Content("call", "Chamada de vídeo")
    assert call("timeout") == [Edited("call:C1", "Chamada de vídeo perdida")]
    assert call("ringing") == [Unwanted("call ringing")]
    assert said(call("offer", offline=True)) == "Chamada de vídeo perdida"
    assert call("offer", isGroup=True) == [Unwanted("crowd")]
    [event] = call("offer", **{"from": "123456@lid", "callerPn": JID})
    assert event.person.ids == (PHONE, "lid:123456")


@pytest.mark.parametrize("event", ["logout.instance", "remove.instance"])
def test_an_instance_that_is_gone_is_closed(told, event):
    [session] = told(event, None)
    assert session.state == "closed"


def test_an_instance_that_is_logged_out_is_closed(told):
    data = {"status": "closed", "disconnectionReasonCode": 401}
    [session] = told("status.instance", data)
    assert isinstance(session, Session)
    assert (session.state, "401" in session.reason) == ("closed", True)


def test_one_bad_message_of_a_batch_leaves_the_others(evolution):
    good = [evolution.fake.inbound(JID, text)["data"] for text in ("um", "dois")]
    frame = evolution.fake.event("messages.upsert", [good[0], {"key": {}}, good[1]])
    pieces = evolution.webhook.receive({}, json.dumps(frame).encode())
    assert len(pieces) == 3
    first, bad, last = (json.loads(piece.payload) for piece in pieces)
    assert said(evolution.webhook.parse(first)) == "um"
    assert said(evolution.webhook.parse(last)) == "dois"
    with pytest.raises(LookupError):
        evolution.webhook.parse(bad)
