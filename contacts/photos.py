"""The picture of a contact: an address that somebody gave, or one of ours.

Ours lead to the copy that `chats.inbound.profile_download` made. The column and the feed have the bare
address, for those with a key or a session; answers sign it. What a caller sends back
of it says nothing new, and is never stored: its signature runs out.
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
    """An address of ours, signed for the answer that it is in."""

    __slots__ = ("photo", "uuid")

    def __init__(self, photo: str, uuid: str) -> None:
        self.photo, self.uuid = photo, uuid

    def resolve(self, asker: ResponseContext) -> str:
        return f"{self.photo}?{signed(PURPOSE, self.uuid)}"

    def serialize(self) -> dict[str, Any]:
        return {"photo": self.photo, "uuid": self.uuid}

    @classmethod
    def restore_from(cls, **kept: Any) -> DeferredValue:
        return cls(kept["photo"], kept["uuid"])


def shown(photo: str) -> str | PhotoLink:
    """The picture as answers have it."""
    ours = _OURS.fullmatch(photo)
    return photo if ours is None else PhotoLink(photo, ours[1].lower())


def said(photo: str | None) -> str | None:
    """What a caller says of the picture; None, as for nothing, of an address of ours."""
    return None if photo is not None and is_ours(photo) else photo


def is_ours(photo: str) -> bool:
    return PATH in photo and _OURS.fullmatch(photo) is not None
