"""How large the body of a request may be, and what all bodies may hold together."""

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

# What bodies may hold together. The beginning of each is free, which the number of
# connections bounds: ordinary calls come through whatever others send. Beyond it a
# body counts to those whose sender has shown a valid credential, or to those of
# everybody else; a large one of a known sender lies on the disk.
FREE = 64 * 1024
UNKNOWN_AT_MOST = 48 * MiB
KNOWN_AT_MOST = 96 * MiB
ON_DISK_AT_MOST = 1024 * MiB
# The most of each that one address, and one part of the site, may hold.
ADDRESS_SHARE = 0.5
PART_SHARE = 0.75

_TAKES_FILES = re.compile(
    r"/api/chat/message/send(/operator/file/[^/]+)?/?"
    r"|/webhooks/(evolution|wppconnect)/.*",
    re.DOTALL,
)
_META = re.compile(r"/webhooks/(facebook|whatsapp)/?")


class TooManyBodiesError(RefusedError):
    status, code = 503, "unavailable"
    sentence = _("Too much is being sent at once. Please try again in a moment.")
    retry_after = 1


class Request:
    """What the guard must know of a request: where its body comes from and goes to.

    `declared` is the Content-Length, None for a chunked body; a client that `waits`
    has sent Expect: 100-continue. `is_known` asks whether the credential that the
    request carries is valid.
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
        """Whose shares of a pool it uses up, and how large each is."""
        address = network_of(address_in(self.environ))
        # `api`, `admin`, `webhooks` or another.
        part = self.path.split("/", 2)[1]
        return (
            ("", 1.0),
            (f"address {address}", ADDRESS_SHARE),
            (f"part {part}", PART_SHARE),
        )


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
        """Takes that many bytes more, or gives them back.

        Raises TooManyBodiesError when that would be too much; takes nothing then.
        """
        for name, share in request.shares:
            if size > 0 and self.held[name] + size > self.most * share:
                raise TooManyBodiesError
        for name, _share in request.shares:
            self.held[name] += size
            if not self.held[name]:
                del self.held[name]
