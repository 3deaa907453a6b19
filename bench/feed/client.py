"""A cheap websocket client: a thousand of them share one process."""

from __future__ import annotations

import asyncio
import base64
import os
from typing import TYPE_CHECKING, Any

from counting import Hearing

if TYPE_CHECKING:
    from load import Load


class Peer(asyncio.Protocol):
    """One socket; with `is_socketio` it uses Engine.IO 4."""

    def __init__(self, load: Load, number: int) -> None:
        self.load, self.number = load, number
        self.received = b""
        self.is_open = self.is_gone = False
        # Whether the handshake is over and texts of the server follow.
        self.hears = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hearing = Hearing(load.nothing)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.load.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.load.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.is_gone = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed"))

    def send(self, payload: bytes, opcode: int = 1) -> None:
        size = len(payload)
        head = bytes((0x80 | opcode, 0x80 | size))
        if size >= 126:
            head = bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + payload)

    def ready(self) -> None:
        self.hears = True
        if not self.opened.done():
            self.opened.set_result(None)

    def data_received(self, data: bytes) -> None:
        if (
            self.hears
            and not self.received
            and data[:2] == b"\x81\x7e"
            and len(data) == 4 + int.from_bytes(data[2:4], "big")
        ):
            # Nearly always one complete frame with an event.
            self.hearing.take(self.load.run, data[4:])
            return
        data = self.received + data if self.received else data
        if not self.is_open:
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self.received = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.transport.close()
                return
            self.is_open, data = True, rest
            if self.load.hello is not None:
                text = self.load.hello(
                    self.number, self.hearing.epoch, self.hearing.cursor
                )
                self.send(text.encode())
            elif not self.load.is_socketio:
                self.ready()
        self.received = self.frames(data)

    def frames(self, data: bytes) -> bytes:
        """Handles the complete frames; returns the rest of the data."""
        place, end = 0, len(data)
        while end - place >= 2:
            size, start = data[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if end < start + size:
                break
            self.frame(data[place] & 15, data[start : start + size])
            place = start + size
        return data[place:]

    def frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.send(payload, 10)
        elif opcode == 1 and self.load.is_socketio and payload[:1] in (b"0", b"2"):
            self.send(b"40" if payload[:1] == b"0" else b"3")
        elif opcode == 1:
            self.hearing.take(self.load.run, payload)
            self.ready()
