"""Messages of every kind in WPPConnect's format."""

from __future__ import annotations

from base64 import b64encode

import pytest

from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Ignored,
    Inbound,
    Origin,
    Person,
    Reaction,
)
from tests.chats.gateways.event_values import NOW, PHONE

CHAT = f"{PHONE}@c.us"
SENT = f"true_{CHAT}_3EB01"
PREVIEW = b"\xff\xd8\xff\xe0" + bytes(60)

pytestmark = pytest.mark.usefixtures("portuguese")


@pytest.fixture
def wppconnect(only):
    return only("wppconnect")


@pytest.fixture
def received(wppconnect):
    def receive(kind, **fields):
        return wppconnect.received(wppconnect.fake.inbound(CHAT, type=kind, **fields))

    return receive


@pytest.fixture
def parsed(wppconnect):
    def parse(event, **fields):
        return wppconnect.received(wppconnect.fake.event(event, **fields))

    return parse


def text_of(events):
    [event] = events
    assert isinstance(event, Inbound)
    return event.content.text


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        (
            "location",
            {"lat": -23.5, "lng": -46.6, "loc": "Padaria\nRua B, 20"},
            "Localização: Padaria, Rua B, 20\n"
            "https://www.google.com/maps?q=-23.5,-46.6",
        ),
        (
            "vcard",
            {"body": "BEGIN:VCARD\nFN:João\nTEL;waid=55:+55 11 9\nEND:VCARD"},
            "Contato: João, +55 11 9",
        ),
        (
            "multi_vcard",
            {"vcardList": [{"displayName": "Ana", "vcard": "TEL:1"}]},
            "Contato: Ana, 1",
        ),
        (
            "poll_creation",
            {"pollName": "Quando?", "pollOptions": [{"name": "Já"}]},
            "Enquete: Quando?\n• Já",
        ),
        (
            "order",
            {
                "orderTitle": "Bolos",
                "itemCount": 2,
                "totalAmount1000": 59900,
                "totalCurrencyCode": "BRL",
                "message": "hoje",
            },
            "Pedido: Bolos\n2 itens\nTotal: R$ 59,90\nhoje",
        ),
        (
            "product",
            {"title": "Bolo", "priceAmount1000": 35000, "currencyCode": "BRL"},
            "Produto: Bolo, R$ 35,00",
        ),
        (
            "groups_v4_invite",
            {"inviteGrpName": "VIP", "inviteCode": "abc"},
            "Convite para grupo: VIP\nhttps://chat.whatsapp.com/abc",
        ),
        ("event_creation", {"eventName": "Reunião"}, "Evento: Reunião"),
        ("interactive_response", {"body": "Opção B"}, "Opção B"),
        ("list_response", {"body": "Segunda via"}, "Segunda via"),
        ("call_log", {"subtype": "miss_video"}, "Chamada de vídeo perdida"),
        (
            "call_log",
            {"callOutcome": "Connected", "callDuration": 65},
            "Chamada de voz (1:05)",
        ),
    ],
)
def test_structured_kinds_are_read_as_text(received, kind, fields, text):
    assert text_of(received(kind, **fields)) == text


def test_an_unknown_kind_keeps_a_readable_placeholder(received):
    assert "astrology" in text_of(received("astrology", body=""))


@pytest.mark.parametrize(
    "kind",
    [
        "album",
        "debug",
        "e2e_notification",
        "gp2",
        "notification_template",
        "pinned_message",
        "protocol",
    ],
)
def test_events_without_content_are_not_messages(received, kind):
    assert received(kind) == [Ignored(kind)]


def test_an_encrypted_message_is_ignored_until_decrypted(received):
    """The server sends the same message twice: before and after it is decrypted."""
    assert received("ciphertext", id="false_x_1") == [Ignored("ciphertext")]
    assert text_of(received("chat", id="false_x_1", body="Oi")) == "Oi"


def test_the_name_of_a_document_is_not_its_caption(received):
    fields = {"mimetype": "application/pdf", "filename": "Nota.pdf"}
    [event] = received("document", caption="Nota.pdf", **fields)
    assert (event.content.text, event.content.media.name) == ("", "Nota.pdf")
    [event] = received("document", caption="a nota", **fields)
    assert event.content.text == "a nota"


@pytest.mark.parametrize(
    ("mime", "size"), [("video/mp4", None), ("image/jpeg", 52046), ("image/webp", 0)]
)
def test_a_preview_is_not_used_as_the_file(received, mime, size):
    body = b64encode(PREVIEW).decode()
    [event] = received("image", body=body, mimetype=mime, size=size, id="false_x_1")
    media = event.content.media
    assert (media.base64, media.id) == ("", "false_x_1")


@pytest.mark.parametrize("size", [None, len(PREVIEW)])
def test_a_photo_has_its_content(received, size):
    body = b64encode(PREVIEW).decode()
    [event] = received("image", body=body, mimetype="image/jpeg", size=size)
    assert event.content.media.base64 == body


