"""A client of the feed as a program would write it, one frame at a time."""

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
    ) -> Self:
        self.cursor, self.epoch = cursor, epoch
        said = {"t": "hi", "e": epoch, "c": cursor}
        self.send(said if ticket is None else {**said, "ticket": ticket})
        return self

    def next(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next frame that is no heartbeat after the first."""
        frame: dict[str, Any] = json.loads(self._socket.recv(timeout=patience))
        self.cursor = frame.get("s", self.cursor)
        self.epoch = frame.get("e", self.epoch) if frame["t"] != "ev" else self.epoch
        return frame

    def caught_up(self) -> list[dict[str, Any]]:
        """The frames before the first heartbeat."""
        frames = []
        while (frame := self.next())["t"] != "hb":
            frames.append(frame)
        return frames

    def next_event(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The only event of the next frame that has any."""
        while (frame := self.next(patience))["t"] != "ev":
            pass
        [event] = frame["e"]
        return dict(event)

    def events_until(self, is_last: Any) -> list[dict[str, Any]]:
        """The events up to the one that `is_last` knows, which is left out."""
        events: list[dict[str, Any]] = []
        while True:
            frame = self.next()
            for event in frame.get("e", []) if frame["t"] == "ev" else []:
                if is_last(event):
                    return events
                events.append(event)

    def reset(self) -> dict[str, Any]:
        """The next reset; what comes before it is void."""
        while (frame := self.next())["t"] != "reset":
            pass
        return frame

    def drain(self) -> tuple[list[dict[str, Any]], int | None]:
        """The events that still come, and the code at their end."""
        events: list[dict[str, Any]] = []
        try:
            while True:
                frame = self.next()
                events += frame["e"] if frame["t"] == "ev" else []
        except ConnectionClosed as end:
            return events, end.rcvd.code if end.rcvd else None

    def closed(self) -> int | None:
        """The code with which the server hangs up."""
        try:
            while True:
                self._socket.recv(timeout=PATIENCE)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def first_or_closed(self) -> Any:
        """The kind of the first frame, or the code if there is none."""
        try:
            return self.next()["t"]
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def drop(self) -> None:
        """The line breaks: nobody says goodbye."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()
