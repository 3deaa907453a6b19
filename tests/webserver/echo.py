"""A WSGI application that echoes each request, served as Django is."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time

import django

from hci_center.listening import listen, listening_socket
from hci_center.webserver import server, wsgi_bridge
from hci_center.webserver.body_reader import BodyGuard
from hci_center.webserver.http_protocol import BoundedHttp

PATIENCE = 3.0
HEADER_PATIENCE = 1.5
BIG = 1_600_000
STREAMED = 3_000_000


def tell(line):
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Streamed:
    streaming = True

    def __init__(self):
        self.closed = False

    def __iter__(self):
        yield b"x" * STREAMED

    def close(self):
        tell("closed")


class Broken(Streamed):
    def __iter__(self):
        yield b"x"
        raise OSError("the disk is gone")


class File(io.BytesIO):
    def close(self):
        tell("closed")
        super().close()


def application(environ, start_response):
    path = environ["PATH_INFO"]
    tell(path)
    if path in ("/slow", "/readyz"):
        time.sleep(2)
    headers = [("Content-Type", "application/json")]
    if path == "/streamed":
        start_response("200 OK", headers)
        return Streamed()
    if path == "/broken":
        start_response("200 OK", headers)
        return Broken()
    if path == "/file":
        start_response("200 OK", [*headers, ("Content-Length", str(STREAMED))])
        return environ["wsgi.file_wrapper"](File(b"x" * STREAMED))
    if path == "/big":
        start_response("200 OK", headers)
        return [b"x" * BIG]
    body = environ["wsgi.input"].read()
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["length"] = len(body)
    told["digest"] = hashlib.sha256(body).hexdigest()
    told["too_large"] = environ.get("hci.body_too_large", False)
    start_response("200 OK", headers)
    return [json.dumps(told).encode()]


if __name__ == "__main__":
    django.setup()
    BodyGuard.seconds, BoundedHttp.header_seconds = PATIENCE, HEADER_PATIENCE
    if len(sys.argv) > 2:
        wsgi_bridge.Waiting.longest = float(sys.argv[2])
    if len(sys.argv) > 3:
        server.STOP_SECONDS = int(sys.argv[3])
    # There is no database, so every key is accepted.
    wsgi_bridge.is_known_sender = lambda environ: "HTTP_X_API_KEY" in environ
    # A port, or the file descriptor of a socket kept open by another process.
    is_passed, number = sys.argv[1].startswith("fd="), int(sys.argv[1].strip("fd="))
    listening = (
        listening_socket("", 0, number) if is_passed else listen("127.0.0.1", number)
    )
    server.serve(application, listening, threads=2)
