"""Simulated operators: a socket each; they claim, answer and close by the API."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from typing import TYPE_CHECKING, Any

import orjson
from company import CLAIMED, Operator
from http_client import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

if TYPE_CHECKING:
    from traffic import Day

ALSO = ["line", "note", "survey", "schedule"]
CSRF = "b" * 32
TOKEN = re.compile(r"#(\d+)")
# How long an operator thinks before he answers or claims, in seconds.
THINKS = (0.5, 2.0)


class Console:
    """An operator's socket, and his reactions to its events."""

    def __init__(self, day: Day, operator: Operator, us: Client) -> None:
        self.day, self.operator, self._us = day, operator, us
        self.headers = {
            "Cookie": f"{operator.cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }
        self.is_live = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Opens the socket, reconnecting if needed, and handles its events."""
        cursor, epoch = None, None
        while True:
            try:
                way = await self.call("POST", "socket", {})
                if way is None:
                    await asyncio.sleep(1)
                    continue
                async with connect(way["url"], compression=None, max_size=None) as line:
                    await _greet(line, way["ticket"], epoch, cursor)
                    async for text in line:
                        frame = orjson.loads(text)
                        cursor = frame.get("s", cursor)
                        epoch = frame.get("e") if frame["t"] == "hb" else epoch
                        self._hear(frame)
            except (OSError, WebSocketException) as error:
                self.day.failed(f"socket: {error!r}")
                await asyncio.sleep(1)

    async def call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Returns the response's data, or None for a refusal, which is counted."""
        text = json.dumps(body).encode()
        try:
            status, raw = await self._us.call(
                method, f"/api/{path}", text, self.headers
            )
        except (OSError, EOFError) as error:
            self.day.failed(f"{path}: {error!r}")
            return None
        if status == 200:
            return json.loads(raw)["data"]
        # Another operator was faster, which is not a failure.
        if status != 409:
            self.day.failed(f"{path}: {status} {raw[:200]!r}")
        return None

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "hb":
            self.is_live.set()
        if frame["t"] != "ev":
            return
        now = time.monotonic()
        for event in frame["e"]:
            row = event.get("row") or {}
            if event["k"] == "message":
                found = TOKEN.match(row.get("content", ""))
                if found:
                    self.day.shown(int(found[1]), now)
            elif event["k"] == "contact" and event["op"] in "IU":
                self._see(str(event["id"]), row)

    def _see(self, person: str, row: dict[str, Any]) -> None:
        if row.get("operatorId") == self.operator.id:
            self.day.given(person, self)
        elif (
            row.get("operatorId") == "0"
            and row.get("area") == CLAIMED
            and self.day.is_first(person)
        ):
            self._soon(self._claim(person))

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _claim(self, person: str) -> None:
        await asyncio.sleep(random.uniform(*THINKS))
        await self.call("PUT", "user/contact/operator/my", self._of(person))

    def answer(self, person: str, *, closes: bool) -> None:
        self._soon(self._answer(person, closes))

    async def _answer(self, person: str, closes: bool) -> None:
        await asyncio.sleep(random.uniform(*THINKS))
        text = self.day.asked()
        path = f"chat/message/send/operator/{self.operator.manager.port}"
        body = {
            "operatorId": self.operator.id,
            "contactNumber": int(person),
            "content2": f"{text} Certo, já vou verificar o seu pedido.",
        }
        await self.call("POST", path, body)
        if closes:
            await self.call("PUT", "chat/close", self._of(person))

    def _of(self, person: str) -> dict[str, Any]:
        number = self.operator.manager.number
        return {
            "number": number,
            "operatorId": self.operator.id,
            "contactId": int(person),
        }


async def _greet(
    line: ClientConnection, ticket: str, epoch: str | None, cursor: int | None
) -> None:
    hello = {"t": "hi", "ticket": ticket, "e": epoch, "c": cursor, "also": ALSO}
    await line.send(json.dumps(hello))
