"""A fake WhatsApp Cloud API for one phone number."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hci_center.demo.gateways.cloud_templates import (
    list_templates,
    sample_templates,
    template_as_sent,
)
from hci_center.demo.gateways.graph import FakeGraph, GraphError, new_number
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply

BUSINESS = "102290129340398"
DAY = timedelta(hours=24)
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
CAPTIONED = {"image", "video", "document"}
LINK_LIFE = 300.0
MIMES = {
    "image": ("image/jpeg", "image/png"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "video": ("video/mp4", "video/3gpp"),
    "sticker": ("image/webp",),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
UPLOADS = {
    *(mime for mimes in MIMES.values() for mime in mimes),
    *("audio/opus", "text/plain", "application/pdf", "application/msword"),
    *("application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
    *(f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"),
    f"{_OFFICE}presentationml.presentation",
}
LARGEST = {
    "image": 5 * 2**20,
    "audio": 16 * 2**20,
    "video": 16 * 2**20,
    "document": 100 * 2**20,
    "sticker": 500 * 2**10,
}


class FakeWhatsAppCloud(FakeGraph):
    """One number; `people` are wa_ids, `spellings` map other notations to them."""

    def __init__(self, port: int = 0, *, phone: str, token: str, **more: Any) -> None:
        self.phone = phone
        self.shown = "+55 11 4000-1111"
        self.spellings: dict[str, str] = {}
        # Of the business account that owns the number.
        self.business, self.templates = BUSINESS, sample_templates()
        self.pair_seconds = 0.0
        self._last_to: dict[str, float] = {}
        self._links: dict[str, tuple[str, float]] = {}
        super().__init__(port, token=token, **more)

    def is_send(self, request: Recorded) -> bool:
        return request.path.endswith("/messages")

    def act(self, request: Recorded) -> Reply:
        self.require_token(request)
        link = re.fullmatch(r"/links/(\w+)", request.path)
        if link:
            return self._behind(link[1])
        target = re.fullmatch(r"/v\d+\.\d+/(\w+)(?:/(\w+))?", request.path)
        if not target:
            raise GraphError(2500, "Unknown path components")
        node, edge = target[1], target[2]
        if node in self.media and edge is None:
            return self._link(node)
        if (node, edge) == (self.business, "message_templates"):
            return list_templates(self.templates, request, self.url)
        if node != self.phone:
            raise GraphError(100, "Unsupported request", 33)
        if edge == "messages":
            return self._message(request)
        if edge == "media":
            return self._upload(request)
        return Reply(200, {"id": self.phone, "display_phone_number": self.shown})

    def _upload(self, request: Recorded) -> Reply:
        parts = request.form()
        file = parts.get("file")
        product = parts.get("messaging_product")
        if file is None or product is None or product.value != b"whatsapp":
            raise GraphError(100, "(#100) The parameter file is required.")
        if not file.mime or parts["type"].value.decode() != file.mime:
            raise GraphError(100, "(#100) Param file must be a file with a known type")
        if file.mime not in UPLOADS:
            known = ", ".join(sorted(UPLOADS))
            message = (
                f"Param file must be a file with one of the following types: {known}"
            )
            raise GraphError(
                100, f"(#100) {message}. Received file of type '{file.mime}'."
            )
        name = f"{10**15 + new_number()}"
        self.media[name] = (file.value, file.mime)
        return Reply(200, {"id": name})

    def _link(self, media: str) -> Reply:
        secret = f"l{new_number()}"
        self._links[secret] = (media, time.monotonic())
        url = f"{self.url}/links/{secret}"
        return Reply(200, {"url": url, "mime_type": self.media[media][1], "id": media})

    def _behind(self, secret: str) -> Reply:
        media, made = self._links.get(secret, ("", 0.0))
        if not media or time.monotonic() - made > LINK_LIFE:
            raise GraphError(100, "The link has expired", status=404)
        return Reply(200, self.media[media][0])

    def _message(self, request: Recorded) -> Reply:
        body = request.json()
        if body.get("messaging_product") != "whatsapp":
            raise GraphError(100, "(#100) The parameter messaging_product is required.")
        if ("to" in body) == ("recipient" in body):
            raise GraphError(131009, "(#131009) Exactly one of to and recipient")
        given = str(body.get("to") or body.get("recipient"))
        person = self.spellings.get(given, given)
        kind = str(body.get("type"))
        if kind not in body:
            raise GraphError(131008, f"(#131008) Parameter {kind} is missing")
        self._check_recipient(person, kind)
        text, content, mime, name = self._content(kind, body[kind])
        caption = self._caption(kind, body[kind])
        # WhatsApp shows it as a voice note with a microphone, not as an audio file.
        shown = "voice" if kind == "audio" and body[kind].get("voice") else kind
        quoted = str(body.get("context", {}).get("message_id", ""))
        self.require_quotable(quoted)
        wamid = f"wamid.{new_number()}"
        uuid = body.get("biz_opaque_callback_data", "")
        seen = Delivered(
            person, shown, text, content, mime, name, uuid, wamid, caption, quoted
        )
        if kind == "interactive":
            seen = _with_choices(seen, body[kind])
        self.deliver(seen)
        self._queue_receipts(person, wamid, uuid)
        contact = {"input": given, "wa_id": person}
        answer = {"messaging_product": "whatsapp", "contacts": [contact]}
        return Reply(200, {**answer, "messages": [{"id": wamid}]})

    def _check_recipient(self, person: str, kind: str) -> None:
        if person not in self.people or person in self.away:
            raise GraphError(131026, "(#131026) Message undeliverable")
        if kind != "template" and not self.wrote_within(person, DAY):
            raise GraphError(131047, "(#131047) Re-engagement message")
        now = time.monotonic()
        if now - self._last_to.get(person, -1e9) < self.pair_seconds:
            raise GraphError(131056, "(#131056) Pair rate limit hit")
        self._last_to[person] = now

    def _content(self, kind: str, part: Any) -> tuple[str, bytes, str, str]:
        if kind == "text":
            if not 0 < len(part["body"]) <= LONGEST_TEXT:
                raise GraphError(131009, "(#131009) text.body must be 1 to 4096 long")
            return part["body"], b"", "", ""
        if kind == "template":
            return template_as_sent(self.templates, part), b"", "", ""
        if kind == "interactive":
            if not 0 < len(part["body"]["text"]) <= LONGEST_CAPTION:
                raise GraphError(131009, "(#131009) body must be 1 to 1024 long")
            return part["body"]["text"], b"", "", ""
        if part["id"] not in self.media:
            raise GraphError(131009, "(#131009) Unknown media id")
        content, mime = self.media[part["id"]]
        if mime not in MIMES.get(kind, (mime,)):
            raise GraphError(131053, f"(#131053) {mime} is no {kind}")
        if len(content) > LARGEST[kind]:
            raise GraphError(131053, f"(#131053) Too large for {kind}")
        return "", content, mime, part.get("filename", "")

    def _caption(self, kind: str, part: Any) -> str:
        caption = part.get("caption", "")
        if caption and kind not in CAPTIONED:
            message = f"(#100) Unexpected key caption on param {kind}"
            raise GraphError(100, message)
        if len(caption) > LONGEST_CAPTION:
            raise GraphError(131009, "(#131009) caption must be 1 to 1024 long")
        return str(caption)

    def frame(self, field: str = "messages", **value: Any) -> dict[str, Any]:
        """Builds a webhook body with one change of the number."""
        metadata = {
            "display_phone_number": "551140001111",
            "phone_number_id": self.phone,
        }
        whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        changes = [{"field": field, "value": whole}]
        entry = {"id": self.business, "changes": changes}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def report(self, field: str, waba: str = BUSINESS, **value: Any) -> dict[str, Any]:
        """Builds a webhook body with one change of a whole business account."""
        changes = [{"field": field, "value": value}]
        entry = {"id": waba, "time": int(time.time()), "changes": changes}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def inbound(self, person: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Builds the webhook body of a customer's message."""
        self.people[person] = datetime.now(UTC)
        message = {
            "from": person,
            "id": f"wamid.in{new_number()}",
            "timestamp": str(int(time.time())),
            "type": "text",
            **({"text": {"body": text}} if text else {}),
            **more,
        }
        contact = {"profile": {"name": "Maria Souza"}, "wa_id": person}
        return self.frame(messages=[message], contacts=[contact])

    def _queue_receipts(self, person: str, wamid: str, uuid: str) -> None:
        for status in ("sent", "delivered", "read"):
            receipt = {
                "id": wamid,
                "status": status,
                "timestamp": str(int(time.time())),
                "recipient_id": person,
                "biz_opaque_callback_data": uuid,
            }
            self.queue_event(self.frame(statuses=[receipt]))


