"""The same scenarios for every gateway: requests, refusals and failures."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from chats.gateways.base import (
    Accepted,
    Choices,
    Failed,
    Fetched,
    Media,
    Rejected,
    Template,
)
from hci_center.demo.gateways import faults
from tests.chats.gateways.rigs import PERSON, PNG, TOKEN, file_of

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(500)


def test_a_text_arrives_unchanged(rig):
    assert isinstance(rig.send(text="Olá, açaí 😀\n2ª linha"), Accepted)
    assert [(d.to, d.text) for d in rig.fake.delivered] == [
        (PERSON, "Olá, açaí 😀\n2ª linha")
    ]


def test_the_gateway_s_id_is_returned(rig):
    outcome = rig.send()
    assert len(outcome.external_ids) == 1
    assert outcome.external_ids[0]
    assert outcome.status == "sent"


def test_our_uuid_is_sent_if_the_gateway_supports_it(rig):
    out = rig.out()
    rig.gateway.send(rig.account, out)
    expected = out.uuid if rig.carries_uuid else ""
    assert rig.fake.delivered[0].uuid == expected


def test_a_picture_arrives_byte_for_byte(rig):
    picture = file_of(PNG, "foto.png", "image/png")
    assert isinstance(rig.send(kind="image", text="", file=picture), Accepted)
    [arrived] = rig.fake.delivered
    assert (arrived.content, arrived.mime) == (PNG, "image/png")


def test_a_document_arrives_with_its_name(rig):
    pdf = file_of(b"%PDF-1.4 budget", "orçamento.pdf", "application/pdf")
    assert isinstance(rig.send(kind="pdf", text="", file=pdf), Accepted)
    [arrived] = rig.fake.delivered
    assert arrived.content == b"%PDF-1.4 budget"
    assert arrived.name == "orçamento.pdf"


def test_a_voice_note_arrives(rig):
    voice = file_of(OPUS, "voz.ogg", "audio/ogg", is_voice=True)
    assert isinstance(rig.send(kind="audio", text="", file=voice), Accepted)
    assert rig.fake.delivered[0].content == OPUS


def test_a_token_that_the_gateway_echoes_is_masked(rig):
    account = rig.with_token("wrong-canary")
    outcome = rig.gateway.send(account, rig.out())
    assert "wrong-canary" not in outcome.reason


def test_one_attempt_makes_one_send(rig):
    rig.fake.faults.append(faults.cut())
    rig.send()
    assert len([r for r in rig.fake.requests if rig.fake.is_send(r)]) == 1


def test_an_open_session_is_healthy(rig):
    assert rig.gateway.health(rig.account).state == "open"


def test_a_closed_session_has_its_reason(rig):
    rig.disconnect()
    health = rig.gateway.health(rig.account)
    assert health.state in ("closed", "qr")
    assert health.reason


def test_templates_are_sent_by_gateways_that_have_them(rig):
    outcome = rig.send(
        kind="template", template=Template("boas_vindas", "pt_BR", ("Maria",))
    )
    if rig.templates:
        assert isinstance(outcome, Accepted)
        assert rig.fake.delivered[0].text == "Olá, Maria! Como podemos ajudar?"
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.code == "no_templates"


def test_each_request_is_logged_without_token(rig, caplog):
    with caplog.at_level(logging.DEBUG):
        rig.send()
        rig.gateway.health(rig.account)
        rig.gateway.send(replace(rig.account, url="http://127.0.0.1:9/v"), rig.out())
    ours = [r for r in caplog.records if r.name == "chats.gateways.http"]
    assert len(ours) >= 3
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(rig.account)


def test_a_token_is_sent_in_a_header_and_never_in_the_url(rig):
    rig.send()
    rig.gateway.health(rig.account)
    for request in rig.fake.requests:
        assert TOKEN not in request.target
        assert TOKEN.encode() not in request.body
        assert TOKEN in str(request.headers)


def test_a_file_read_in_chunks_is_complete(rig):
    content = bytes(range(256)) * 12_000
    film = file_of(content, "filme.mp4", "video/mp4")
    assert isinstance(rig.send(kind="video", text="", file=film), Accepted)
    assert rig.fake.delivered[0].content == content


def test_the_gateway_s_id_of_the_person_is_read(rig):
    outcome = rig.send()
    told = rig.name != "messenger"  # a page-scoped id is the only id of a person
    assert outcome.canonical_to == (PERSON if told else None)


def test_a_received_file_is_fetched_from_the_gateway(rig):
    if rig.name == "controller":  # its messages contain their files
        fetched = rig.gateway.fetch(rig.account, Media(id="7"))
        assert isinstance(fetched, Failed)
        assert fetched.tries == 1
        return
    fetched = rig.gateway.fetch(rig.account, rig.keep(PNG, "image/png"))
    assert isinstance(fetched, Fetched)
    assert fetched.content == PNG


def test_a_person_without_a_phone_is_sent_to_by_the_other_id(only):
    for name in ("evolution", "wppconnect"):
        rig = only(name)
        rig.fake.people.add("123456789012345")
        assert isinstance(rig.send(to="lid:123456789012345"), Accepted)
        sent = next(r.json() for r in rig.fake.requests if rig.fake.is_send(r))
        if name == "evolution":
            assert sent["number"] == "123456789012345@lid"
        else:
            assert (sent["phone"], sent["isLid"]) == ("123456789012345", True)


def test_a_cloud_user_without_a_phone_is_a_recipient(only):
    rig = only("whatsapp_cloud")
    rig.fake.people["BR.1502576394655843"] = rig.fake.people[PERSON]
    assert isinstance(rig.send(to="BR.1502576394655843"), Accepted)
    sent = next(r.json() for r in rig.fake.requests if rig.fake.is_send(r))
    assert "to" not in sent
    assert sent["recipient"] == "BR.1502576394655843"


def test_the_gateway_s_id_of_the_person_is_returned(only):
    rig = only("whatsapp_cloud")
    rig.fake.spellings["551187654321"] = PERSON
    assert rig.send(to="551187654321").canonical_to == PERSON


SHOWN = {
    "whatsapp_cloud": {"buttons": "button", "list": "list"},
    "messenger": {"quick_replies": "quick_replies"},
}


@pytest.mark.parametrize("kind", ["buttons", "list", "quick_replies"])
def test_choices_are_sent_if_supported_or_else_the_text(rig, kind):
    items = (("m:inicio:1", "Vendas"), ("m:inicio:2", "2ª via"), ("m:inicio:#", "Sair"))
    whole = "Como ajudar?\n\n1 - Vendas\n2 - 2ª via\n# - Sair"
    choices = Choices(kind, "Como ajudar?", items)
    assert isinstance(rig.send(text=whole, choices=choices), Accepted)
    [seen] = rig.fake.delivered
    shown = SHOWN.get(rig.name, {}).get(kind, "")
    assert seen.shown_as == shown
    assert seen.choices == (items if shown else ())
    assert seen.text == ("Como ajudar?" if shown else whole)


def test_a_body_that_is_too_long_for_choices_is_sent_as_text(rig):
    long = Choices("list", "x" * 1025, (("m:a:1", "Vendas"),))
    assert isinstance(rig.send(text="1 - Vendas", choices=long), Accepted)
    assert rig.fake.delivered[0].text == "1 - Vendas"


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        (
            "whatsapp_cloud",
            {
                "type": "interactive",
                "interactive": {
                    "type": "button_reply",
                    "button_reply": {"id": "m:inicio:1", "title": "Vendas"},
                },
            },
            "m:inicio:1",
        ),
        (
            "whatsapp_cloud",
            {
                "type": "interactive",
                "interactive": {
                    "type": "list_reply",
                    "list_reply": {"id": "m:inicio:2", "title": "Vendas"},
                },
            },
            "m:inicio:2",
        ),
        (
            "whatsapp_cloud",
            {"type": "button", "button": {"text": "Vendas", "payload": "SIM"}},
            "SIM",
        ),
        ("messenger", {"quick_reply": {"payload": "m:inicio:3"}}, "m:inicio:3"),
        ("messenger", {}, ""),
    ],
)
def test_the_id_of_a_tapped_choice_is_read(only, name, more, expected):
    rig = only(name)
    said = "Vendas" if name == "messenger" else ""
    [event] = rig.received(rig.fake.inbound(PERSON, said, **more))
    assert (event.content.text, event.content.tapped) == ("Vendas", expected)
