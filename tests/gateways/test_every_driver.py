"""The same scenarios for every gateway: what leaves, what is refused, what breaks."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace

import pytest

from chats.gateways.base import (
    Accepted,
    Failed,
    Fetched,
    Media,
    Profile,
    Rejected,
    Template,
)
from hci_center.local.fakes import faults
from tests.gateways.rigs import PERSON, PNG, STRANGER, TOKEN, file_of

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(500)


def test_a_text_arrives_as_it_was_written(rig):
    assert isinstance(rig.send(text="Olá, açaí 😀\n2ª linha"), Accepted)
    assert [(d.to, d.text) for d in rig.fake.delivered] == [
        (PERSON, "Olá, açaí 😀\n2ª linha")
    ]


def test_the_gateway_s_id_is_kept(rig):
    outcome = rig.send()
    assert len(outcome.external_ids) == 1
    assert outcome.external_ids[0]
    assert outcome.status == "sent"


def test_our_uuid_travels_where_there_is_a_place_for_it(rig):
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


def test_an_unknown_person_is_the_person_s_trouble_alone(rig):
    outcome = rig.send(to=STRANGER)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.scope) == ("bad_recipient", "contact")
    assert rig.fake.delivered == []


def test_a_wrong_token_stops_the_account(rig):
    outcome = rig.gateway.send(rig.with_token("wrong"), rig.out())
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.scope) == ("not_authorized", "account")


def test_a_token_that_the_gateway_echoes_is_masked(rig):
    account = rig.with_token("wrong-canary")
    outcome = rig.gateway.send(account, rig.out())
    assert "wrong-canary" not in outcome.reason


def test_a_session_that_is_down_holds_the_account(rig):
    rig.disconnect()
    outcome = rig.send()
    assert isinstance(outcome, Failed | Rejected)
    assert outcome.scope == "account"
    assert not getattr(outcome, "maybe_sent", False)


def test_a_closed_port_is_surely_not_sent(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    outcome = rig.gateway.send(account, rig.out())
    assert outcome == Failed(
        "unreachable", outcome.reason, scope="account", maybe_sent=False
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.hang(5), "timeout"),
        (faults.drip(5), "timeout"),
        (faults.cut(), "cut"),
        (faults.cut_after(), "cut"),
        (faults.flood(), "unreadable"),
        (faults.reply_after(502, b"<html>Bad Gateway</html>"), "unreadable"),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_no_whole_answer_may_mean_that_it_was_sent(rig, fault, code):
    rig.fake.faults.append(fault)
    outcome = rig.send()
    if fault.kind == "reply_after" and rig.name == "wppconnect":
        code = "temporary"
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.maybe_sent, outcome.scope) == (code, True, "contact")


def test_an_answer_without_an_id_is_no_success(rig):
    rig.fake.faults.append(faults.reply_after(200, {"success": True}))
    outcome = rig.send()
    if rig.name == "controller":  # a process of before protocol 1
        assert outcome == Accepted((rig.fake.delivered[0].uuid,))
    else:
        assert isinstance(outcome, Failed)
        assert outcome.maybe_sent


def test_a_redirect_is_not_followed(rig):
    rig.fake.faults.append(faults.redirect(f"{rig.fake.url}/trap"))
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.scope) == ("redirected", "account")
    assert [r for r in rig.fake.requests if r.path == "/trap"] == []


def test_a_stranger_s_page_says_nothing_of_the_number(rig):
    rig.fake.faults.append(faults.reply(404, b"<html>Not Found</html>"))
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.scope, outcome.maybe_sent) == ("account", False)


def test_too_many_requests_wait_as_long_as_is_asked(rig):
    rig.fake.faults.append(
        faults.reply(429, {"error": {"message": "slow down"}}, Retry_After="42")
    )
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry_after) == ("throttled", 42.0)
    assert not outcome.maybe_sent


def test_one_attempt_makes_one_send(rig):
    rig.fake.faults.append(faults.cut())
    rig.send()
    assert len([r for r in rig.fake.requests if rig.fake.is_send(r)]) == 1


def test_the_next_send_after_a_cut_works(rig):
    rig.fake.faults.extend([faults.cut(), None])
    rig.send()
    assert isinstance(rig.send(), Accepted)


def test_an_open_session_is_healthy(rig):
    assert rig.gateway.health(rig.account).state == "open"


def test_a_session_that_is_down_says_why(rig):
    rig.disconnect()
    health = rig.gateway.health(rig.account)
    assert health.state in ("closed", "qr")
    assert health.reason


def test_a_gateway_that_is_gone_is_not_healthy(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    assert rig.gateway.health(account).state == "closed"


def test_templates_go_where_there_are_some(rig):
    outcome = rig.send(
        kind="template", template=Template("boas_vindas", "pt_BR", ("Maria",))
    )
    if rig.templates:
        assert isinstance(outcome, Accepted)
        assert rig.fake.delivered[0].text == "boas_vindas"
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.code == "no_templates"


def test_the_log_has_a_line_a_call_and_no_token(rig, caplog):
    with caplog.at_level(logging.DEBUG):
        rig.send()
        rig.gateway.health(rig.account)
        rig.gateway.send(replace(rig.account, url="http://127.0.0.1:9/v"), rig.out())
    ours = [r for r in caplog.records if r.name == "chats.gateways.http"]
    assert len(ours) >= 3
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(rig.account)


def test_a_token_goes_in_a_header_and_never_in_an_address(rig):
    rig.send()
    rig.gateway.health(rig.account)
    for request in rig.fake.requests:
        assert TOKEN not in request.target
        assert TOKEN.encode() not in request.body
        assert TOKEN in str(request.headers)


def test_what_became_of_a_lost_answer_is_asked_where_one_can(rig):
    """Only two can be asked; the others' echoes and receipts tell."""
    rig.fake.faults.append(faults.cut_after())
    out = rig.out(is_canonical=True)
    rig.gateway.send(rig.account, out)
    found = rig.gateway.lookup(rig.account, out)
    if rig.name in ("controller", "wppconnect"):
        assert isinstance(found, Accepted)
    else:
        assert found is None


