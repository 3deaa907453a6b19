"""A fake receiver of webhooks that records requests and answers as configured."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.feed.processes import PATIENCE, wait_until


class Received(NamedTuple):
    """A POST, with lower-case header names and the raw body."""

    headers: dict[str, str]
    raw: bytes
    status: int

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.raw)
        return body

    def is_signed_by(self, secret: str) -> bool:
        """Verifies the signature as documented for receivers."""
        signed = b".".join(
            (
                self.headers["webhook-id"].encode(),
                self.headers["webhook-timestamp"].encode(),
                self.raw,
            )
        )
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        given = self.headers["webhook-signature"].split(" ")
        return f"v1,{expected.decode()}" in given


class Receiver:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.peers: set[Any] = set()
        self.status = 200
        self.location = ""
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.most_at_once = self.at_once = 0
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.handle(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.peers.add(request.client_address)
            self.received.append(Received(headers, body, self.status))
        self.may_answer.wait(PATIENCE)
        with self._lock:
            self.at_once -= 1
        try:
            request.send_response(self.status)
            if self.location:
                request.send_header("Location", self.location)
            request.send_header("Content-Length", "0")
            request.end_headers()
        except OSError:
            request.close_connection = True

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events of the POSTs that were answered with 200, in their order."""
        return [
            event
            for post in list(self.received)
            if post.status == 200
            for event in post.body.get("e", [])
        ]

    @property
    def resets(self) -> list[Received]:
        return [post for post in list(self.received) if "reset" in post.body]

    def await_posts(self, count: int) -> None:
        wait_until(lambda: len(self.received) >= count)

    def await_event(self, is_last: Any) -> list[dict[str, Any]]:
        """Returns the events up to the first for which `is_last` is true, with it."""
        wait_until(lambda: any(is_last(event) for event in self.events))
        events = self.events
        place = next(n for n, event in enumerate(events) if is_last(event))
        return events[: place + 1]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
