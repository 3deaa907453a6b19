"""Serves a process's metrics on a separate port.

For processes without another HTTP server. Metrics never stop the process: a port that
is in use is logged once.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings

from hci_center.hosts import in_address
from hci_center.metrics.access import CONTENT_TYPE, refusal

logger = logging.getLogger(__name__)


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    report: Callable[[], bytes]

    def do_GET(self) -> None:
        if self.path.partition("?")[0].rstrip("/") != "/metrics":
            self._answer(404, b"There is nothing here but /metrics.\n")
            return
        refused = refusal(self.headers.get("Authorization"))
        if refused is not None:
            self._answer(*refused)
            return
        try:
            text = type(self).report()
        except Exception:
            logger.exception("The metrics could not be read")
            self._answer(500, b"The metrics could not be read.\n")
            return
        self._answer(200, text, CONTENT_TYPE)

    def _answer(
        self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8"
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "hci"

    def log_message(self, *_arguments: Any) -> None:
        """Does nothing: scrapes every few seconds are not logged."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _ServerIPv6(_Server):
    """The same for IPv6 addresses.

    On `::` a system setting decides whether IPv4 is served too.
    """

    address_family = socket.AF_INET6


def _server_of(host: str) -> type[_Server]:
    return _ServerIPv6 if ":" in host else _Server


def serve_metrics(port: int, report: Callable[[], bytes]) -> ThreadingHTTPServer | None:
    """Serves metrics in threads until the process ends; None if they are off."""
    if not settings.METRICS_KEY:
        return None
    handler = type("Handler", (_Handler,), {"report": staticmethod(report)})
    try:
        server = _server_of(settings.METRICS_HOST)(
            (settings.METRICS_HOST, port), handler
        )
    except OSError as error:
        place = f"{in_address(settings.METRICS_HOST)}:{port}"
        logger.warning("No metrics on %s: %s", place, error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
