"""Signs webhooks as Standard Webhooks says (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

PREFIX = "whsec_"
# Bytes of a secret.
LEAST, MOST, USUAL = 24, 64, 32


class WrongSecretError(ValueError):
    """The text is no secret of Standard Webhooks."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(USUAL)).decode()


def parse_secret(text: str) -> bytes:
    """Returns the bytes of "whsec_" and Base64. Raises WrongSecretError."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WrongSecretError from error
    if not text.startswith(PREFIX) or not LEAST <= len(secret) <= MOST:
        raise WrongSecretError
    return secret


def signed_headers(
    message_id: str, timestamp: int, body: bytes, secrets_: list[str]
) -> dict[str, str]:
    """Returns the three headers, with a signature by each of the secrets."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(hmac.digest(parse_secret(each), content, "sha256")).decode()
        for each in secrets_
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