def test_a_file_of_several_parts_is_whole(rig):
    content = bytes(range(256)) * 12_000
    film = file_of(content, "filme.mp4", "video/mp4")
    assert isinstance(rig.send(kind="video", text="", file=film), Accepted)
    assert rig.fake.delivered[0].content == content


def test_a_file_that_breaks_off_has_surely_not_gone(rig):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("the disk is gone")

    broken = file_of(PNG, "foto.png", "image/png")
    outcome = rig.send(kind="image", text="", file=replace(broken, open=Broken))
    assert isinstance(outcome, Failed)
    assert not outcome.maybe_sent
    assert rig.fake.delivered == []
    assert isinstance(rig.send(), Accepted)


def test_an_answer_that_is_no_json_may_mean_that_it_was_sent(rig):
    rig.fake.faults.append(faults.reply_after(200, b"<html>Welcome</html>"))
    outcome = rig.send()
    if rig.name == "controller":  # a process of before protocol 1
        assert isinstance(outcome, Accepted)
    else:
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.maybe_sent) == ("unreadable", True)


def test_a_date_to_come_back_at_is_read_as_no_hint(rig):
    rig.fake.faults.append(
        faults.reply(
            429,
            {"error": {"message": "slow down"}},
            Retry_After="Wed, 21 Oct 2026 07:28:00 GMT",
        )
    )
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert outcome.code == "throttled"


def test_an_error_of_any_shape_is_an_outcome(rig):
    shapes = ([], None, 7, "no", {"error": None}, {"error": ["x"]}, {"message": {}})
    for shape in shapes:
        for status in (200, 400, 404, 500):
            rig.fake.faults.append(faults.reply(status, json.dumps(shape).encode()))
            assert isinstance(rig.send(), Accepted | Rejected | Failed)


def test_the_person_s_name_at_the_gateway_is_learned_where_it_is_told(rig):
    outcome = rig.send()
    told = rig.name != "messenger"  # a page's id of a person is the only one
    assert outcome.canonical_to == (PERSON if told else None)


def test_what_a_gateway_has_received_is_fetched_from_it(rig):
    if rig.name == "controller":  # its messages bring their bytes
        fetched = rig.gateway.fetch(rig.account, Media(id="7"))
        assert isinstance(fetched, Failed)
        assert fetched.tries == 1
        return
    fetched = rig.gateway.fetch(rig.account, rig.keep(PNG, "image/png"))
    assert isinstance(fetched, Fetched)
    assert fetched.content == PNG


def test_a_gateway_that_is_gone_raises_nothing_whatever_it_is_asked(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    media = Media(id="7", url="http://127.0.0.1:9/media/7")
    assert isinstance(rig.gateway.fetch(account, media), Failed)
    assert rig.gateway.lookup(account, rig.out(is_canonical=True)) is None
    assert isinstance(rig.gateway.profile(account, PERSON), Profile | Failed)


def test_a_person_without_a_phone_is_reached_by_the_other_id(only):
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


def test_the_gateway_s_own_name_of_the_person_is_kept(only):
    rig = only("whatsapp_cloud")
    rig.fake.spellings["551187654321"] = PERSON
    assert rig.send(to="551187654321").canonical_to == PERSON
