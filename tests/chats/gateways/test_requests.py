"""Requests contain exactly what is documented: the address, the headers, the fields."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.chats.gateways.rigs import PERSON, PNG, TOKEN, file_of

UUID = "0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e"
BASE64 = b64encode(PNG).decode()
PICTURE = {"kind": "image", "text": "", "file": file_of(PNG, "f.png", "image/png")}
BEARER = {"authorization": f"Bearer {TOKEN}"}
PROTOCOL = {"x-hci-protocol": "1", "content-type": "application/json", **BEARER}


@pytest.mark.parametrize(
    ("gateway", "said", "path", "headers", "body"),
    [
        (
            "controller",
            {"text": "Olá"},
            "/send/text",
            PROTOCOL,
            {
                "messageId": UUID,
                "contactNumber": int(PERSON),
                "content": "T2zDoQ==",
                "content2": "Olá",
                "operatorId": "7",
            },
        ),
        (
            "controller",
            PICTURE,
            "/send/file",
            PROTOCOL,
            {
                "messageId": UUID,
                "contactNumber": int(PERSON),
                "from": "7",
                "type": "image",
                "filename": "f.png",
                "base64": f"data:image/png;base64,{BASE64}",
            },
        ),
        (
            "controller",
            {**PICTURE, "caption": "meu bolo", "reply_to": "3EB0"},
            "/send/file",
            PROTOCOL,
            {
                "messageId": UUID,
                "contactNumber": int(PERSON),
                "from": "7",
                "type": "image",
                "filename": "f.png",
                "caption": "meu bolo",
                "replyTo": "3EB0",
                "base64": f"data:image/png;base64,{BASE64}",
            },
        ),
        (
            "messenger",
            {"text": "Olá"},
            "/v25.0/369258147/messages",
            BEARER,
            {
                "recipient": {"id": PERSON},
                "messaging_type": "RESPONSE",
                "message": {"text": "Olá", "metadata": UUID},
            },
        ),
        (
            "evolution",
            {"text": "Olá"},
            "/message/sendText/padaria",
            {"apikey": TOKEN},
            {"number": PERSON, "text": "Olá", "linkPreview": False},
        ),
        (
            "evolution",
            PICTURE,
            "/message/sendMedia/padaria",
            {"apikey": TOKEN},
            {
                "number": PERSON,
                "mediatype": "image",
                "mimetype": "image/png",
                "fileName": "f.png",
                "media": BASE64,
            },
        ),
    ],
)
def test_a_request_is_exactly_as_documented(only, gateway, said, path, headers, body):
    rig = only(gateway)
    rig.send(uuid=UUID, **said)
    [request] = [r for r in rig.fake.requests if rig.fake.is_send(r)]
    assert (request.method, request.target) == ("POST", path)
    assert headers.items() <= request.headers.items()
    assert request.json() == body


def test_requests_to_the_controller_have_the_protocol_version(only):
    rig = only("controller")
    rig.gateway.health(rig.account)
    rig.gateway.lookup(rig.account, rig.out(uuid=UUID))
    asked = [(r.method, r.target) for r in rig.fake.requests]
    assert asked[:2] == [("GET", "/health"), ("GET", f"/send/{UUID}")]
    assert {r.headers["x-hci-protocol"] for r in rig.fake.requests} == {"1"}
