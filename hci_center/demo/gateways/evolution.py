"""A fake Evolution API v2 with one instance."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from typing import Any

from hci_center.demo.gateways.graph import new_number
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply
from hci_center.demo.gateways.server import FakeServer

# The types known to its library: `false` is the type of all others.
KNOWN_EXTENSIONS = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "3gp": "video/3gpp",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "zip": "application/zip",
    "bin": "application/octet-stream",
    "doc": "application/msword",
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    # From a table that is older than the types' current names.
    "aac": "audio/x-aac",
    "heic": "image/heic",
    "avif": "image/avif",
}
# The field that contains the file in each call.
FIELDS = {"sendMedia": "media", "sendSticker": "sticker", "sendWhatsAppAudio": "audio"}
# Wrappers that it removes from a message before it looks for a file.
UNWRAPPED = (
    "ephemeralMessage",
    "documentWithCaptionMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
)
WITH_FILES = {
    "imageMessage",
    "documentMessage",
    "audioMessage",
    "videoMessage",
    "stickerMessage",
    "ptvMessage",
}


def _bad(message: Any, status: int = 400, error: str = "Bad Request") -> Reply:
    response = {"message": message if isinstance(message, list) else [message]}
    return Reply(status, {"status": status, "error": error, "response": response})


class FakeEvolution(FakeServer):
    """`people` are the numbers on WhatsApp; `state` is the gateway session's."""

    def __init__(self, port: int = 0, *, instance: str, key: str) -> None:
        self.instance, self.key = instance, key
        self.people: set[str] = set()
        self.lids: dict[str, str] = {}
        self.state = "open"
        # The number of connections started.
        self.connections = 0
        # Files that it can download, by message id, and the messages that it has
        # stored.
        self.media: dict[str, tuple[str, str]] = {}
        self.kept: dict[str, dict[str, Any]] = {}
        # By the digits of the person.
        self.pictures: dict[str, bytes] = {}
        super().__init__(port)

    def is_send(self, request: Recorded) -> bool:
        return request.path.startswith("/message/")

    def answer(self, request: Recorded) -> Reply:
        if request.path.startswith("/pictures/"):
            return Reply(200, self.pictures[request.path.rpartition("/")[2]])
        if request.headers.get("apikey") != self.key:
            return _bad("Unauthorized", 401, "Unauthorized")
        parts = request.path.strip("/").split("/")
        if parts[-1] != self.instance:
            message = f'The "{parts[-1]}" instance does not exist'
            return _bad(message, 404, "Not Found")
        if parts[0] == "message":
            return self._message(parts[1], request.json())
        if parts[:2] == ["instance", "connectionState"]:
            return self._state()
        if parts[:2] == ["instance", "connect"]:
            return self._connect()
        if parts[:2] == ["chat", "fetchProfilePictureUrl"]:
            person = str(request.json()["number"]).partition("@")[0]
            link = f"{self.url}/pictures/{person}" if person in self.pictures else None
            wuid = f"{person}@s.whatsapp.net"
            return Reply(200, {"wuid": wuid, "profilePictureUrl": link})
        if parts[:2] == ["chat", "getBase64FromMediaMessage"]:
            return self._download(request.json()["message"])
        return _bad("Cannot find the path", 404, "Not Found")

    def _state(self) -> Reply:
        instance = {"instanceName": self.instance, "state": self.state}
        return Reply(200, {"instance": instance})

    def _connect(self) -> Reply:
        """Starts a connection if there is none, and returns its QR code."""
        if self.state == "open":
            return self._state()
        if self.state == "close":
            self.connections += 1
            self.state = "connecting"
        return Reply(200, {"pairingCode": None, "code": "2@qr-of-evolution"})

    def _download(self, asked: dict[str, Any]) -> Reply:
        """Downloads by the message in the request, else by that stored under its id."""
        name = asked["key"]["id"]
        message = asked.get("message") or self.kept.get(name)
        if message is None or name not in self.media:
            return _bad("Message not found")
        for wrapper in UNWRAPPED:
            message = message.get(wrapper, {}).get("message") or message
        if not WITH_FILES & message.keys():
            return _bad("The message is not of the media type")
        encoded, mime = self.media[name]
        file_name = f"{name}.{mime.rpartition('/')[2]}"
        body = {"base64": encoded, "mimetype": mime, "fileName": file_name}
        return Reply(201, body)

    def _message(self, method: str, body: dict[str, Any]) -> Reply:
        if "delay" in body:
            raise AssertionError("a delay holds the request open")
        number = str(body.get("number", ""))
        user = number.partition("@")[0]
        if self.state != "open":
            return _bad("Error: Connection Closed")
        if not number:
            return _bad(['instance requires property "number"'])
        person = self.lids.get(number, user)
        if person not in self.people:
            jid = f"{user}@s.whatsapp.net"
            return _bad([{"jid": jid, "exists": False, "number": number}])
        taken = self._content(method, body)
        if isinstance(taken, Reply):
            return taken
        kind, text, content, mime, name = taken
        key = f"3EB0{new_number():016X}"
        # A voice note never quotes, nor is an unknown message quoted.
        quoted = body.get("quoted", {}).get("key", {}).get("id", "")
        if method == "sendWhatsAppAudio" or quoted not in self.kept:
            quoted = ""
        caption = body.get("caption", "")
        self.deliver(
            Delivered(person, kind, text, content, mime, name, "", key, caption, quoted)
        )
        message = self._sent(person, key, text)
        self.kept[key] = message["message"]
        self.queue_event(self.event("send.message", message))
        for status in ("SERVER_ACK", "DELIVERY_ACK", "READ"):
            self.queue_event(
                self.event("messages.update", self.update(person, key, status))
            )
        return Reply(201, message)

    def _content(
        self, method: str, body: dict[str, Any]
    ) -> tuple[str, str, bytes, str, str] | Reply:
        if method == "sendText":
            if not body.get("text"):
                return _bad(['instance requires property "text"'])
            return "text", body["text"], b"", "", ""
        encoded = body.get(FIELDS[method], "")
        if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", encoded):
            return _bad("Owned media must be a url or base64")
        content = b64decode(encoded)
        if method == "sendWhatsAppAudio":
            return "ptt", "", content, "audio/ogg; codecs=opus", ""
        if method == "sendSticker":
            return "sticker", "", content, "image/webp", ""
        name = body.get("fileName", "")
        if body["mediatype"] == "document" and not name:
            return _bad("For base64 the file name must be informed.")
        # Computed from the extension; an unknown one gives `false`.
        mime = KNOWN_EXTENSIONS.get(name.rpartition(".")[2], "false")
        return body["mediatype"], "", content, mime, name

    def event(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Builds a webhook body, which contains the key."""
        return {
            "event": event,
            "instance": self.instance,
            "data": data,
            "destination": self.webhook,
            "date_time": "2026-11-22T10:00:00.000Z",
            "server_url": self.url,
            "apikey": self.key,
        }

    def _sent(self, person: str, key: str, text: str) -> dict[str, Any]:
        return {
            "key": {"remoteJid": f"{person}@s.whatsapp.net", "fromMe": True, "id": key},
            "pushName": "Você",
            "status": "PENDING",
            "message": {"conversation": text} if text else {"imageMessage": {}},
            "messageType": "conversation" if text else "imageMessage",
            "messageTimestamp": int(time.time()),
            "instanceId": "b2c0",
            "source": "unknown",
        }

    def update(self, person: str, key: str, status: str) -> dict[str, Any]:
        return {
            "keyId": key,
            "remoteJid": f"{person}@s.whatsapp.net",
            "fromMe": True,
            "status": status,
            "messageId": f"row{new_number()}",
            "instanceId": "b2c0",
        }

    def inbound(self, jid: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Builds the webhook body of a customer's message; `more` extends its data."""
        data: dict[str, Any] = {
            "key": {
                "remoteJid": jid,
                "fromMe": False,
                "id": f"3A{new_number():018X}",
                **more.pop("key", {}),
            },
            "pushName": "Maria Souza",
            "message": {"conversation": text},
            "messageType": "conversation",
            "messageTimestamp": int(time.time()),
        } | more
        self.kept[data["key"]["id"]] = data["message"]
        return self.event("messages.upsert", data)
