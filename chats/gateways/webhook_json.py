"""Reads webhook bodies as JSON and masks credentials in them."""

from __future__ import annotations

import json
from typing import Any

from chats.gateways.events import MalformedError

# Names whose values are credentials and are never stored.
SECRETS = {"apikey", "apiKey", "token", "jwt_key", "Authorization", "authorization"}


def read_object(raw: bytes) -> dict[str, Any]:
    """Parses a JSON object of UTF-8 text. Raises MalformedError."""
    try:
        body = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedError from error
    if not isinstance(body, dict):
        raise MalformedError
    return body


def masked(value: Any) -> Any:
    """Returns the value with the values of credential names masked."""
    if isinstance(value, dict):
        return {
            name: "•••" if name in SECRETS and item else masked(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value
