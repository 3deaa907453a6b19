"""Limits the size of each request body and of all bodies together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from hci_center.addresses import address_in, network_of
from hci_center.errors import RefusedError

MiB = 2**20
SMALL_BODY = 2 * MiB
META_BODY = 4 * MiB
FILE_BODY = 40 * MiB

# Limits for all bodies together. The first FREE bytes of each body are not counted;
# the number of connections bounds them, so ordinary calls always pass. Beyond that a
# body counts to the pool of senders with a valid credential or to the pool of all
# others; a large body of a known sender is kept on disk.
FREE = 64 * 1024
UNKNOWN_AT_MOST = 48 * MiB
KNOWN_AT_MOST = 96 * MiB
ON_DISK_AT_MOST = 1024 * MiB
# The largest share of a pool for one address, and for one part of the site.
ADDRESS_SHARE = 0.5
PART_SHARE = 0.75

_TAKES_FILES = re.compile(
    r"/api/(chat/message/send(/operator/file/[^/]+)?|reply/save)/?"
    r"|/webhooks/(evolution|wppconnect)/.*",
    re.DOTALL,
)
_META = re.compile(r"/webhooks/(facebook|whatsapp)/?")


class TooManyBodiesError(RefusedError):
    status, code = 503, "unavailable"
    sentence = _("Too much is being sent at once. Please try again in a moment.")
    retry_after = 1


class Request:
    """The facts about a request that its body's limits depend on.

    `declared` is the Content-Length, None for a chunked body. `waits` is whether the
    client sent Expect: 100-continue. `is_known` checks whether the request's credential
    is valid.
    """

    def __init__(
        self, environ: Mapping[str, Any], is_known: Callable[[], Awaitable[bool]]
    ) -> None:
        self.environ, self.is_known = environ, is_known
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ["PATH_INFO"]
        length = environ.get("CONTENT_LENGTH")
        self.declared = int(length) if length is not None else None
        self.waits = "HTTP_EXPECT" in environ

    @cached_property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """The names and sizes of the pool shares that the body counts to."""
        address = network_of(address_in(self.environ))
        # `api`, `admin`, `webhooks` or another.
        part = self.path.split("/", 2)[1]
        return (
            ("", 1.0),
            (f"address {address}", ADDRESS_SHARE),
            (f"part {part}", PART_SHARE),
        )


def cap(method: str, path: str) -> int:
    """Returns the largest body in bytes at this path, decoded and without query."""
    if method == "POST" and _TAKES_FILES.fullmatch(path):
        return FILE_BODY
    return META_BODY if method == "POST" and _META.fullmatch(path) else SMALL_BODY


class Pool:
    """The bytes of bodies of one kind: in total, by address and by part of the site."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used: Counter[str] = Counter()

    def take(self, request: Request, size: int) -> None:
        """Adds that many bytes; a negative size releases them.

        Raises TooManyBodiesError without adding any if a limit would be exceeded.
        """
        for name, share in request.shares:
            if size > 0 and self.used[name] + size > self.most * share:
                raise TooManyBodiesError
        for name, _share in request.shares:
            self.used[name] += size
            if not self.used[name]:
                del self.used[name]
