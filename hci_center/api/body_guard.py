"""Takes in a request's whole body before a thread of Django is taken for it.

However slowly it trickles, in however many chunks: only memory waits, and that is
bounded too. A body over the cap of its path is read on and thrown away, so that the
client lives to read the answer; that one is Django's, since an unknown path or a
wrong method is refused before a large body. So is one of a sender that has shown no
valid credential, wherever more than a small body is taken.
"""

from __future__ import annotations

import asyncio
import ctypes
import re
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from hci_center.errors import RefusedError

MiB = 2**20
SMALL_BODY = 2 * MiB
META_BODY = 4 * MiB
FILE_BODY = 40 * MiB
# A body over its cap is thrown away up to here; then the connection is closed.
READ_AT_MOST = 128 * MiB
SECONDS = 15.0

# What bodies may hold of memory together. The beginning of each is free, which the
# number of connections bounds. Beyond it a body counts to those whose sender has shown
# a valid credential, or to those of everybody else.
FREE = 64 * 1024
KNOWN_AT_MOST = 384 * MiB
UNKNOWN_AT_MOST = 48 * MiB
# The most of either that one address, and one part of the site, may hold.
ADDRESS_SHARE = 0.5
PART_SHARE = 0.75

_TAKES_FILES = re.compile(
    r"/api/chat/message/send(/operator/file/[^/]+)?/?|/admin/.*"
    r"|/webhooks/(evolution|wppconnect)/.*",
    re.DOTALL,
)
_META = re.compile(r"/webhooks/(facebook|whatsapp)/?")

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


class UnknownSenderError(Exception):
    """A large body of a sender without a valid credential: it is not read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the guard must know of a request: where its body comes from and goes to.

    `declared` is the Content-Length, None for a chunked body; a client that `waits`
    has sent Expect: 100-continue. `is_known` asks whether the credential that the
    request carries is valid.
    """

    method: str
    path: str
    address: str
    declared: int | None
    waits: bool
    is_known: Callable[[], Awaitable[bool]]

    @property
    def part(self) -> str:
        """The part of the site: `api`, `admin`, `webhooks` or another."""
        return self.path.split("/", 2)[1]


def cap(method: str, path: str) -> int:
    """How many bytes a body may have at this path, decoded and without its query."""
    if method == "POST" and _TAKES_FILES.fullmatch(path):
        return FILE_BODY
    return META_BODY if method == "POST" and _META.fullmatch(path) else SMALL_BODY


class Pool:
    """Bytes that bodies of one kind hold, in all, by address and by part."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held: Counter[str] = Counter()

    def take(self, request: Request, size: int) -> None:
        """Raises TooManyBodiesError when that would be too much; takes nothing then."""
        for name, share in self._shares(request):
            if self.held[name] + size > self.most * share:
                raise TooManyBodiesError
        for name, _share in self._shares(request):
            self.held[name] += size

    def give_back(self, request: Request, size: int) -> None:
        for name, _share in self._shares(request):
            self.held[name] -= size
            if not self.held[name]:
                del self.held[name]

    @staticmethod
    def _shares(request: Request) -> tuple[tuple[str, float], ...]:
        return (
            ("", 1.0),
            (f"address {request.address}", ADDRESS_SHARE),
            (f"part {request.part}", PART_SHARE),
        )


class Body:
    """A body while it is taken in, and until its request has been answered."""

    def __init__(self, guard: BodyGuard, request: Request) -> None:
        self.guard, self.request = guard, request
        self.pool: Pool | None = None
        self.counted = 0
        self.chunks: list[bytes] = []
        self.size = 0
        self.limit = cap(request.method, request.path)

    async def add(self, chunk: bytes) -> None:
        """Raises TooLargeError, UnknownSenderError and TooManyBodiesError."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise TooLargeError
        if self.size > FREE:
            if self.pool is None:
                await self.choose_pool()
            self.count(self.size)
        self.chunks.append(chunk)

    async def choose_pool(self) -> None:
        if await self.request.is_known():
            self.pool = self.guard.known
        elif (
            self.limit == FILE_BODY
            and max(self.size, self.request.declared or 0) > SMALL_BODY
        ):
            raise UnknownSenderError
        else:
            self.pool = self.guard.unknown
            self.limit = min(self.limit, META_BODY)

    def count(self, size: int) -> None:
        if self.pool is not None and size > self.counted:
            self.pool.take(self.request, size - self.counted)
            self.counted = size

    def whole(self) -> bytes:
        chunks, self.chunks = self.chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def release(self) -> None:
        """Its bytes are free for others. Large ones go back to the system."""
        self.chunks.clear()
        counted, self.counted = self.counted, 0
        if self.pool is not None and counted:
            self.pool.give_back(self.request, counted)
        if counted > SMALL_BODY:
            self.guard.trim()


class BodyGuard:
    """The bodies of one process: each within its cap, all within their pools."""

    seconds: ClassVar[float] = SECONDS

    def __init__(self) -> None:
        self.known = Pool(KNOWN_AT_MOST)
        self.unknown = Pool(UNKNOWN_AT_MOST)

    async def read(self, receive: Receive, body: Body) -> bytes:
        """The whole body; whoever asked calls `body.release` when it is done with.

        Raises TooLargeError, UnknownSenderError, ClientGoneError, BodyTooSlowError or
        TooManyBodiesError. What is refused for its size is read on and thrown away.
        """
        declared = body.request.declared
        refusal: Exception | None = None
        try:
            async with asyncio.timeout(self.seconds):
                try:
                    if declared is not None and declared > body.limit:
                        raise TooLargeError
                    return await self._gather(receive, body)
                except (TooLargeError, UnknownSenderError) as error:
                    refusal = error
                    body.release()
                    if not body.request.waits:
                        await _throw_away(receive)
        except TimeoutError:
            if refusal is None:
                raise BodyTooSlowError from None
        raise refusal

    async def _gather(self, receive: Receive, body: Body) -> bytes:
        declared, more = body.request.declared, True
        if declared is not None and declared > FREE:
            await body.choose_pool()
        while more and body.size != declared:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            await body.add(message.get("body", b""))
            more = message.get("more_body", False)
        if declared is not None and body.size != declared:
            raise ClientGoneError
        return body.whole()

    def trim(self) -> None:
        """Gives freed memory back to the system: glibc keeps what small pieces held."""
        if _malloc_trim is not None and not self.known.held and not self.unknown.held:
            _malloc_trim(0)


def _find_malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return trim


_malloc_trim = _find_malloc_trim()


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
