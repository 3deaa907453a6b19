"""Signed links to stored files."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.conf import settings

from hci_center.api import links
from hci_center.api.deferred import DeferredValue, ResponseContext

PATH = "/api/chat/file/"
PURPOSE = "file-link"


class FileLink(DeferredValue, kind="file"):
    """The address of a stored file, signed for each response."""

    def __init__(self, uuid: UUID | str) -> None:
        self.uuid = str(uuid)

    def resolve(self, context: ResponseContext) -> str:
        base: str = settings.PUBLIC_URL
        if not base:
            base = f"{context.request.scheme}://{context.request.get_host()}"
        return signed_link(self.uuid, base)

    def serialize(self) -> dict[str, Any]:
        return {"uuid": self.uuid}

    @classmethod
    def restore_from(cls, **kept: Any) -> DeferredValue:
        return cls(kept["uuid"])


def signed_link(uuid: UUID | str, base: str) -> str:
    """Returns an address below `base`, valid for an hour and never the same twice.

    Everything that varies is in the query string: without it two links to one file are
    equal.
    """
    query = links.signed(PURPOSE, str(uuid), nonce=secrets.token_urlsafe(9))
    return f"{base}{PATH}{uuid}?{query}"
