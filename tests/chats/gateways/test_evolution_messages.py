"""Messages of every kind in Evolution's format."""

from __future__ import annotations

import json

import pytest

from chats.gateways.events import (
    Ignored,
    Origin,
)
from tests.chats.gateways.evolution_events import JID, PHOTO, text_of

pytestmark = pytest.mark.usefixtures("portuguese")

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
    assert text_of(received(wrapper, inner)) == "Oi"


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


def test_endless_wrappers_become_a_placeholder(received):
    endless = {"conversation": "never reached"}
    for _ in range(50):
        endless = {"ephemeralMessage": {"message": endless}}
    [event] = received("ephemeralMessage", {"message": endless})
    assert "ephemeral" in event.content.text


def test_keys_for_a_group_beside_a_text_hide_nothing(evolution):
    message = {"senderKeyDistributionMessage": {}, "conversation": "Oi"}
    kind = "senderKeyDistributionMessage"
    frame = evolution.fake.inbound(JID, message=message, messageType=kind)
    assert text_of(evolution.received(frame)) == "Oi"


def test_a_document_has_its_name_and_caption(received):
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
    assert text_of(received(kind, part)) == text


def test_an_unknown_kind_keeps_a_readable_placeholder(received):
    assert "astrology" in text_of(received("astrologyMessage", {"sign": 7}))
    assert "location" not in text_of(received("orderMessage", "no object"))


@pytest.mark.parametrize(
    "kind",
    ["albumMessage", "pinInChatMessage", "keepInChatMessage", "pollUpdateMessage"],
)
def test_events_without_content_are_not_messages(received, kind):
    assert received(kind, {}) == [Ignored(kind)]


def test_the_origin_of_a_customer(evolution):
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
    # A link preview, as others send it.
    assert origin(externalAdReply=ad) is None
    product = {"productMessage": {"product": {"productId": "7", "title": "Bolo"}}}
    assert origin(quotedMessage=product) == Origin("product", "7", "Bolo")
