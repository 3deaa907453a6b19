"""Reads a request's whole body before it occupies a Django thread.

Slow and chunked bodies use only a bounded part of memory and disk. A body over the
limit of its path is read and discarded, so that the client reads the response. Django
creates that response, since an unknown path or a wrong method is reported before the
size. The same applies to a large body of a sender without a valid credential.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import IO, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from hci_center.errors import RefusedError
from hci_center.webserver.body_pools import (
    FILE_BODY,
    FREE,
    KNOWN_AT_MOST,
    ON_DISK_AT_MOST,
    SMALL_BODY,
    UNKNOWN_AT_MOST,
    MiB,
    Pool,
    Request,
    TooManyBodiesError,
    cap,
)

# A body over its limit is discarded up to this size; then the connection is closed.
READ_AT_MOST = 128 * MiB
SECONDS = 15.0
# A known sender's body gets the extra time it needs at this rate, in bytes per second:
# many uplinks are slow, and on disk the body blocks nobody.
SLOWEST = 128 * 1024

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class TooLargeError(Exception):
    """The body is over the limit of its path."""


class ClientGoneError(Exception):
    """The client disconnected before its body was complete; it must not be used."""


class UnknownSenderError(Exception):
    """The sender of a large body has no valid credential: it is not read."""


class BodyTooSlowError(RefusedError):
    status, code = 408, "body_too_slow"
    sentence = _("The body of the request took too long to arrive.")


class Body:
    """A request body, from its first chunk until the request was answered."""

    def __init__(self, guard: BodyGuard, request: Request) -> None:
        self.guard, self.request = guard, request
        self.limit = cap(request.method, request.path)
        self.size = 0
        self.is_known = False
        # Whether the last chunk has arrived.
        self.has_ended = False
        self._pool: Pool | None = None
        self._counted = 0
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def is_large(self) -> bool:
        """Whether the body is on disk; Django loads it into memory as a whole."""
        return self._file is not None

    async def add(self, chunk: bytes) -> None:
        """Adds a chunk.

        Raises TooLargeError, UnknownSenderError or TooManyBodiesError.
        """
        size = self.size + len(chunk)
        if size > FREE:
            await self.expect(size)
            if size > SMALL_BODY and self.is_known and self._file is None:
                self._move_to_disk()
            self._count(size)
        self.size = size
        if self._file is None:
            self._chunks.append(chunk)
        else:
            self._write(chunk)

    async def expect(self, size: int) -> None:
        """Checks the size; raises TooLargeError or UnknownSenderError."""
        if size > self.limit:
            raise TooLargeError
        if self._pool is None:
            self.is_known = await self.request.is_known()
            self._pool = self.guard.known if self.is_known else self.guard.unknown
        if size > SMALL_BODY and self.limit == FILE_BODY and not self.is_known:
            raise UnknownSenderError

    def stream(self) -> IO[bytes]:
        """Returns the whole body as a file.

        Raises TooManyBodiesError if the disk is full.
        """
        if self._file is not None:
            try:
                self._file.seek(0)  # writes what is buffered
            except OSError as error:
                raise TooManyBodiesError from error
            return self._file
        chunks, self._chunks = self._chunks, []
        return io.BytesIO(chunks[0] if len(chunks) == 1 else b"".join(chunks))

    def release(self) -> None:
        """Frees the body's memory, its file and its share of the pools."""
        self._chunks.clear()
        if self._file is not None:
            # On a full disk closing cannot write the rest of the buffer; ignored.
            with suppress(OSError):
                self._file.close()
        self._count(0)

    def _move_to_disk(self) -> None:
        self._count(0)
        self._pool = self.guard.on_disk
        chunks, self._chunks = self._chunks, []
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `release`
        except OSError as error:
            raise TooManyBodiesError from error
        for chunk in chunks:
            self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        assert self._file is not None  # noqa: S101
        try:
            self._file.write(chunk)
        except OSError as error:
            raise TooManyBodiesError from error

    def _count(self, size: int) -> None:
        if self._pool is not None and size != self._counted:
            self._pool.take(self.request, size - self._counted)
            self._counted = size


class BodyGuard:
    """Reads the bodies of one process within the limits of path and pools."""

    seconds: ClassVar[float] = SECONDS

    def __init__(self) -> None:
        self.unknown = Pool(UNKNOWN_AT_MOST)
        self.known = Pool(KNOWN_AT_MOST)
        self.on_disk = Pool(ON_DISK_AT_MOST)

    async def read(self, receive: Receive, body: Body) -> None:
        """Reads the whole body; the caller must call `body.release` in any case.

        Raises TooLargeError, UnknownSenderError, ClientGoneError, BodyTooSlowError or
        TooManyBodiesError. A body refused for its size is read and discarded first.
        """
        refusal: Exception | None = None
        try:
            async with asyncio.timeout(self.seconds) as timeout:
                try:
                    await self._gather(receive, body, timeout)
                except (TooLargeError, UnknownSenderError) as error:
                    refusal = error
                    body.release()
                    if not body.request.waits and not body.has_ended:
                        loop = asyncio.get_running_loop()
                        timeout.reschedule(loop.time() + self.seconds)
                        await _discard(receive)
        except TimeoutError:
            if refusal is None:
                raise BodyTooSlowError from None
        if refusal is not None:
            raise refusal

    async def _gather(
        self, receive: Receive, body: Body, timeout: asyncio.Timeout
    ) -> None:
        declared = body.request.declared
        began = asyncio.get_running_loop().time()
        if declared is not None and declared > FREE:
            await body.expect(declared)
        while not body.has_ended and body.size != declared:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            body.has_ended = not message.get("more_body", False)
            await body.add(message.get("body", b""))
            if body.is_large:
                timeout.reschedule(began + self.seconds + body.size / SLOWEST)
        if declared is not None and body.size != declared:
            raise ClientGoneError


async def _discard(receive: Receive) -> None:
    """Discards the rest of the body, up to READ_AT_MOST bytes."""
    size = 0
    while size <= READ_AT_MOST:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
