"""A fake WPPConnect server with one session."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from typing import Any

from hci_center.demo.gateways.graph import new_number
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply
from hci_center.demo.gateways.server import FakeServer


class FakeWPPConnect(FakeServer):
    """`people` are the numbers on WhatsApp; `flaky` ones fail the number check."""

    def __init__(self, port: int = 0, *, session: str, token: str) -> None:
        self.session, self.token = session, token
        self.people: set[str] = set()
        self.flaky: set[str] = set()
        self.status = "CONNECTED"
        self.sent: dict[str, dict[str, Any]] = {}
        # The ids of customers' messages.
        self.received: set[str] = set()
        self.media: dict[str, tuple[str, str]] = {}
        super().__init__(port)

    def is_send(self, request: Recorded) -> bool:
        return "/send-" in request.path

    def answer(self, request: Recorded) -> Reply:
        if request.bearer != self.token:
            return Reply(401, {"error": "Check that the Session and Token are correct"})
        match = re.fullmatch(r"/api/([^/]+)/([^/]+)(?:/(.+))?", request.path)
        if not match or match[1] != self.session:
            return Reply(401, {"error": "Check that the Session and Token are correct"})
        call, what = match[2], match[3]
        if call == "status-session":
            qr = "2@qr-of-wppconnect" if self.status == "QRCODE" else None
            return Reply(200, {"status": self.status, "qrcode": None, "urlcode": qr})
        if call.startswith("send-"):
            return self._send(call, request.json())
        if call == "check-number-status":
            exists = what in self.people
            response = {"numberExists": exists, "canReceiveMessage": exists}
            return Reply(200, {"status": "success", "response": response})
        if call == "message-by-id":
            return self._find(what)
        if call == "get-media-by-message" and what in self.media:
            encoded, mime = self.media[what]
            return Reply(200, {"base64": encoded, "mimetype": mime})
        return Reply(404, {"status": "error", "message": "Not found"})

    def _find(self, name: str) -> Reply:
        """Returns the message in the response for it; an error if it does not exist."""
        about: dict[str, Any] = {"session": self.session}
        message = self.sent.get(name)
        if message is None and name in self.received:
            message = {"id": name}
        if message is None:
            about |= {"message": "Error retrieving information", "log": {}}
            return Reply(400, {"status": "Error", "response": about})
        about |= {
            "message": "Information retrieved successfully.",
            "contact": name.split("_")[1].partition("@")[0],
            "data": message,
        }
        return Reply(201, {"status": "Success", "response": about})

    def _send(self, call: str, body: dict[str, Any]) -> Reply:
        if self.status != "CONNECTED":
            return Reply(404, {"status": "Disconnected", "response": None})
        phone = str(body["phone"])
        if "," in phone or "@" in phone:
            raise AssertionError("one number, without its server")
        server = "lid" if body.get("isLid") else "c.us"
        message = f"O número {phone} não existe."
        unknown = Reply(400, {"status": "Connected", "message": message})
        if phone not in self.people:
            return unknown
        taken = self._content(call, body)
        if isinstance(taken, Reply):
            return taken
        chat = f"{phone}@{server}"
        options = body.get("options", {})
        quoted = options.get("quotedMsg") or body.get("quotedMessageId") or ""
        # The reason of a fault in the page does not reach the response.
        fault = {
            "status": "Error",
            "message": "Erro ao enviar a mensagem.",
            "error": {},
        }
        if quoted and quoted not in self.sent and quoted not in self.received:
            return Reply(500, fault)
        # Voice notes take no options.
        given = options.get("messageId") if call != "send-voice-base64" else None
        if given and given.split("_")[1] != chat:
            return Reply(500, fault)
        message_id = given or f"true_{chat}_3EB0{new_number():016X}"
        if message_id not in self.sent:
            caption = _caption(call, body)
            self._accept(Delivered(phone, *taken, "", message_id, caption, quoted))
        if phone in self.flaky:
            return unknown
        response = {"status": "success", "response": [self.sent[message_id]]}
        return Reply(201, {**response, "mapper": "return", "session": self.session})

    def _accept(self, message: Delivered) -> None:
        """Delivers the message, and queues the events of its status."""
        self.sent[message.id] = {"id": message.id, "ack": 1, "body": message.text}
        self.deliver(message)
        for ack in (1, 2, 3):
            self.queue_event(self.ack(message.id, ack))

    def _content(
        self, call: str, body: dict[str, Any]
    ) -> tuple[str, str, bytes, str, str] | Reply:
        if call == "send-message":
            return "text", body["message"], b"", "", ""
        uri = body.get("base64Ptt" if call == "send-voice-base64" else "base64", "")
        match = re.fullmatch(r"data:([\w/.+-]+);base64,([A-Za-z0-9+/=]+)", uri)
        if not match:
            # It would be treated as an address or a path on the server's disk.
            return Reply(401, {"message": "Sending the file is mandatory"})
        kind = body.get("options", {}).get("type", "auto-detect")
        if call == "send-voice-base64":
            kind = "ptt"
        return kind, "", b64decode(match[2]), match[1], body.get("filename", "")

    def event(self, event: str, **fields: Any) -> dict[str, Any]:
        return {"event": event, "session": self.session, **fields}

    def ack(self, message_id: str, ack: int) -> dict[str, Any]:
        """Builds a receipt; its id is an object here."""
        chat = message_id.split("_")[1]
        name = {"fromMe": True, "remote": chat, "id": message_id.split("_")[2]}
        return self.event("onack", id={**name, "_serialized": message_id}, ack=ack)

    def inbound(self, jid: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Builds the webhook body of a customer's message."""
        fields = {
            "id": f"false_{jid}_3A{new_number():018X}",
            "from": jid,
            "to": "551140001111@c.us",
            "body": text,
            "type": "chat",
            "t": int(time.time()),
            "notifyName": "Maria Souza",
            "sender": {"id": jid, "pushname": "Maria Souza"},
            "fromMe": False,
            "isGroupMsg": False,
            "chatId": jid,
        }
        fields |= more
        self.received.add(str(fields["id"]))
        return self.event("onmessage", **fields)


def _caption(call: str, body: dict[str, Any]) -> str:
    """Returns the text shown below the file: its name if an empty caption was given."""
    if call != "send-file-base64" or "caption" not in body:
        return ""
    return str(body["caption"] or body.get("filename", ""))
