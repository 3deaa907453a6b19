"""Captions, file names and quotes through Messenger and WhatsApp's Cloud API."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chats.gateways.base import Accepted, Rejected
from hci_center.demo.gateways import faults
from tests.chats.gateways.rigs import PERSON, PNG, file_of

PICTURE = {"kind": "image", "text": "", "file": file_of(PNG, "bolo.png", "image/png")}
PAPER = {
    "kind": "pdf",
    "text": "",
    "file": file_of(b"%PDF-", "Contrato 2026.pdf", "application/pdf"),
}
SOUND = {
    "kind": "audio",
    "text": "",
    "file": file_of(b"ID3" + bytes(40), "a.mp3", "audio/mpeg"),
}

QUOTED = {"messenger": "m_7", "whatsapp_cloud": "wamid.7"}


@pytest.fixture
def cloud(only):
    return only("whatsapp_cloud")


@pytest.fixture(params=["messenger", "whatsapp_cloud"])
def rig(only, request):
    return only(request.param)


def sends(rig):
    return [r for r in rig.fake.requests if rig.fake.is_send(r)]


@pytest.mark.parametrize("said", [PICTURE, PAPER])
def test_a_caption_is_sent_with_its_file(cloud, said):
    outcome = cloud.send(**said, caption="para você")
    [file] = cloud.fake.delivered
    assert file.caption == "para você"
    assert len(outcome.external_ids) == 1


@pytest.mark.parametrize(
    ("gateway", "said"),
    [("whatsapp_cloud", SOUND), ("messenger", PICTURE), ("messenger", SOUND)],
)
def test_a_caption_is_sent_separately_if_necessary(only, gateway, said):
    rig = only(gateway)
    quoted = QUOTED[gateway]
    outcome = rig.send(**said, caption="para você", reply_to=quoted)
    file, caption = rig.fake.delivered
    assert file.content
    assert (caption.text, caption.content) == ("para você", b"")
    assert (file.reply_to, caption.reply_to) == (quoted, "")
    assert outcome == Accepted((file.id, caption.id), outcome.canonical_to)


def test_receipts_of_a_caption_do_not_apply_to_the_file(cloud):
    out = cloud.out(**SOUND, caption="ouça")
    cloud.gateway.send(cloud.account, out)
    file, caption = cloud.fake.delivered
    assert (file.uuid, caption.uuid) == (out.uuid, "")


def test_the_echo_of_a_caption_is_recognized(page):
    out = page.out(**PICTURE, caption="para você")
    page.gateway.send(page.account, out)
    assert [d.uuid for d in page.fake.delivered] == [out.uuid, out.uuid]


@pytest.mark.parametrize("fault", [faults.cut(), faults.reply(500, {})])
@pytest.mark.parametrize(
    ("gateway", "said"), [("whatsapp_cloud", SOUND), ("messenger", PICTURE)]
)
def test_a_file_whose_caption_failed_is_sent_with_a_note(only, gateway, said, fault):
    rig = only(gateway)
    rig.fake.faults.extend([None, fault])
    outcome = rig.send(**said, caption="para você")
    [file] = rig.fake.delivered
    assert isinstance(outcome, Accepted)
    assert outcome.external_ids == (file.id,)
    assert "not what was said with it" in outcome.note


def test_no_caption_is_sent_after_a_failed_file(rig):
    rig.fake.faults.append(faults.cut())
    assert not isinstance(rig.send(**SOUND, caption="para você"), Accepted)
    assert rig.fake.delivered == []
    assert len(sends(rig)) == 1


def test_a_document_has_its_name(rig):
    rig.send(**PAPER)
    assert rig.fake.delivered[0].name == "Contrato 2026.pdf"


@pytest.mark.parametrize("said", [{"text": "R$ 35"}, PICTURE, PAPER])
def test_a_reply_quotes(rig, said):
    rig.send(**said, reply_to=QUOTED[rig.name])
    assert rig.fake.delivered[0].reply_to == QUOTED[rig.name]


@pytest.mark.parametrize("said", [{"text": "R$ 35"}, PICTURE])
def test_a_reply_to_a_deleted_message_is_sent_without_quote(rig, said):
    rig.fake.forgotten.add(QUOTED[rig.name])
    assert isinstance(rig.send(**said, reply_to=QUOTED[rig.name]), Accepted)
    assert [d.reply_to for d in rig.fake.delivered] == [""]


def test_other_errors_are_not_retried_without_quote(rig):
    outcome = rig.send(text="x" * 5000, reply_to=QUOTED[rig.name])
    assert isinstance(outcome, Rejected)
    assert rig.fake.delivered == []


@pytest.mark.parametrize("line", ["wacid.7", "referral:1:2", "payment:1:paid:2", "7"])
def test_a_message_without_gateway_id_is_not_quoted(rig, line):
    assert isinstance(rig.send(reply_to=line), Accepted)
    assert rig.fake.delivered[0].reply_to == ""
    assert len(sends(rig)) == 1


def test_without_a_quote_there_is_no_context(cloud, page):
    cloud.send()
    assert "context" not in sends(cloud)[0].json()
    page.send()
    assert "reply_to" not in sends(page)[0].json()


def test_a_website_visitor_is_sent_to_by_the_plugin_s_id(page):
    page.fake.people["v-1"] = datetime.now(UTC)
    assert isinstance(page.send(to="user_ref:v-1"), Accepted)
    assert sends(page)[0].json()["recipient"] == {"user_ref": "v-1"}


def test_a_person_is_sent_to_by_his_id(page):
    page.send()
    assert sends(page)[0].json()["recipient"] == {"id": PERSON}
