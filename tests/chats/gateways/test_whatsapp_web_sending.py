"""Captions, file names, quotes and voice notes through Evolution and WPPConnect."""

from __future__ import annotations

from base64 import b64encode

import pytest

from chats.gateways.base import Accepted, Fetched, Media
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.recorded import Reply
from tests.chats.gateways.rigs import PERSON, PNG, file_of

OGG = b"OggS" + bytes(24) + b"OpusHead\x01\x01" + bytes(40)
PICTURE = {"kind": "image", "text": "", "file": file_of(PNG, "bolo.png", "image/png")}
SOUND = {
    "kind": "audio",
    "text": "",
    "file": file_of(b"ID3" + bytes(40), "a.mp3", "audio/mpeg"),
}
VOICE = {
    "kind": "audio",
    "text": "",
    "file": file_of(OGG, "voz.ogg", "audio/ogg", is_voice=True),
}
NAMES = ("evolution", "wppconnect")
JIDS = {"evolution": f"{PERSON}@s.whatsapp.net", "wppconnect": f"{PERSON}@c.us"}


@pytest.fixture(params=NAMES)
def rig(only, request):
    return only(request.param)


@pytest.fixture
def wppconnect(only):
    return only("wppconnect")


def customer_message_id(rig):
    """Returns the id of a message that the customer wrote."""
    [event] = rig.received(rig.fake.inbound(JIDS[rig.name], "Quanto é?"))
    return event.external_id


def last_send(rig):
    return [r for r in rig.fake.requests if rig.fake.is_send(r)][-1]


def test_a_caption_is_sent_with_its_file(rig):
    rig.send(**PICTURE, caption="meu bolo")
    [picture] = rig.fake.delivered
    assert (picture.kind, picture.caption) == ("image", "meu bolo")


def test_a_file_without_a_caption_shows_none(rig):
    rig.send(**PICTURE)
    [picture] = rig.fake.delivered
    assert picture.caption == ""
    assert "caption" not in last_send(rig).json()


@pytest.mark.parametrize("said", [SOUND, VOICE])
def test_a_caption_of_a_sound_is_sent_separately(rig, said):
    quoted = customer_message_id(rig)
    outcome = rig.send(**said, caption="ouça", reply_to=quoted)
    sound, caption = rig.fake.delivered
    assert (sound.caption, caption.text, caption.content) == ("", "ouça", b"")
    assert caption.reply_to == ""
    assert outcome == Accepted((sound.id, caption.id), outcome.canonical_to)


def test_a_sound_whose_caption_failed_is_sent_with_a_note(rig):
    rig.fake.faults.extend([None, faults.cut()])
    outcome = rig.send(**SOUND, caption="ouça")
    [sound] = rig.fake.delivered
    assert outcome.external_ids == (sound.id,)
    assert "not what was said with it" in outcome.note


def test_no_caption_is_sent_after_a_failed_sound(rig):
    rig.fake.faults.append(faults.cut())
    assert not isinstance(rig.send(**SOUND, caption="ouça"), Accepted)
    assert rig.fake.delivered == []


def test_wppconnect_finds_a_sound_and_its_caption(wppconnect):
    out = wppconnect.out(**SOUND, caption="ouça", is_canonical=True)
    wppconnect.gateway.send(wppconnect.account, out)
    sound, caption = wppconnect.fake.delivered
    found = wppconnect.gateway.lookup(wppconnect.account, out)
    assert found == Accepted((sound.id, caption.id), PERSON)


def test_wppconnect_finds_a_sound_without_its_caption(wppconnect):
    out = wppconnect.out(**SOUND, caption="ouça", is_canonical=True)
    wppconnect.fake.faults.append(faults.cut_after())
    assert wppconnect.gateway.send(wppconnect.account, out).maybe_sent
    found = wppconnect.gateway.lookup(wppconnect.account, out)
    [sound] = wppconnect.fake.delivered
    assert found.external_ids == (sound.id,)
    assert "not what was said with it" in found.note


def test_a_file_keeps_its_name(rig):
    for kind, name, mime in (
        ("pdf", "Contrato 2026.pdf", "application/pdf"),
        ("video", "festa.mp4", "video/mp4"),
        ("file", "lista.txt", "text/plain"),
    ):
        rig.send(kind=kind, text="", file=file_of(b"bytes", name, mime))
        sent = rig.fake.delivered[-1]
        assert (sent.name, sent.mime) == (name, mime)
        assert sent.kind == ("video" if kind == "video" else "document")


def test_a_picture_sent_as_a_file_is_a_document(rig):
    rig.send(kind="file", text="", file=file_of(PNG, "planta.png", "image/png"))
    [sent] = rig.fake.delivered
    assert sent.kind == "document"


