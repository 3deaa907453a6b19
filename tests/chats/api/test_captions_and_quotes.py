"""`caption`, `fileName` and `replyTo` in the calls that record and send messages."""

from __future__ import annotations

import pytest

from chats.delivery.queue import claim
from chats.models import Delivery, Message
from tests import builders
from tests.chats.api.recording import WHATSAPP_FILE, WHATSAPP_TEXT, send, wrong_fields
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.chats.shapes import message_body

PICTURE = data_uri(sample_files.PNG, "image/png")
SEND_TEXT = "/api/chat/message/send/operator/8080"
SEND_FILE = "/api/chat/message/send/operator/file/8080"


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def file_body(operator, **over):
    return {
        "contactNumber": 551133334444,
        "from": str(operator.pk),
        "base64": PICTURE,
        "type": "image",
        **over,
    }


def text_body(operator, **over):
    return {
        "contactNumber": 551133334444,
        "operatorId": str(operator.pk),
        "content2": "Sim",
        **over,
    }


@pytest.mark.parametrize("where", [{"url": "url.com"}, {"base64": PICTURE}])
@pytest.mark.parametrize("field", ["caption", "content"])
@pytest.mark.parametrize("sender", [551133334444, "bot"])
def test_a_caption_of_a_file_is_stored(api, contact, where, field, sender):
    body = {field: "meu bolo", "from": sender, "url": ..., **where}
    answer = data(send(api, WHATSAPP_FILE, **body))
    assert (answer["content"], answer["caption"]) == ("Arquivo em anexo", "meu bolo")
    message = Message.objects.get()
    assert answer == {**message_body(message), "url": answer["url"]}


@pytest.mark.parametrize(
    "content",
    [
        "Arquivo em anexo",
        "exampleUrl.com",
        "data:image/png;base64,iVBORw0KGgo=",
        "x" * 70_000,
        "",
    ],
)
def test_a_placeholder_for_the_file_is_not_a_caption(api, contact, content):
    answer = data(send(api, WHATSAPP_FILE, content=content))
    assert answer["content"] == "Arquivo em anexo"
    assert "caption" not in answer


def test_the_field_takes_precedence_over_the_content(api, contact):
    answer = data(send(api, WHATSAPP_FILE, caption="um", content="dois"))
    assert answer["caption"] == "um"


def test_a_text_has_neither_caption_nor_file_name(api, contact):
    answer = data(send(api, caption="x", fileName="y.png", url="url.com"))
    assert not {"caption", "fileName"} & answer.keys()
    assert answer["content"] == "Text of a message"


def test_a_repeat_returns_the_first_message_with_its_caption(api, contact):
    first = data(send(api, WHATSAPP_FILE, caption="um", messageId="w1"))
    again = data(send(api, WHATSAPP_FILE, caption="dois", messageId="w1"))
    assert again == first
    assert first["caption"] == "um"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("bolo.png", "bolo.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fotos\\bolo.png", "bolo.png"),
        ("bolo\u202egnp.exe", "bolo gnp.exe"),
        ("a\r\nb.png", "a b.png"),
        ("..", None),
        ("x/", None),
    ],
)
def test_a_file_name_is_never_a_path(api, contact, ana, said, kept):
    recorded = data(send(api, WHATSAPP_FILE, fileName=said))
    sent = data(api.post(SEND_FILE, file_body(ana, fileName=said)))
    assert (recorded.get("fileName"), sent.get("fileName")) == (kept, kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("caption", "x" * 1025),
        ("fileName", "x" * 201),
        ("fileName", ["a"]),
        ("replyTo", "x" * 256),
        ("replyTo", "0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e"),
        ("replyTo", "never-heard-of"),
    ],
)
def test_invalid_values_are_refused_by_every_call(
    api, settings, contact, ana, field, value
):
    assert wrong_fields(send(api, WHATSAPP_FILE, **{field: value})) == {field}
    sent = api.post(SEND_FILE, file_body(ana, **{field: value}))
    assert wrong_fields(sent) == {field}
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []
    if field == "replyTo":
        assert wrong_fields(send(api, **{field: value})) == {field}
        sent = api.post(SEND_TEXT, text_body(ana, **{field: value}))
        assert wrong_fields(sent) == {field}


def test_the_longest_captions_and_names_are_accepted(api, contact, ana):
    over = {"caption": "ç" * 1024, "fileName": "x" * 196 + ".png"}
    answer = data(api.post(SEND_FILE, file_body(ana, **over)))
    assert {name: answer[name] for name in over} == over


