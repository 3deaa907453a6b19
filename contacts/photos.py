"""The picture of a contact: a URL given by a caller, or one of ours.

Our URLs lead to the copy made by `chats.inbound.profile_download`. The column and the
feed have the bare URL, for clients with a key or a login session; responses sign it. A
signed URL sent back by a caller is ignored and never stored: its signature expires.
"""

from __future__ import annotations

import re
from typing import Any

from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.api.links import signed

PATH = "/api/chat/photo/"
PURPOSE = "photo-link"

_OURS = re.compile(
    rf"(?:https?://[^/?#]+)?{PATH}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
    r"/?(?:[?#].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


class PhotoLink(DeferredValue, kind="photo"):
    """One of our URLs, signed when the response is sent."""

    __slots__ = ("photo", "uuid")

    def __init__(self, photo: str, uuid: str) -> None:
        self.photo, self.uuid = photo, uuid

    def resolve(self, context: ResponseContext) -> str:
        return f"{self.photo}?{signed(PURPOSE, self.uuid)}"

    def serialize(self) -> dict[str, Any]:
        return {"photo": self.photo, "uuid": self.uuid}

    @classmethod
    def restore_from(cls, **stored: Any) -> DeferredValue:
        return cls(stored["photo"], stored["uuid"])


def shown(photo: str) -> str | PhotoLink:
    """Returns the picture as responses contain it."""
    ours = _OURS.fullmatch(photo)
    return photo if ours is None else PhotoLink(photo, ours[1].lower())


def said(photo: str | None) -> str | None:
    """Returns the picture that a caller sent; None if it is one of our URLs."""
    return None if photo is not None and is_ours(photo) else photo


def is_ours(photo: str) -> bool:
    return PATH in photo and _OURS.fullmatch(photo) is not None