def test_unread_messages_at_startup_are_read(wppconnect):
    frame = wppconnect.fake.inbound(CHAT, "não lida", id="false_x_1")
    [event] = wppconnect.received({**frame, "event": "unreadmessages"})
    assert (event.external_id, event.content.text) == ("false_x_1", "não lida")
    mine = {"event": "unreadmessages", "fromMe": True, "to": CHAT}
    [event] = wppconnect.received({**frame, **mine})
    assert isinstance(event, Echo)


def test_a_reply_refers_to_the_quoted_message(received):
    def quoted(**fields):
        [event] = received("chat", body="sim", **fields)
        return event.reply_to

    assert quoted(quotedMsgId=SENT, quotedStanzaID="3EB01") == SENT
    assert quoted(quotedMsgId={"_serialized": SENT}) == SENT
    # Only the end of the id, if the server does not have the message itself.
    shop = "551140001111@c.us"
    assert quoted(quotedStanzaID="3EB01", quotedParticipant=shop) == SENT
    assert quoted(quotedStanzaID="3A1", quotedParticipant=CHAT) == f"false_{CHAT}_3A1"
    assert quoted() == ""


def test_the_origin_of_a_customer(received):
    ad = {"title": "Inverno", "sourceId": "12", "sourceUrl": "https://fb.me/a"}
    [event] = received("chat", body="Oi", ctwaContext=ad)
    assert event.origin == Origin("ad", "12", "Inverno", "https://fb.me/a")
    product = {"type": "product", "productId": "7", "title": "Bolo"}
    [event] = received("chat", body="Oi", quotedMsg=product)
    assert event.origin == Origin("product", "7", "Bolo")
    [event] = received("chat", body="Oi")
    assert event.origin is None


def test_a_reaction_refers_to_its_message(parsed):
    def reaction(text, **own):
        own = {"fromMe": False, "remote": CHAT, **own}
        return parsed(
            "onreactionmessage",
            id=own,
            msgId={"fromMe": True, "_serialized": SENT},
            reactionText=text,
        )

    person = Person((PHONE,))
    assert reaction("👍") == [Reaction(SENT, person, "👍")]
    assert reaction("") == [Reaction(SENT, person, "")]
    chat = {"server": "c.us", "user": PHONE, "_serialized": CHAT}
    assert reaction("👍", remote=chat, fromMe=True) == [
        Reaction(SENT, person, "👍", is_own=True)
    ]
    assert reaction("👍", remote="120363@g.us") == [Ignored("crowd")]


def test_deleted_messages(parsed):
    assert parsed("onrevokedmessage", refId=SENT) == [Deleted(SENT)]


def test_a_vote_has_its_poll(parsed):
    def vote(options, sender=CHAT, **fields):
        fields = {"chatId": CHAT, "msgId": {"_serialized": SENT}, **fields}
        moment = NOW * 1000
        return parsed(
            "onpollresponse",
            sender=sender,
            selectedOptions=options,
            timestamp=moment,
            **fields,
        )

    [event] = vote([None, {"name": "Tarde"}])
    assert event.content == Content("poll", "Voto na enquete\n• Tarde")
    assert (event.reply_to, event.person.ids) == (SENT, (PHONE,))
    assert text_of(vote([])) == "Voto retirado da enquete"
    # The phone of a chat that is known only by a LID.
    [event] = vote([], chatId={"_serialized": "123@lid"})
    assert event.person.ids == ("lid:123",)
    assert vote([], sender="551140001111@c.us") == [Ignored("own vote")]


def test_a_call_becomes_a_message(parsed):
    [event] = parsed("incomingcall", id="C1", peerJid=CHAT, isVideo=True, offerTime=NOW)
    assert (event.external_id, event.person.ids) == ("call:C1", (PHONE,))
    assert event.content == Content("call", "Chamada de vídeo")
    crowd = parsed("incomingcall", id="C1", peerJid=CHAT, isGroup=True)
    assert crowd == [Ignored("crowd")]


def test_a_chat_id_as_an_object(received):
    chat = {"server": "lid", "user": "123456", "_serialized": "123456@lid"}
    [event] = received("chat", body="Oi", chatId=chat)
    assert event.person.ids == (PHONE, "lid:123456")
    crowd = {"_serialized": "1203@g.us"}
    assert received("chat", body="Oi", chatId=crowd) == [Ignored("crowd")]


@pytest.mark.parametrize("state", ["phoneNotConnected", "desconnectedMobile"])
def test_a_phone_that_is_not_connected_closes_the_session(parsed, state):
    [session] = parsed("status-find", status=state)
    assert (session.state, state in session.reason) == ("closed", True)


def test_a_code_to_type_on_the_phone_is_shown(parsed):
    [session] = parsed("phoneCode", phoneCode="ABCD-1234", phone=PHONE)
    assert (session.state, session.qr) == ("qr", "")
    assert "ABCD-1234" in session.reason