def test_a_quoted_message_must_be_of_the_same_contact(api, manager, contact, ana):
    stranger = builders.make_chat(builders.make_contact(manager))
    foreign = builders.make_message(stranger, gateway_id="s1")
    for reference in (str(foreign.uuid), "s1"):
        answers = (
            send(api, replyTo=reference),
            api.post(SEND_TEXT, text_body(ana, replyTo=reference)),
            api.post(SEND_FILE, file_body(ana, replyTo=reference)),
        )
        for answer in answers:
            assert answer.status_code == 400
            assert set(answer.json()["error"]["fields"]) == {"replyTo"}
    assert Message.objects.count() == 1


@pytest.mark.parametrize("by", ["uuid", "gateway_id"])
def test_a_quote_is_returned_with_our_id(api, contact, ana, by):
    first = data(send(api, messageId="w1"))
    quoted = first["id"] if by == "uuid" else "w1"
    for answer in (
        data(send(api, replyTo=quoted)),
        data(send(api, WHATSAPP_FILE, replyTo=quoted, **{"from": "bot"})),
        data(api.post(SEND_TEXT, text_body(ana, replyTo=quoted))),
        data(api.post(SEND_FILE, file_body(ana, replyTo=quoted))),
    ):
        assert answer["replyTo"] == first["id"]
    listed = api.post(
        "/api/chat/message", {"operatorId": "0", "contactId": 551133334444}
    )
    quotes = [one.get("replyTo") for one in data(listed)]
    assert quotes == [None, *[first["id"]] * 4]


def test_a_message_of_a_closed_chat_can_be_quoted(api, contact, ana):
    first = data(send(api))
    api.delete("/api/chat/", {"contactId": 551133334444})
    answer = data(api.post(SEND_TEXT, text_body(ana, replyTo=first["id"])))
    assert answer["replyTo"] == first["id"]


def test_facebook_calls_take_them_too(api, page_contact, ana):
    body = {
        "contactId": page_contact.external_id,
        "from": str(ana.pk),
        "base64": PICTURE,
        "type": "image",
    }
    path = "/api/chat/message/send/operator/file/facebook"
    first = data(api.post(path, {**body, "caption": "um", "fileName": "b.png"}))
    assert (first["caption"], first["fileName"]) == ("um", "b.png")
    text = {"contactId": body["contactId"], "operatorId": str(ana.pk), "content2": "x"}
    text["replyTo"] = first["id"]
    answer = api.post("/api/chat/message/send/operator/facebook", text)
    assert data(answer)["replyTo"] == first["id"]


def test_a_template_may_quote(api, manager, contact, ana):
    manager.gateway, manager.gateway_settings = "whatsapp_cloud", "{}"
    manager.save()
    first = data(send(api))
    body = {
        "operatorId": str(ana.pk),
        "contactNumber": 551133334444,
        "name": "boas_vindas",
        "language": "pt_BR",
        "parameters": [],
        "replyTo": first["id"],
    }
    path = "/api/chat/message/send/operator/template/8080"
    assert data(api.post(path, body))["replyTo"] == first["id"]


@pytest.mark.parametrize(
    ("gateway_id", "direction", "given", "is_own"),
    [
        ("wamid.1", "in", "wamid.1", False),
        ("m_1#2", "in", "m_1", False),
        ("m_1#caption", "in", "m_1", False),
        ("3EB0", "out", "3EB0", True),
        (None, "in", "", False),
    ],
)
def test_the_gateway_gets_caption_name_and_quote(
    api, contact, ana, gateway_id, direction, given, is_own
):
    chat = builders.make_chat(contact)
    quoted = builders.make_message(
        chat,
        gateway_id=gateway_id,
        direction=direction,
        status="wait" if direction == "in" else "sent",
    )
    over = {"caption": "um", "fileName": "bolo.png", "replyTo": str(quoted.uuid)}
    data(api.post(SEND_FILE, file_body(ana, **over)))
    [job] = claim(5, 5, 60, {})
    out = job.out
    assert (out.caption, out.reply_to, out.reply_to_is_own) == ("um", given, is_own)
    assert out.file is not None
    assert out.file.name == "bolo.png"


def test_without_them_the_request_to_the_gateway_is_unchanged(api, contact, ana):
    data(api.post(SEND_FILE, file_body(ana)))
    data(api.post(SEND_TEXT, text_body(ana)))
    Delivery.objects.order_by("message_id").first().delete()
    [job] = claim(5, 5, 60, {})
    assert (job.out.text, job.out.caption, job.out.reply_to) == ("Sim", "", "")


def test_a_form_takes_them_as_json_does(api, contact):
    form = {name: str(value) for name, value in WHATSAPP_TEXT.items()}
    first = data(api.post("/api/chat/message/send", form=form))
    file = {**form, "type": "image", "url": "url.com", "caption": "um"}
    file |= {"fileName": "b.png", "replyTo": first["id"]}
    del file["content"]
    answer = data(api.post("/api/chat/message/send", form=file))
    assert (answer["caption"], answer["fileName"], answer["replyTo"]) == (
        "um",
        "b.png",
        first["id"],
    )
