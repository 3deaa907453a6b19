"""A simple client of the feed, which reads one frame at a time."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 20.0


class Socket:
    def __init__(self, url: str, **options: Any) -> None:
        self._socket = connect(
            url, compression=None, max_size=None, legacy=True, **options
        )
        self.cursor: int | None = None
        self.epoch: str | None = None

    def send(self, frame: Any) -> None:
        text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        self._socket.send(text)

    def hi(
        self,
        ticket: str | None = None,
        cursor: int | None = None,
        epoch: str | None = None,
        **more: Any,
    ) -> Self:
        self.cursor, self.epoch = cursor, epoch
        hello = {"t": "hi", "e": epoch, "c": cursor, **more}
        self.send(hello if ticket is None else {**hello, "ticket": ticket})
        return self

    def next(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Returns the next frame and updates cursor and epoch."""
        frame: dict[str, Any] = json.loads(self._socket.recv(timeout=patience))
        self.cursor = frame.get("s", self.cursor)
        self.epoch = frame.get("e", self.epoch) if frame["t"] != "ev" else self.epoch
        return frame

    def caught_up(self) -> list[dict[str, Any]]:
        """Returns the frames before the first heartbeat."""
        frames = []
        while (frame := self.next())["t"] != "hb":
            frames.append(frame)
        return frames

    def next_event(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Returns the only event of the next `ev` frame."""
        while (frame := self.next(patience))["t"] != "ev":
            pass
        [event] = frame["e"]
        return dict(event)

    def events_until(self, is_last: Any) -> list[dict[str, Any]]:
        """Returns the events before the first for which `is_last` is true."""
        events: list[dict[str, Any]] = []
        while True:
            frame = self.next()
            for event in frame.get("e", []) if frame["t"] == "ev" else []:
                if is_last(event):
                    return events
                events.append(event)

    def reset(self) -> dict[str, Any]:
        """Returns the next reset and discards the frames before it."""
        while (frame := self.next())["t"] != "reset":
            pass
        return frame

    def drain(self) -> tuple[list[dict[str, Any]], int | None]:
        """Returns the remaining events and the close code."""
        events: list[dict[str, Any]] = []
        try:
            while True:
                frame = self.next()
                events += frame["e"] if frame["t"] == "ev" else []
        except ConnectionClosed as end:
            return events, end.rcvd.code if end.rcvd else None

    def closed(self) -> int | None:
        """Discards all frames and returns the close code."""
        try:
            while True:
                self._socket.recv(timeout=PATIENCE)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def first_or_closed(self) -> Any:
        """Returns the kind of the next frame, or the close code."""
        try:
            return self.next()["t"]
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def drop(self) -> None:
        """Breaks the connection without a close frame."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()
