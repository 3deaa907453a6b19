"""The expected contact and responses."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from chats.models import ChatEvent
from contacts.models import Contact


def contact_shape(contact: Contact, **over: Any) -> dict[str, Any]:
    """Returns the contact's row as in a response."""
    contact.refresh_from_db()
    phone = contact.channel == "whatsapp" and contact.external_id.isdecimal()
    at = contact.last_message_at
    return {
        "id": int(contact.external_id) if phone else contact.external_id,
        "name": contact.name,
        "photo": contact.photo,
        "area": contact.area.code if contact.area else "",
        "operatorId": str(contact.operator_id or 0),
        "protocol": contact.protocol,
        "sa": contact.sa,
        "channel": contact.channel,
        "unread": contact.unread,
        "lastMessageAt": at
        and f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
    } | over


def success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


def refusal(answer: Any) -> tuple[int, str]:
    """Returns the status and code of an error response, checking its shape."""
    body = answer.json()
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    assert {"code", "message"} <= set(body["error"])
    assert body["error"]["message"]
    return answer.status_code, body["error"]["code"]


def wrong_fields(answer: Any) -> set[str]:
    assert refusal(answer) == (400, "invalid")
    return set(answer.json()["error"]["fields"])


def ledger(contact: Contact) -> list[tuple[str, str | None, int | None]]:
    """Returns the contact's events: kind, area's code and operator after it."""
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("id")
    return list(events.values_list("kind", "area__code", "operator_id"))
