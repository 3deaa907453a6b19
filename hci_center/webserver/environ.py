"""Converts an ASGI scope to a WSGI environ."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from hci_center import path_keys
from hci_center.webserver.body_reader import Scope

Environ = dict[str, Any]

PIECE = 256 * 1024
# Longer header names are not real ones and are not cached.
LONGEST_KEPT = 64


class FileAnswer:
    """The `wsgi.file_wrapper`: a file that the event loop sends without a thread."""

    def __init__(self, file: IO[bytes], block_size: int = PIECE) -> None:
        self.read = file.read
        self.close = file.close


_BASE: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    "wsgi.file_wrapper": FileAnswer,
}


def environ_of(scope: Scope) -> Environ:
    """Returns the WSGI environ of an ASGI scope, without the body."""
    environ = _BASE.copy()
    raw_path: bytes = scope["raw_path"]
    environ["REQUEST_METHOD"] = scope["method"]
    environ["PATH_INFO"] = unquote_to_bytes(raw_path).decode("latin-1")
    path_keys.take_out(environ)
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["wsgi.url_scheme"] = scope["scheme"]
    environ["SERVER_NAME"], environ["SERVER_PORT"] = map(str, scope["server"])
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = map(str, scope["client"])
    name: bytes
    value: bytes
    for name, value in scope["headers"]:
        key = _key(name) if len(name) <= LONGEST_KEPT else _key_of(name)
        if key is None or (key == "HTTP_HOST" and not value):
            continue
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ.pop("CONTENT_LENGTH", None)
    return environ


def _key_of(name: bytes) -> str | None:
    """Returns a header's key in the environ; None for a name with an underscore.

    In the environ it would equal the name with a hyphen, which only a proxy may set.
    """
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


_key = lru_cache(maxsize=512)(_key_of)
