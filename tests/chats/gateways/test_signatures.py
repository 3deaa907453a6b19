"""Only bodies signed by Meta are accepted, by published examples and by wrong ones."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from chats.gateways.events import BadSignatureError, MalformedError
from chats.gateways.graph import answer_handshake, is_signed
from chats.gateways.messenger import MessengerWebhook
from chats.gateways.whatsapp_cloud import WhatsAppCloudWebhook

SECRET = "sesame"
HELLO = "f39034b29165ec6a5104d9aef27266484ab26c8caa7bca8bcb2dd02e8be61b17"
HELLO2 = "60905fdf409d0b4f721e99f6f25b31567a68a6b45e933d814e17a246be4c5a53"


def signed(digest: str) -> dict[str, str]:
    return {"x-hub-signature-256": digest}


def signature(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return signed(f"sha256={digest}")


def test_the_published_vectors_hold():
    assert is_signed(SECRET, signed(f"sha256={HELLO}"), b"hello world")
    assert is_signed(SECRET, signed(f"sha256={HELLO2}"), b"hello world2")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed(f"sha256={HELLO}"), b"hello world2"),
        (signed(f"sha256={HELLO}"), b"hello world\n"),
        (signed(f"sha256={HELLO[:-1]}8"), b"hello world"),
        (signed(f"sha256={HELLO.upper()}"), b"hello world"),
        (signed(f"sha1={HELLO}"), b"hello world"),
        (signed(HELLO), b"hello world"),
        (signed(f"sha256={HELLO} "), b"hello world"),
        (signed(""), b"hello world"),
        ({}, b"hello world"),
    ],
)
def test_anything_else_is_refused(headers, body):
    assert not is_signed(SECRET, headers, body)


def test_without_a_secret_everything_is_refused():
    empty = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert not is_signed("", signed(f"sha256={empty}"), b"{}")


@pytest.fixture(params=[MessengerWebhook, WhatsAppCloudWebhook])
def webhook(request):
    return request.param(lambda: {"older": None, SECRET: None})


def test_the_raw_bytes_are_verified(webhook):
    body = b'{"entry":[],"t":"\\u00e7"}'
    assert webhook.receive(signature(body), body) == []
    rewritten = '{"entry":[],"t":"ç"}'.encode()
    with pytest.raises(BadSignatureError):
        webhook.receive(signature(body), rewritten)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"entry":', b"\xff\xfe{}", b"[" * 100_000, b'"text"']
)
def test_a_signed_invalid_body_is_malformed(webhook, body):
    with pytest.raises(MalformedError):
        webhook.receive(signature(body), body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"object":"page"}',
        b'{"entry":null}',
        b'{"entry":[{"id":"1"}]}',
        b'{"entry":[null,7,"x",{"messaging":3,"changes":{}}]}',
    ],
)
def test_bodies_without_events_are_accepted(webhook, body):
    assert webhook.receive(signature(body), body) == []


def test_the_handshake_requires_the_right_token():
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "vt",
        "hub.challenge": "115",
    }
    assert answer_handshake("vt", query) == "115"
    for wrong in (
        query | {"hub.verify_token": "vT"},
        query | {"hub.verify_token": "é"},
        query | {"hub.mode": "unsubscribe"},
        {},
    ):
        with pytest.raises(BadSignatureError):
            answer_handshake("vt", wrong)
    with pytest.raises(BadSignatureError):
        answer_handshake("", query | {"hub.verify_token": ""})