def _with_choices(seen: Delivered, part: Any) -> Delivered:
    """Returns the message with its buttons or rows, as checked by the platform."""
    action = part["action"]
    if part["type"] == "button":
        replies = [each["reply"] for each in action["buttons"]]
        _check_choices(replies, most=3, longest=20, longest_id=256)
    elif part["type"] == "list":
        [section] = action["sections"]
        replies = section["rows"]
        _check_choices(replies, most=10, longest=24, longest_id=200)
        if not 0 < len(action["button"]) <= 20:
            raise GraphError(131009, "(#131009) button must be 1 to 20 long")
    else:
        raise GraphError(131009, "(#131009) Unknown interactive type")
    choices = tuple((each["id"], each["title"]) for each in replies)
    return replace(seen, choices=choices, shown_as=part["type"])


def _check_choices(
    replies: list[Any], *, most: int, longest: int, longest_id: int
) -> None:
    if not 0 < len(replies) <= most:
        raise GraphError(131009, f"(#131009) There must be 1 to {most} of them")
    for names, limit in (("id", longest_id), ("title", longest)):
        values = [each[names] for each in replies]
        if any(not 0 < len(value) <= limit for value in values):
            raise GraphError(131009, f"(#131009) {names} must be 1 to {limit} long")
        if len(set(values)) < len(values):
            raise GraphError(131009, f"(#131009) Duplicate {names}")
