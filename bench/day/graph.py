"""A fake WhatsApp Cloud API that accepts every message and reports its status."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from company import SECRET
from http_client import Client

# Seconds until a customer's phone has received a message, and until he has read it.
RECEIPTS = (("sent", 0.1), ("delivered", 0.6), ("read", 2.0))
PICTURE = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000000"
    "ffc40014100100000000000000000000000000000000ffda0008010100003f00d2cf20ffd9"
)  # fmt: skip


class Graph:
    """Receives the companies' messages and posts signed webhooks.

    `heard` is called with the text of each message that arrives; `numbers` are the
    companies' numbers by their ids.
    """

    def __init__(
        self,
        port: int,
        us: Client,
        heard: Callable[[str], None],
        numbers: dict[str, int],
    ) -> None:
        self.port, self._us, self._heard = port, us, heard
        self._shown = numbers
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self.received = self.posted = 0
        self.failures: list[str] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def post(self, phone: str, **value: Any) -> None:
        """Posts a webhook of that number; records refusals."""
        metadata = {"display_phone_number": phone, "phone_number_id": phone}
        whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        change = {"field": "messages", "value": whole}
        entry = {"id": "1", "changes": [change]}
        content = {"object": "whatsapp_business_account", "entry": [entry]}
        body = json.dumps(content).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
        self.posted += 1
        try:
            answer = await self._us.call("POST", "/webhooks/whatsapp", body, headers)
        except (OSError, EOFError) as error:
            self.failures.append(f"webhook: {error!r}")
            return
        if answer[0] != 200:
            self.failures.append(f"webhook: {answer[0]} {answer[1][:200]!r}")

    async def customer_writes(self, phone: str, person: str, **content: Any) -> None:
        """Posts a customer's message; `content` is a text, or an id of a picture."""
        message = {
            "from": person,
            "id": f"wamid.in{next(self._numbers)}.{time.time_ns()}",
            "timestamp": str(int(time.time())),
            **content,
        }
        contact = {"profile": {"name": f"Cliente {person[-4:]}"}, "wa_id": person}
        await self.post(phone, messages=[message], contacts=[contact])

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                body = await reader.readexactly(length)
                method, path = head.split(b" ", 2)[:2]
                kind, answer = self._answer(method.decode(), path.decode(), body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                    % (kind.encode(), len(answer))
                    + answer
                )
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    def _answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        node = path.split("?")[0].split("/")[2:]
        if path.startswith("/bytes/"):
            return "image/jpeg", PICTURE
        if method == "POST":
            data = self._accept(node[0], json.loads(body))
        elif node[0].startswith("media"):
            url = f"http://127.0.0.1:{self.port}/bytes/{node[0]}"
            data = {"url": url, "mime_type": "image/jpeg", "id": node[0]}
        else:
            number = f"+{self._shown.get(node[0], '')}"
            data = {"id": node[0], "display_phone_number": number}
        return "application/json", json.dumps(data).encode()

    def _accept(self, phone: str, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("type") == "text":
            self._heard(body["text"]["body"])
        self.received += 1
        wamid = f"wamid.{next(self._numbers)}.{time.time_ns()}"
        person = str(body.get("to", ""))
        uuid = body.get("biz_opaque_callback_data", "")
        task = asyncio.create_task(self._report(phone, person, wamid, uuid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        contact = {"input": person, "wa_id": person}
        whole = {"messaging_product": "whatsapp", "contacts": [contact]}
        return {**whole, "messages": [{"id": wamid}]}

    async def _report(self, phone: str, person: str, wamid: str, uuid: str) -> None:
        begun = time.monotonic()
        for status, after in RECEIPTS:
            await asyncio.sleep(begun + after - time.monotonic())
            receipt = {
                "id": wamid,
                "status": status,
                "timestamp": str(int(time.time())),
                "recipient_id": person,
                "biz_opaque_callback_data": uuid,
            }
            await self.post(phone, statuses=[receipt])
