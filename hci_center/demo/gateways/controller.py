"""A fake controller process, of protocol version 1 or older."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

import requests

from hci_center.demo.gateways.graph import new_number
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply
from hci_center.demo.gateways.server import FakeServer


def _error(status: int, code: str, message: str) -> Reply:
    error = {"code": code, "message": message}
    return Reply(status, {"success": False, "error": error})


class FakeController(FakeServer):
    """`people` are the numbers on WhatsApp, None for all.

    `idempotent` answers a repeat with the first result; `legacy` answers 200 and
    nothing useful; `waits` answers `wait` first and reports the rest later; `largest`
    is the maximum file size in its health report.
    """

    def __init__(self, port: int = 0, *, secret: str = "") -> None:
        self.secret = secret
        self.people: set[int] | None = None
        self.state = "open"
        self.number: int | None = None
        self.idempotent = True
        self.largest: Any = 26214400
        self.legacy = False
        self.waits = False
        self.results: dict[str, dict[str, Any]] = {}
        self.key = ""
        super().__init__(port)

    def is_send(self, request: Recorded) -> bool:
        return request.method == "POST" and request.path.startswith("/send/")

    def answer(self, request: Recorded) -> Reply:
        if self.secret and request.bearer != self.secret:
            return _error(401, "unauthorized", "Wrong secret")
        if request.path == "/health":
            return self._health()
        found = re.fullmatch(r"/send/([0-9a-f-]{36})", request.path)
        if found and request.method == "GET":
            result = self.results.get(found[1])
            if result is None or self.legacy:
                return _error(404, "unknown", "Never seen")
            return Reply(200, {"success": True, "data": result})
        if request.path in ("/send/text", "/send/file"):
            return self._send(request)
        return Reply(404, b"<html>Not Found</html>")

    def _health(self) -> Reply:
        if self.legacy:
            return Reply(404, b"Cannot GET /health")
        data = {
            "protocol": 1,
            "state": self.state,
            "number": self.number,
            "qr": "2@qr-of-controller" if self.state == "qr" else None,
            "idempotent": self.idempotent,
            "maxBytes": self.largest,
            "pending": 0,
        }
        return Reply(200, {"success": True, "data": data})

    def _send(self, request: Recorded) -> Reply:
        body = request.json()
        uuid, to = body.get("messageId"), body.get("contactNumber")
        if not isinstance(uuid, str) or not isinstance(to, int):
            return _error(400, "invalid", "messageId and contactNumber are required")
        if self.state != "open":
            return _error(503, "not_connected", "The phone is not connected")
        if self.people is not None and to not in self.people:
            return _error(404, "not_on_whatsapp", "Not on WhatsApp")
        with self._lock:
            first = self.results.get(uuid) if self.idempotent else None
            if first is None:
                first = {
                    "messageId": f"wa{new_number()}",
                    "status": "wait" if self.waits else "sent",
                    "contactNumber": to,
                }
                self.results[uuid] = first
                self.delivered.append(_delivered(request.path, body))
        for status in ("sent", "delivered", "read"):
            self.queue_event({"messageId": first["messageId"], "status": status})
        if self.legacy:
            return Reply(200, b"OK")
        return Reply(200, {"success": True, "data": first})

    def post(self, event: dict[str, Any]) -> int:
        """Posts receipts and messages to the documented calls, with a key."""
        method, path = "POST", "/api/chat/message/send"
        if "status" in event:
            method, path = "PUT", "/api/chat/message/status"
            event = {"number": self.number, **event}
        answer = requests.request(
            method,
            self.webhook + path,
            json=event,
            headers={"Authorization": f"Api-Key {self.key}"},
            timeout=10,
        )
        return answer.status_code


def _delivered(path: str, body: dict[str, Any]) -> Delivered:
    to, uuid = str(body["contactNumber"]), body["messageId"]
    if path == "/send/text":
        plain = b64decode(body["content"], validate=True).decode()
        return Delivered(to, "text", body.get("content2", plain), uuid=uuid)
    match = re.fullmatch(r"data:([\w/.+-]+);base64,([A-Za-z0-9+/=]*)", body["base64"])
    if not match:
        raise AssertionError("base64 is a data URI")
    content = b64decode(match[2], validate=True)
    name = body.get("filename", "")
    return Delivered(to, body["type"], "", content, match[1], name, uuid)
