"""Expected response bodies, built from rows, to compare whole responses."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from chats.models import Message

LINK = re.compile(
    r"http://testserver/api/chat/file/[0-9a-f-]{36}"
    r"\?expires=\d+&nonce=[\w-]+&signature=[\w-]+"
)


def json_time(at: Any) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.}{at.microsecond // 1000:03d}Z"


def message_body(message: Message) -> dict[str, Any]:
    """Returns the message as in a response; one with a stored file needs its link."""
    body: dict[str, Any] = {
        "content": message.content,
        "type": message.type,
        "from": message.sender or message.contact.public_id,
        "status": message.status,
        "id": str(message.uuid),
        "createdAt": json_time(message.created_at),
        "direction": message.direction,
    }
    if message.type != "text":
        body["url"] = message.url
    if message.error:
        body["error"] = message.error
    if message.details:
        body |= message.details
    attachment = getattr(message, "attachment", None)
    if attachment is not None and message.type != "text":
        body["fileSize"] = attachment.size
    return body
