"""Expected response bodies, written by hand, and comparisons with them."""

from __future__ import annotations

import re
from typing import Any

NUMBER = 5511400011111
PAGE = "369258147"
TOKEN = "token-of-the-page"
PORT = "8080"
WHATSAPP_ID = 551133334444
FACEBOOK_ID = "7418252963"


class Like:
    """Equals every text that fully matches the pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(self.pattern.fullmatch(other))

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Like({self.pattern.pattern!r})"


TIME = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = Like(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SENTENCE = Like(r"(?s).{3,}")
PROTOCOL = Like(r"BR[A-Za-z0-9]+")
LINK = Like(r"https?://testserver/\S+\?\S+")


def manager_shape(**over: Any) -> dict[str, Any]:
    return {
        "name": "Padaria Estrela",
        "email": "contato@padaria.example",
        "number": NUMBER,
        "controllerPort": PORT,
        "facebookId": PAGE,
        "facebookToken": TOKEN,
        "contacts": [],
    } | over


def contact_shape(row: Any = None, **over: Any) -> dict[str, Any]:
    """Returns a contact's body; given a row, with its columns' values."""
    shape: dict[str, Any] = {
        "id": WHATSAPP_ID,
        "name": "Maria Souza",
        "photo": "",
        "area": "vendas",
        "operatorId": "0",
        "protocol": PROTOCOL,
        "sa": -100,
        "channel": "whatsapp",
        "unread": 0,
        "lastMessageAt": None,
    }
    if row is not None:
        row.refresh_from_db()
        phone = row.channel == "whatsapp" and row.external_id.isdigit()
        shape |= {
            "id": int(row.external_id) if phone else row.external_id,
            "name": row.name,
            "area": row.area.code if row.area else "",
            "operatorId": str(row.operator_id or 0),
            "protocol": row.protocol,
            "sa": row.sa,
            "channel": row.channel,
            "unread": row.unread,
        }
        if row.last_message_at is not None:
            shape["lastMessageAt"] = TIME
    return shape | over


def page_contact_shape(**over: Any) -> dict[str, Any]:
    return (
        contact_shape(id=FACEBOOK_ID, name="João Lima", channel="facebook", sa=1) | over
    )


def message_shape(content: str, **over: Any) -> dict[str, Any]:
    """Returns a message's body, by default an unread text from the contact."""
    return {
        "content": content,
        "type": "text",
        "from": WHATSAPP_ID,
        "status": "wait",
        "id": UUID,
        "createdAt": TIME,
        "direction": "in",
    } | over


def outgoing_shape(content: str, sender: Any, **over: Any) -> dict[str, Any]:
    return (
        message_shape(content)
        | {
            "from": str(getattr(sender, "pk", sender)),
            "direction": "out",
        }
        | over
    )


def area_shape(code: str, name: str) -> dict[str, Any]:
    return {"id": code, "idarea": code, "name": name}


def operator_shape(operator: Any, *codes: str) -> dict[str, Any]:
    return {
        "id": str(operator.pk),
        "name": operator.name,
        "email": operator.email,
        "areas": list(codes),
        "online": False,
    }


def answered(response: Any, data: Any) -> None:
    """Asserts that the response is a success with exactly this data."""
    assert response.json() == {"success": True, "data": data}
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def refused(response: Any, status: int, code: str, **more: Any) -> None:
    """Asserts that the response is this refusal, with these invalid `fields`."""
    body = response.json()
    fields = more.pop("fields", None)
    if code == "invalid" and fields is not None:
        told = body["error"].pop("fields")
        assert set(told) == set(fields)
        assert all(told[name] == [SENTENCE] * len(told[name]) for name in told)
        assert all(told.values())
    assert body == {
        "success": False,
        "error": {"code": code, "message": SENTENCE, **more},
    }
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
