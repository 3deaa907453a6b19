"""What each gateway tells, as it is understood."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from chats.gateways.base import Media
from chats.gateways.events import (
    Ack,
    Content,
    Deleted,
    Echo,
    Inbound,
    Linked,
    Person,
    Session,
    Unwanted,
    Watermark,
)

PSID = "7418252963"
PHONE = "5511987654321"
NOW = int(time.time())
AT = datetime.fromtimestamp(NOW, UTC)


# Messenger -------------------------------------------------------------------


@pytest.fixture
def page(only):
    return only("messenger")


def messenger_event(page, **what):
    event = {
        "sender": {"id": PSID},
        "recipient": {"id": page.fake.page},
        "timestamp": NOW * 1000,
        **what,
    }
    return page.received(page.fake.frame(event))


def test_messenger_text(page):
    assert messenger_event(page, message={"mid": "m_1", "text": "Oi 😀"}) == [
        Inbound("m_1", Person((PSID,)), Content("text", "Oi 😀"), AT)
    ]


def test_messenger_text_and_attachments_are_a_message_each(page):
    link = "https://scontent.xx.fbcdn.net/a.jpg"
    attachments = [
        {"type": "image", "payload": {"url": link}},
        {"type": "location", "payload": {"coordinates": {"lat": -23.5, "long": 4}}},
        {"type": "reel", "payload": {}},
        {"type": "sticker", "payload": {"url": link, "sticker_id": 3}},
        {"type": "fallback", "title": "A page", "payload": None},
    ]
    events = messenger_event(
        page, message={"mid": "m_1", "text": "t", "attachments": attachments}
    )
    assert [(e.external_id, e.content.kind, e.content.media) for e in events] == [
        ("m_1", "text", None),
        ("m_1#1", "image", Media(url=link)),
        ("m_1#2", "location", None),
        ("m_1#3", "reel", None),
        ("m_1#4", "image", Media(url=link)),
        ("m_1#5", "text", None),
    ]
    assert all(e.content.text or e.content.media for e in events)


def test_messenger_takes_seconds_for_milliseconds(page):
    [event] = messenger_event(page, timestamp=NOW, message={"mid": "m", "text": "x"})
    assert event.at == AT


def test_a_time_that_cannot_be_is_the_arrival_s(page):
    for wrong in (NOW + 86400, NOW - 40 * 86400, "soon", None, True, 10**30):
        [event] = messenger_event(
            page, timestamp=wrong, message={"mid": "m", "text": "x"}
        )
        assert event.at is None


def test_messenger_echo_carries_our_uuid(page):
    echo = {"mid": "m_1", "is_echo": True, "metadata": "our-uuid", "text": "Oi"}
    event = {"sender": {"id": page.fake.page}, "recipient": {"id": PSID}}
    frame = page.fake.frame({**event, "timestamp": NOW * 1000, "message": echo})
    assert page.received(frame) == [
        Echo("m_1", Person((PSID,)), Content("text", "Oi"), AT, "our-uuid")
    ]


def test_messenger_receipts_come_by_id_and_by_watermark(page):
    until = AT
    mark = NOW * 1000
    both = messenger_event(page, delivery={"mids": ["m_1", "m_2"], "watermark": mark})
    assert both == [
        Ack("delivered", ("m_1", "m_2")),
        Watermark("delivered", Person((PSID,)), until),
    ]
    assert messenger_event(page, delivery={"watermark": mark}) == both[1:]
    assert messenger_event(page, read={"watermark": mark}) == [
        Watermark("read", Person((PSID,)), until)
    ]


def test_messenger_postback_is_its_title(page):
    [event] = messenger_event(page, postback={"title": "Falar", "payload": "TALK"})
    assert event.content == Content("text", "Falar")
    assert event.external_id


def test_messenger_ignores_what_is_no_message(page):
    for what in ("reaction", "optin", "referral", "account_linking", "message_edit"):
        assert messenger_event(page, **{what: {}}) == [Unwanted(what)]


def test_messenger_tells_what_was_taken_back(page):
    taken_back = {"mid": "m_1", "is_deleted": True}
    assert messenger_event(page, message=taken_back) == [Deleted("m_1")]


def test_wppconnect_tells_what_was_taken_back(wppconnect):
    name = f"false_{PHONE}@c.us_3EB01"
    told = {"event": "onrevokedmessage", "session": "padaria"}
    for ref in (name, {"_serialized": name}):
        assert wppconnect.received({**told, "refId": ref}) == [Deleted(name)]
    assert wppconnect.received(told) == [Unwanted("onrevokedmessage")]


def test_every_event_of_every_entry_of_a_batch_is_taken(page):
    def said(mid):
        return {
            "sender": {"id": PSID},
            "recipient": {"id": page.fake.page},
            "timestamp": NOW * 1000,
            "message": {"mid": mid, "text": mid},
        }

    frame = page.fake.frame(said("a"), said("b"))
    frame["entry"] += page.fake.frame(said("c"))["entry"]
    assert [event.external_id for event in page.received(frame)] == ["a", "b", "c"]


# WhatsApp Cloud API ----------------------------------------------------------


@pytest.fixture
def cloud(only):
    return only("whatsapp_cloud")


def test_cloud_text_with_its_profile(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi", id="wamid.1", timestamp=str(NOW))
    assert cloud.received(frame) == [
        Inbound("wamid.1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        (
            "image",
            {"id": "M1", "mime_type": "image/jpeg", "caption": "foto", "sha256": "s"},
            Content("image", "foto", Media("image/jpeg", id="M1", sha256="s")),
        ),
        (
            "audio",
            {"id": "M1", "mime_type": "audio/ogg; codecs=opus", "voice": True},
            Content("audio", "", Media("audio/ogg", id="M1")),
        ),
        (
            "document",
            {"id": "M1", "mime_type": "application/pdf", "filename": "a.pdf"},
            Content("file", "", Media("application/pdf", "a.pdf", id="M1")),
        ),
        ("button", {"text": "Sim", "payload": "P"}, Content("text", "Sim")),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "1", "title": "Bolo"}},
            Content("text", "Bolo"),
        ),
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "1", "title": "Sim"}},
            Content("text", "Sim"),
        ),
        (
            "contacts",
            [{"name": {"formatted_name": "Rui"}}, {"name": {"formatted_name": "Bia"}}],
            Content("contacts", "Rui, Bia"),
        ),
    ],
)
def test_cloud_contents(cloud, kind, part, expected):
    frame = cloud.fake.inbound(PHONE, type=kind, **{kind: part})
    [event] = cloud.received(frame)
    assert event.content == expected


@pytest.mark.parametrize("kind", ["unsupported", "order", "hologram", "location"])
def test_what_the_cloud_sends_and_we_cannot_show_is_still_seen(cloud, kind):
    [event] = cloud.received(cloud.fake.inbound(PHONE, type=kind, errors=[{"code": 1}]))
    assert event.content.kind == kind
    assert event.content.text


@pytest.mark.parametrize(
    "names",
    [
        {"from": None, "from_user_id": "BR.1502576394655843"},
        {"from": "BR.1502576394655843"},
    ],
)
def test_cloud_person_without_a_phone(cloud, names):
    frame = cloud.fake.inbound(PHONE, "Oi", **names)
    contact = {"profile": {"name": "Rui"}, "user_id": "BR.1502576394655843"}
    frame["entry"][0]["changes"][0]["value"]["contacts"] = [contact]
    [event] = cloud.received(frame)
    assert event.person == Person(("BR.1502576394655843",), "Rui")


def test_cloud_person_with_a_phone_and_a_username(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi", from_user_id="BR.15")
    [event] = cloud.received(frame)
    assert event.person.ids == (PHONE, "BR.15")


def test_cloud_changed_number_links_both(cloud):
    system = {"type": "user_changed_number", "wa_id": "5521912345678"}
    [event] = cloud.received(cloud.fake.inbound(PHONE, type="system", system=system))
    assert event == Linked(Person((PHONE, "5521912345678"), "Maria Souza"))


def test_cloud_groups_and_reactions_are_nothing_to_us(cloud):
    assert cloud.received(cloud.fake.inbound(PHONE, "Oi", group_id="g")) == [
        Unwanted("group")
    ]
    frame = cloud.fake.inbound(PHONE, type="reaction", reaction={"emoji": "👍"})
    assert cloud.received(frame) == [Unwanted("reaction")]


def test_cloud_statuses(cloud):
    def status(said, **more):
        news = {"id": "wamid.1", "status": said, "recipient_id": PHONE, **more}
        return cloud.received(cloud.fake.frame(statuses=[news]))

    assert status("sent", biz_opaque_callback_data="u") == [
        Ack("sent", ("wamid.1",), "u")
    ]
    assert status("delivered") == [Ack("delivered", ("wamid.1",))]
    assert status("read") == [Ack("read", ("wamid.1",))]
    assert status("played") == [Ack("read", ("wamid.1",))]
    assert status("deleted") == [Unwanted("deleted")]
    errors = [{"code": 131026, "title": "t", "error_data": {"details": "no phone"}}]
    assert status("failed", errors=errors) == [
        Ack("failed", ("wamid.1",), "", "no phone")
    ]


def test_cloud_echo_of_the_business_app(cloud):
    echo = {"from": "551140001111", "to": PHONE, "id": "wamid.2", "type": "text"}
    echo |= {"timestamp": str(NOW), "text": {"body": "Já vai"}}
    frame = cloud.fake.frame("smb_message_echoes", message_echoes=[echo])
    assert cloud.received(frame) == [
        Echo("wamid.2", Person((PHONE,)), Content("text", "Já vai"), AT, is_api=False)
    ]


def test_one_cloud_message_that_cannot_be_read_leaves_the_others(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi")
    frame["entry"][0]["changes"][0]["value"]["messages"].append({"type": "text"})
    raw = __import__("json").dumps(frame).encode()
    assert len(cloud.webhook.receive(_lower(cloud.fake.headers_of(raw)), raw)) == 2


def _lower(headers):
    return {name.lower(): value for name, value in headers.items()}


# Evolution -------------------------------------------------------------------


@pytest.fixture
def evolution(only):
    return only("evolution")


def test_evolution_text(evolution):
    frame = evolution.fake.inbound(
        f"{PHONE}@s.whatsapp.net", "Oi", messageTimestamp=NOW, key={"id": "3A1"}
    )
    assert evolution.received(frame) == [
        Inbound("3A1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


@pytest.mark.parametrize(
    ("jid", "key", "ids"),
    [
        ("123456789012345@lid", {}, ("lid:123456789012345",)),
        (
            "123456789012345@lid",
            {"remoteJidAlt": f"{PHONE}@s.whatsapp.net"},
            (PHONE, "lid:123456789012345"),
        ),
        (
            "123456789012345@lid",
            {"senderPn": f"{PHONE}@s.whatsapp.net"},
            (PHONE, "lid:123456789012345"),
        ),
        (f"{PHONE}:12@s.whatsapp.net", {}, (PHONE,)),
    ],
)
def test_evolution_person_by_all_names(evolution, jid, key, ids):
    [event] = evolution.received(evolution.fake.inbound(jid, "Oi", key=key))
    assert event.person.ids == ids


@pytest.mark.parametrize(
    "jid", ["120363@g.us", "status@broadcast", "1203@newsletter", "5511-1@g.us"]
)
def test_crowds_are_no_customers(evolution, jid):
    assert evolution.received(evolution.fake.inbound(jid, "Oi")) == [Unwanted("crowd")]


def test_evolution_media_comes_with_its_bytes(evolution):
    part = {"mimetype": "audio/ogg; codecs=opus", "ptt": True}
    message = {"audioMessage": part, "base64": "T2dnUw=="}
    [event] = evolution.received(
        evolution.fake.inbound(
            f"{PHONE}@s.whatsapp.net",
            message=message,
            messageType="audioMessage",
            key={"id": "3A1"},
        )
    )
    assert event.content == Content(
        "audio", "", Media("audio/ogg", base64="T2dnUw==", id="3A1")
    )


def test_evolution_updates_are_matched_by_the_key(evolution):
    def update(status, **more):
        data = {**evolution.fake.update(PHONE, "3EB01", status), **more}
        return evolution.received(evolution.fake.event("messages.update", data))

    assert update("SERVER_ACK") == [Ack("sent", ("3EB01",))]
    assert update("DELIVERY_ACK") == [Ack("delivered", ("3EB01",))]
    assert update("READ") == [Ack("read", ("3EB01",))]
    assert update("PLAYED") == [Ack("read", ("3EB01",))]
    assert update("ERROR") == [Ack("failed", ("3EB01",))]
    assert update("PENDING") == [Unwanted("update")]
    assert update("DELETED") == update("DELETED", fromMe=False) == [Deleted("3EB01")]
    assert update("READ", fromMe=False) == [Unwanted("update")]


def test_evolution_own_sends_are_echoes(evolution):
    evolution.send(text="Oi")
    [sent] = [n for n in evolution.fake.news if n["event"] == "send.message"]
    [event] = evolution.received(sent)
    assert isinstance(event, Echo)
    assert (event.is_api, event.person) == (True, Person((PHONE,)))


def test_evolution_session_and_qr(evolution):
    def told(event, **data):
        return evolution.received(evolution.fake.event(event, data))

    wuid = f"{PHONE}@s.whatsapp.net"
    assert told("connection.update", state="open", wuid=wuid) == [
        Session("open", number=int(PHONE))
    ]
    [closed] = told("connection.update", state="close", statusReason=401)
    assert (closed.state, "401" in closed.reason) == ("closed", True)
    [qr] = told("qrcode.updated", qrcode={"code": "2@x"})
    assert (qr.state, qr.qr) == ("qr", "2@x")
    [limit] = told("qrcode.updated", message="QR limit", statusCode=500)
    assert limit.state == "closed"


def test_the_key_in_evolution_s_body_is_never_kept(evolution):
    import json

    raw = json.dumps(evolution.fake.inbound(f"{PHONE}@s.whatsapp.net", "Oi")).encode()
    assert b"canary-token-4c1d" in raw
    [piece] = evolution.webhook.receive({}, raw)
    assert "canary-token-4c1d" not in piece.payload


# WPPConnect ------------------------------------------------------------------


@pytest.fixture
def wppconnect(only):
    return only("wppconnect")


def test_wppconnect_text(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "Oi", id="false_x_1", t=NOW)
    assert wppconnect.received(frame) == [
        Inbound("false_x_1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


def test_wppconnect_media_is_its_body(wppconnect):
    frame = wppconnect.fake.inbound(
        f"{PHONE}@c.us", "T2dnUw==", type="ptt", mimetype="audio/ogg", id="false_x_1"
    )
    [event] = wppconnect.received(frame)
    assert event.content == Content(
        "audio", "", Media("audio/ogg", base64="T2dnUw==", id="false_x_1")
    )


def test_wppconnect_lid_is_no_phone(wppconnect):
    [event] = wppconnect.received(wppconnect.fake.inbound("12345678901@lid", "Oi"))
    assert event.person.ids == ("lid:12345678901",)


def test_wppconnect_acks(wppconnect):
    def ack(number, name="true_5511@c.us_3EB0"):
        return wppconnect.received(wppconnect.fake.ack(name, number))

    name = ("true_5511@c.us_3EB0",)
    assert ack(1) == [Ack("sent", name)]
    assert ack(2) == [Ack("delivered", name)]
    assert ack(3) == ack(4) == [Ack("read", name)]
    assert ack(-1) == ack(-7) == [Ack("failed", name)]
    assert ack(0) == ack(5) == [Unwanted("ack")]
    incoming = wppconnect.fake.ack("false_5511@c.us_3A", 3)
    incoming["id"]["fromMe"] = False
    assert wppconnect.received(incoming) == [Unwanted("ack")]


def test_wppconnect_typed_on_the_phone_is_an_echo(wppconnect):
    frame = wppconnect.fake.inbound(
        "551140001111@c.us", "Já vai", fromMe=True, to=f"{PHONE}@c.us", chatId=PHONE
    )
    frame["event"] = "onselfmessage"
    [event] = wppconnect.received(frame)
    assert isinstance(event, Echo)
    assert event.person == Person((PHONE,))


def test_wppconnect_session(wppconnect):
    def status(said):
        [event] = wppconnect.received(wppconnect.fake.event("status-find", status=said))
        return event

    assert status("inChat") == Session("open")
    assert status("disconnectedMobile").state == "closed"
    assert status("somethingNew") == Unwanted("somethingNew")
    [qr] = wppconnect.received(wppconnect.fake.event("qrcode", qrcode="iVBO"))
    assert (qr.state, qr.qr) == ("qr", "iVBO")


def test_a_name_is_freed_of_controls_and_direction_marks(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "Oi")
    frame["sender"]["pushname"] = "Ma\u202eria\x00\n Souza\u200f"
    [event] = wppconnect.received(frame)
    assert event.person.name == "Ma ria Souza"


def test_half_characters_and_nul_can_be_stored(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "a\x00b\ud83dc")
    [event] = wppconnect.received(frame)
    assert event.content.text == "ab?c"


def test_old_times_of_all_are_within_a_month(wppconnect):
    old = NOW - int(timedelta(days=31).total_seconds())
    [event] = wppconnect.received(wppconnect.fake.inbound(f"{PHONE}@c.us", "a", t=old))
    assert event.at is None
