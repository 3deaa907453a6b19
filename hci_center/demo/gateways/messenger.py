"""A fake Facebook Messenger for one page."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

from hci_center.demo.gateways.graph import FakeGraph, GraphError, new_number
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply

DAY = timedelta(hours=24)
WEEK = timedelta(days=7)
LONGEST_TEXT = 2000
MOST_BYTES = 25 * 2**20
TYPES = {"image", "audio", "video", "file"}


class FakeMessenger(FakeGraph):
    """One page; `people` are the PSIDs that have written to it."""

    def __init__(self, port: int = 0, *, page: str, token: str, **more: Any) -> None:
        self.page = page
        self.echoed_news = True
        # Some apps may read only names.
        self.shows_pictures = True
        super().__init__(port, token=token, **more)

    def is_send(self, request: Recorded) -> bool:
        return request.path.endswith("/messages")

    def act(self, request: Recorded) -> Reply:
        media = re.fullmatch(r"/media/(\w+)", request.path)
        if media:
            content, _mime = self.media[media[1]]
            return Reply(200, content)
        self.require_token(request)
        target = re.fullmatch(r"/v\d+\.\d+/([\w.]+)(?:/(\w+))?", request.path)
        if not target:
            raise GraphError(2500, "Unknown path components")
        node, edge = target[1], target[2]
        if edge == "messages" and node in (self.page, "me"):
            return self._message(request)
        if edge == "subscribed_apps":
            return Reply(200, {"success": True})
        if edge is None and node == self.page:
            return Reply(200, {"id": self.page, "name": "Padaria Estrela"})
        if edge is None and node in self.people:
            return self._profile(request, node)
        raise GraphError(100, "Unsupported get request", 33)

    def _profile(self, request: Recorded, person: str) -> Reply:
        profile = {"first_name": "Maria", "last_name": "Souza", "id": person}
        if "profile_pic" in request.query.get("fields", ""):
            if not self.shows_pictures:
                raise GraphError(100, "(#100) Tried accessing nonexisting field")
            if person in self.media:
                profile["profile_pic"] = f"{self.url}/media/{person}"
        return Reply(200, profile)

    def _message(self, request: Recorded) -> Reply:
        body, content, mime, name = _body(request)
        recipient = body.get("recipient", {})
        person = str(recipient.get("id") or recipient.get("user_ref") or "")
        self._check_recipient(person, body)
        message = body.get("message", {})
        text, attachment = message.get("text"), message.get("attachment")
        if bool(text) == bool(attachment):
            raise GraphError(100, "(#100) Either text or attachment, not both")
        if text and len(text) > LONGEST_TEXT:
            raise GraphError(
                100, "(#100) Length of param message[text] must be <= 2000"
            )
        if attachment:
            if attachment.get("type") not in TYPES or not content or not mime:
                raise GraphError(100, "(#100) Upload attachment failure.", 2018047)
            if len(content) > MOST_BYTES:
                raise GraphError(100, "(#100) File too large", 2018109)
        mid = f"m_{new_number()}"
        uuid = message.get("metadata", "")
        kind = attachment["type"] if attachment else "text"
        quoted = str(body.get("reply_to", {}).get("mid", ""))
        self.require_quotable(quoted)
        self.deliver(
            Delivered(
                person,
                kind,
                text or "",
                content,
                mime,
                name,
                uuid,
                mid,
                reply_to=quoted,
                choices=_quick_replies(message),
                shown_as="quick_replies" if "quick_replies" in message else "",
            )
        )
        self._queue_receipts(person, mid, message)
        return Reply(200, {"recipient_id": person, "message_id": mid})

    def _check_recipient(self, person: str, body: dict[str, Any]) -> None:
        kind, tag = body.get("messaging_type"), body.get("tag")
        if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
            raise GraphError(100, "(#100) Param messaging_type must be one of …")
        if (kind == "MESSAGE_TAG") != (tag == "HUMAN_AGENT"):
            raise GraphError(100, "(#100) Invalid tag")
        if person not in self.people:
            raise GraphError(100, "(#100) No matching user found", 2018001)
        if person in self.away:
            raise GraphError(551, "(#551) This person isn't available", 1545041)
        if not self.wrote_within(person, WEEK if tag else DAY):
            message = "(#10) This message is sent outside of allowed window."
            raise GraphError(10, message, 2018278)

    def frame(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Builds a webhook body with these events of the page."""
        now = int(time.time() * 1000)
        entry = {"id": self.page, "time": now, "messaging": list(events)}
        return {"object": "page", "entry": [entry]}

    def inbound(self, person: str, text: str, **more: Any) -> dict[str, Any]:
        """Builds the webhook event of a customer's message."""
        message = {"mid": f"m_in{new_number()}", "text": text, **more}
        return self.frame(self._event(person, message=message))

    def _event(self, person: str, **what: Any) -> dict[str, Any]:
        return {
            "sender": {"id": person},
            "recipient": {"id": self.page},
            "timestamp": int(time.time() * 1000),
            **what,
        }

    def _queue_receipts(self, person: str, mid: str, message: dict[str, Any]) -> None:
        """Queues the echo with our metadata, then both kinds of receipts."""
        now = int(time.time() * 1000) + 1
        echo = {
            "sender": {"id": self.page},
            "recipient": {"id": person},
            "timestamp": now,
            "message": {"is_echo": True, "app_id": 1, "mid": mid, **message},
        }
        self.queue_event(
            self.frame(echo),
            self.frame(self._event(person, delivery={"mids": [mid], "watermark": now})),
            self.frame(self._event(person, delivery={"watermark": now})),
            self.frame(self._event(person, read={"watermark": now + 10_000})),
        )


def _body(request: Recorded) -> tuple[dict[str, Any], bytes, str, str]:
    parts = request.form()
    if not parts:
        return request.json(), b"", "", ""
    read = {
        name: _loose(part.value) for name, part in parts.items() if not part.filename
    }
    file = parts.get("filedata")
    if file is None:
        return read, b"", "", ""
    return read, file.value, file.mime, file.filename


def _loose(value: bytes) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value.decode()


def _quick_replies(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Returns payloads and titles, as checked by the platform."""
    replies = message.get("quick_replies", [])
    if len(replies) > 13:
        raise GraphError(100, "(#100) Only 13 quick replies are allowed")
    for each in replies:
        if each["content_type"] != "text":
            raise GraphError(100, "(#100) Invalid content_type")
        if not 0 < len(each["title"]) <= 20 or not 0 < len(each["payload"]) <= 1000:
            raise GraphError(100, "(#100) Invalid title or payload")
    return tuple((each["payload"], each["title"]) for each in replies)
