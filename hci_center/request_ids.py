"""The id of a request in logs, in the audit and in its response (X-Request-Id)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

HEADER = b"x-request-id"
# The key in the WSGI environ.
KEY = "hci.request_id"
LONGEST = 64

# No characters that could break a log line or a header.
_VALID = re.compile(rb"[A-Za-z0-9._-]{1,%d}" % LONGEST)


def new_id() -> str:
    return os.urandom(8).hex()


def id_for(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Returns the id sent by the client or a proxy, if valid; else a new one."""
    for name, value in headers:
        if name == HEADER:
            return value.decode("ascii") if _VALID.fullmatch(value) else new_id()
    return new_id()