def test_a_name_without_a_suffix_is_sent_to_evolution_with_its_type(evolution):
    rig = evolution
    rig.send(kind="pdf", text="", file=file_of(b"%PDF-", "contrato", "application/pdf"))
    [sent] = rig.fake.delivered
    assert (sent.name, sent.mime) == ("contrato.pdf", "application/pdf")


@pytest.mark.parametrize("said", [{"text": "R$ 35"}, PICTURE, SOUND])
def test_a_reply_quotes_the_customers_message(rig, said):
    name = customer_message_id(rig)
    rig.send(**said, reply_to=name)
    [sent] = rig.fake.delivered
    assert sent.reply_to == name


def test_a_reply_quotes_our_message(rig):
    first = rig.send(text="Temos bolo")
    [name] = first.external_ids
    rig.send(text="De cenoura", reply_to=name, reply_to_is_own=True)
    assert rig.fake.delivered[-1].reply_to == name


def test_evolution_gets_the_chat_and_the_sender_of_the_quoted_message(evolution):
    evolution.send(text="a", reply_to="3EB01", reply_to_is_own=True)
    key = {"id": "3EB01", "remoteJid": f"{PERSON}@s.whatsapp.net", "fromMe": True}
    assert last_send(evolution).json()["quoted"] == {"key": key}


def test_a_voice_note_is_sent_as_such(rig):
    rig.send(**VOICE)
    [sent] = rig.fake.delivered
    assert (sent.kind, sent.content) == ("ptt", OGG)


def test_wppconnect_quotes_with_a_voice_note(wppconnect):
    name = customer_message_id(wppconnect)
    wppconnect.send(**VOICE, reply_to=name)
    [sent] = wppconnect.fake.delivered
    assert sent.reply_to == name


@pytest.mark.parametrize("said", [{"text": "R$ 35"}, PICTURE])
def test_an_unknown_quoted_message_is_left_out(rig, said):
    outcome = rig.send(**said, reply_to=f"false_{PERSON}@c.us_3AGONE")
    assert isinstance(outcome, Accepted)
    [sent] = rig.fake.delivered
    assert sent.reply_to == ""


def test_other_errors_are_not_retried_without_quote(wppconnect):
    name = customer_message_id(wppconnect)
    fault = {"status": "Error", "message": "Erro ao enviar a mensagem.", "error": {}}
    wppconnect.fake.faults.append(faults.reply_after(500, fault))
    outcome = wppconnect.send(text="R$ 35", reply_to=name)
    assert outcome.maybe_sent
    assert len(wppconnect.fake.delivered) == 1


@pytest.mark.parametrize("said", [{"text": "Oi"}, PICTURE])
def test_wppconnect_finds_a_sent_message_by_its_id(wppconnect, said):
    out = wppconnect.out(**said, is_canonical=True)
    wppconnect.fake.faults.append(faults.cut_after())
    assert wppconnect.gateway.send(wppconnect.account, out).maybe_sent
    [sent] = wppconnect.fake.delivered
    found = wppconnect.gateway.lookup(wppconnect.account, out)
    assert found == Accepted((sent.id,), PERSON)


def test_wppconnect_does_not_find_an_unsent_message(wppconnect):
    out = wppconnect.out(is_canonical=True)
    assert wppconnect.gateway.lookup(wppconnect.account, out) is None
    empty = {"status": "Success", "response": {"data": False, "session": "padaria"}}
    wppconnect.fake.answer = lambda request: Reply(201, empty)
    assert wppconnect.gateway.lookup(wppconnect.account, out) is None


def _wrapped(rig, wrapper, **part):
    part = {"imageMessage": {"mimetype": "image/png", "mediaKey": "k", **part}}
    frame = rig.fake.inbound(
        JIDS["evolution"],
        message={wrapper: {"message": part}},
        messageType=wrapper,
        key={"id": "3A7"},
    )
    [event] = rig.received(frame)
    rig.fake.media["3A7"] = (b64encode(PNG).decode(), "image/png")
    return event.content.media


@pytest.mark.parametrize("wrapper", ["viewOnceMessageV2", "associatedChildMessage"])
def test_evolution_fetches_the_file_of_a_wrapped_message(evolution, wrapper):
    media = _wrapped(evolution, wrapper)
    fetched = evolution.gateway.fetch(evolution.account, media)
    assert fetched == Fetched(PNG, "image/png", "")


def test_evolution_fetches_the_file_of_an_unstored_message(evolution):
    media = _wrapped(evolution, "ephemeralMessage")
    evolution.fake.kept.clear()
    fetched = evolution.gateway.fetch(evolution.account, media)
    assert fetched == Fetched(PNG, "image/png", "")
    by_its_id_alone = evolution.gateway.fetch(evolution.account, Media(id="3A7"))
    assert by_its_id_alone.code == "unreadable"
