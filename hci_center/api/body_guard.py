"""Takes in a request's whole body before a thread of Django is taken for it.

However slowly it trickles, in however many chunks: only memory waits, and that is
bounded too. A body over the cap of its path is read on and thrown away, so that the
client lives to read the answer; that one is Django's, since an unknown path or a
wrong method is refused before a large body.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from hci_center.errors import RefusedError

MiB = 2**20
SMALL_BODY = 2 * MiB
FILE_BODY = 40 * MiB
# A body over its cap is thrown away up to here; then the connection is closed.
READ_AT_MOST = 128 * MiB
# What all the bodies that wait and run may hold of memory together.
HELD_AT_MOST = 512 * MiB
SECONDS = 15.0

_TAKES_FILES = re.compile(
    r"/api/chat/message/send(/operator/file/[^/]+)?/?|/admin/.*|/webhooks/.*", re.DOTALL
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class TooLargeError(Exception):
    """The body is over the cap of its path."""


class ClientGoneError(Exception):
    """The client left before its body was complete: nothing of it may be used."""


class BodyTooSlowError(RefusedError):
    status, code = 408, "body_too_slow"
    sentence = _("The body of the request took too long to arrive.")


class TooManyBodiesError(RefusedError):
    status, code = 503, "unavailable"
    sentence = _("Too much is being sent at once. Please try again in a moment.")
    retry_after = 1


def cap(method: str, path: str) -> int:
    """How many bytes a body may have at this path, decoded and without its query."""
    if method == "POST" and _TAKES_FILES.fullmatch(path):
        return FILE_BODY
    return SMALL_BODY


class BodyGuard:
    """The bodies of one process: each within its cap, all within their sum."""

    seconds: ClassVar[float] = SECONDS

    def __init__(self) -> None:
        self.held = 0

    async def read(
        self, receive: Receive, limit: int, declared: int | None, *, waits: bool
    ) -> bytes:
        """The whole body; whoever gets it calls `release` when it is done with.

        `declared` is the Content-Length, None for a chunked body. A client that
        `waits` (Expect: 100-continue) with too large a body is not told to send it.
        Raises TooLargeError, ClientGoneError, BodyTooSlowError or
        TooManyBodiesError.
        """
        large = declared is not None and declared > limit
        if large and waits:
            raise TooLargeError
        try:
            async with asyncio.timeout(self.seconds):
                if not large:
                    body = await self._gather(receive, limit, declared)
                    if body is not None:
                        return body
                    large = True
                await _throw_away(receive)
        except TimeoutError:
            if not large:
                raise BodyTooSlowError from None
        raise TooLargeError

    async def _gather(
        self, receive: Receive, limit: int, declared: int | None
    ) -> bytes | None:
        """The whole body, or None once it is over its limit."""
        chunks: list[bytes] = []
        size, whole = 0, False
        try:
            while size != declared:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientGoneError
                chunk = message.get("body", b"")
                size += len(chunk)
                self.held += len(chunk)
                if size > limit:
                    return None
                if self.held > HELD_AT_MOST:
                    raise TooManyBodiesError
                chunks.append(chunk)
                if not message.get("more_body", False):
                    break
            if declared is not None and size != declared:
                raise ClientGoneError
            whole = True
        finally:
            if not whole:
                self.held -= size
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def release(self, body: bytes) -> None:
        """The body is done with: its bytes are free for others."""
        self.held -= len(body)


async def _throw_away(receive: Receive) -> None:
    """Reads to the end of the body, or until it is not worth reading on."""
    size = 0
    while size <= READ_AT_MOST:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
