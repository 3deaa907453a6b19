"""The HTTP server of every fake."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, Self

import requests

from hci_center.demo.gateways.faults import Fault
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply


class _Dropped(Exception):  # noqa: N818 - no error: the connection is to be dropped
    """The connection is closed without a further response."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    fake: FakeServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that disconnect: the tests provoke that."""


class FakeServer:
    """Records requests, plays scripted faults, and answers as its gateway does.

    A subclass processes requests in `answer`, and appends what a phone would show to
    `delivered`. `faults` are played one per send, None for no fault; `fault_for`
    decides instead if it is set.
    """

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Recorded] = []
        self.delivered: list[Delivered] = []
        self.faults: deque[Fault | None] = deque()
        self.fault_for: Callable[[Recorded], Fault | None] | None = None
        self.released = threading.Event()
        # Queued webhook events in order, their address and their signature.
        self.webhook = ""
        self.events: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self.port = port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Starts serving, on a random port unless one was given."""
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        thread.start()
        return self

    def stop(self) -> None:
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def is_send(self, request: Recorded) -> bool:
        """Returns whether a request would put something on a phone."""
        raise NotImplementedError

    def answer(self, request: Recorded) -> Reply:
        """Processes the request and returns the response of the real server."""
        raise NotImplementedError

    def headers_of(self, body: bytes) -> dict[str, str]:
        """Returns the headers of a webhook's body."""
        return {}

    def deliver(self, delivered: Delivered) -> None:
        with self._lock:
            self.delivered.append(delivered)

    def queue_event(self, *events: dict[str, Any]) -> None:
        """Queues events for `post_back`."""
        with self._lock:
            self.events.extend(events)

    def post_back(self, *, doubled: bool = False, reverse: bool = False) -> list[int]:
        """Posts the queued events, and returns the response statuses."""
        with self._lock:
            events, self.events = self.events, []
        if reverse:
            events.reverse()
        return [self.post(item) for item in events for _ in range(2 if doubled else 1)]

    def post(self, event: dict[str, Any]) -> int:
        """Posts one webhook, signed like the real one."""
        # Escaped like Meta's: signing anything but these bytes breaks the hash.
        body = json.dumps(event, ensure_ascii=True).encode()
        headers = {"Content-Type": "application/json", **self.headers_of(body)}
        answer = requests.post(self.webhook, body, headers=headers, timeout=10)
        return answer.status_code

    def next_fault(self, request: Recorded) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            if not self.is_send(request):
                return None
            if self.fault_for is not None:
                return self.fault_for(request)
            return self.faults.popleft() if self.faults else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeServer

    def log_message(self, *_: Any) -> None:
        """Does nothing: requests are recorded, not logged, as they contain tokens."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Recorded(self.command, self.path, headers, body)
        fault = self.fake.next_fault(request)
        try:
            self._answer(request, fault)
        except (_Dropped, OSError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _answer(self, request: Recorded, fault: Fault | None) -> None:
        if fault is None:
            self._send(self.fake.answer(request))
            return
        if fault.kind == "hang":
            self.fake.released.wait(fault.seconds)
            self._drop()
        if fault.kind == "cut":
            self._drop()
        if fault.kind in ("reply", "redirect"):
            self._send(Reply(fault.status, fault.body), fault.headers)
            return
        reply = self.fake.answer(request)
        if fault.kind == "delay":
            sleep(fault.seconds)
            self._send(reply)
        elif fault.kind == "cut_after":
            self._drop()
        elif fault.kind == "drip":
            self._drip(fault.seconds)
        elif fault.kind == "flood":
            self._flood()
        else:
            self._send(Reply(fault.status, fault.body), fault.headers)

    def _drop(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        raise _Dropped

    def _send(self, reply: Reply, headers: dict[str, str] | None = None) -> None:
        body = reply.body
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(reply.status)
        for name, value in (headers or {}).items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, seconds: float) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000:
            if self.fake.released.wait(min(0.1, seconds)):
                break
            self.wfile.write(bytes([byte]))
        self._drop()

    def _flood(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10 * 2**30))
        self.end_headers()
        while not self.fake.released.is_set():
            self.wfile.write(b" " * 2**16)
