"""Signatures, by the published example of Standard Webhooks."""

from __future__ import annotations

import base64

import pytest

from hci_center.feed.hooks.signing import (
    WrongSecretError,
    new_secret,
    parse_secret,
    signed_headers,
)
from tests.feed.hooks.conftest import OTHER_SECRET, SECRET

BODY = b'{"test": 2432232314}'
ID, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example() -> None:
    assert signed_headers(ID, TIMESTAMP, BODY, [SECRET]) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_make_two_signatures() -> None:
    headers = signed_headers(ID, TIMESTAMP, BODY, [OTHER_SECRET, SECRET])
    other, ours = headers["webhook-signature"].split(" ")
    assert ours == SIGNATURE
    alone = signed_headers(ID, TIMESTAMP, BODY, [OTHER_SECRET])
    assert alone["webhook-signature"] == other != ours


def test_a_new_secret_has_the_standard_format() -> None:
    secret = new_secret()
    assert len(parse_secret(secret)) == 32
    assert secret != new_secret()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_not base64 at all, but long enough",
        "whsec_ação",
    ],
)
def test_other_texts_are_refused_as_secrets(text: str) -> None:
    with pytest.raises(WrongSecretError):
        parse_secret(text)
