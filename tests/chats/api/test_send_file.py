"""POST …/send/operator/file/:controllerPort and …/operator/file/facebook."""

from __future__ import annotations

import hashlib

import pytest

from chats.models import Attachment, Delivery, Message
from tests.chats.api.sending_files import PATH, body_of, files_of, refusal
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.chats.shapes import LINK, message_body
from tests.conftest import signed_in

PAGE_PATH = "/api/chat/message/send/operator/file/facebook"


def test_it_stores_the_file_and_queues_the_message(api, settings, contact, ana):
    answer = api.post(PATH, body_of(ana))
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    data = answer.json()["data"]
    assert LINK.fullmatch(data["url"])
    assert answer.json() == {
        "success": True,
        "data": {**message_body(message), "url": data["url"]},
    }
    assert (data["content"], data["type"]) == ("Arquivo em anexo", "image")
    assert (data["from"], data["status"]) == (str(ana.pk), "wait")
    attachment = Attachment.objects.get()
    assert attachment.message == message
    assert (attachment.mime, attachment.size) == ("image/png", len(sample_files.PNG))
    assert attachment.sha256 == hashlib.sha256(sample_files.PNG).hexdigest()
    assert attachment.is_voice is False
    (path,) = files_of(settings)
    assert path.read_bytes() == sample_files.PNG
    assert str(path.relative_to(settings.MEDIA_ROOT)) == attachment.file.name
    assert Delivery.objects.get().message == message


def test_all_missing_fields_are_reported(api):
    answer = api.post(PATH, {})
    fields = set(answer.json()["error"]["fields"])
    assert fields == {"contactNumber", "from", "base64", "type"}


def test_the_size_limit_is_exact(api, settings, contact, ana):
    settings.LARGEST_FILE = len(sample_files.PNG)
    assert api.post(PATH, body_of(ana)).status_code == 200
    answer = api.post(PATH, body_of(ana, sample_files.PNG + b"\x00"))
    assert refusal(answer) == (413, "body_too_large")
    assert Message.objects.count() == 1
    assert len(files_of(settings)) == 1


def test_25_mib_are_accepted_and_one_more_byte_refused(api, contact, ana):
    largest = sample_files.PDF + bytes(25 * 2**20 - len(sample_files.PDF))
    answer = api.post(PATH, body_of(ana, largest, "application/pdf", "pdf"))
    assert answer.status_code == 200
    assert Attachment.objects.get().size == 25 * 2**20
    answer = api.post(PATH, body_of(ana, largest + b"\n", "application/pdf", "pdf"))
    assert refusal(answer) == (413, "body_too_large")


def test_errors_are_reported_in_order(api, settings, contact, ana, bruno):
    settings.LARGEST_FILE = 10
    path = "/api/chat/message/send/operator/file/9999"
    missing = {"contactNumber": 551100000000}
    steps = [
        (path, body_of(ana, said="x", **missing), (400, "invalid")),
        (path, body_of(ana, **missing), (404, "manager_not_found")),
        (PATH, body_of(ana, **missing) | {"from": "0"}, (404, "operator_not_found")),
        (PATH, body_of(bruno, **missing), (404, "contact_not_found")),
        (PATH, body_of(bruno), (403, "forbidden")),
        (PATH, body_of(ana), (413, "body_too_large")),
    ]
    for where, body, expected in steps:
        assert refusal(api.post(where, body)) == expected
    assert files_of(settings) == []


def test_a_body_over_40_mib_is_refused_unread(api):
    answer = api.post(PATH, b" " * (40 * 2**20 + 1))
    assert refusal(answer) == (413, "body_too_large")


def test_a_facebook_file_is_sent_by_the_page(api, page_contact, ana):
    body = body_of(ana, contactNumber=..., contactId="7418252963", token="EAAG")
    answer = api.post(PAGE_PATH, body)
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    url = answer.json()["data"]["url"]
    assert LINK.fullmatch(url)
    assert answer.json()["data"] == {**message_body(message), "url": url}
    assert message.contact == page_contact
    assert Delivery.objects.get().token == "EAAG"


def test_a_session_sends_only_for_its_own_operator(contact, ana, bruno):
    contact.operator = bruno
    contact.save()
    assert refusal(signed_in(ana.user).post(PATH, body_of(bruno))) == (403, "forbidden")
    assert signed_in(ana.user).post(PATH, body_of(ana)).status_code == 200


def test_an_idempotent_repeat_returns_the_same_with_a_new_link(
    api, settings, contact, ana
):
    headers = {"Idempotency-Key": "once"}
    first = api.post(PATH, body_of(ana), headers=headers).json()["data"]
    again = api.post(PATH, body_of(ana), headers=headers).json()["data"]
    assert first.pop("url") != again.pop("url")
    assert first == again
    assert Attachment.objects.count() == 1
    assert len(files_of(settings)) == 1


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"contactNumber": 551100000000}, (404, "contact_not_found")),
        ({"base64": "no file"}, (400, "invalid")),
        ({"base64": data_uri(sample_files.PDF, "image/png")}, (400, "invalid")),
    ],
)
def test_a_refused_idempotent_call_leaves_no_file(
    api, settings, contact, ana, over, expected
):
    for _ in range(2):
        answer = api.post(PATH, body_of(ana, **over), headers={"Idempotency-Key": "k"})
        assert refusal(answer) == expected
    assert files_of(settings) == []


def test_a_key_used_with_another_file_is_refused_first(api, settings, contact, ana):
    headers = {"Idempotency-Key": "k"}
    assert api.post(PATH, body_of(ana), headers=headers).status_code == 200
    answer = api.post(PATH, body_of(ana, base64="no file"), headers=headers)
    assert refusal(answer) == (422, "idempotency_mismatch")
    assert len(files_of(settings)) == 1


def test_the_file_is_deleted_when_its_row_cannot_be_stored(
    api, settings, contact, ana, mocker
):
    def fail(*_, **__):
        raise RuntimeError("the disk of the database is full")

    mocker(Delivery.objects, "create", fail)
    assert refusal(api.post(PATH, body_of(ana))) == (500, "internal")
    assert not Message.objects.exists()
    assert files_of(settings) == []


@pytest.fixture
def mocker(monkeypatch):
    return monkeypatch.setattr
