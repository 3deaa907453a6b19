"""Files to be sent: the bytes and the kind that a gateway gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from chats.gateways.base import File
from chats.gateways.file_names import named_as
from chats.gateways.media_types import Kind, Refusal, plan


@dataclass(frozen=True, slots=True)
class Original:
    """A message's file as it was stored.

    `said` is the type given by its sender, `name` the name of the file, "" if unknown.
    """

    uuid: str
    said: str
    file: str
    mime: str
    size: int
    is_voice: bool
    name: str


@dataclass(frozen=True, slots=True)
class Converted:
    """The file converted for a gateway; without a `file` the original is sent."""

    gateway: str
    kind: Kind
    file: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """A file as it is sent: `kind` is as in the drivers.

    `is_awaited`: it must be converted first. `refusal`: the sentence that explains why
    it is not sent.
    """

    kind: str
    file: File
    is_awaited: bool = False
    refusal: str = ""


def leaving(
    gateway: str, original: Original, converted: Converted | None = None
) -> Leaving:
    """Returns what that gateway gets."""
    planned = plan(
        gateway,
        original.said,
        original.mime,
        original.size,
        is_voice=original.is_voice,
    )
    if isinstance(planned, Refusal):
        as_it_is = _leaving(original, "document", original)
        return replace(as_it_is, refusal=refusal_sentence(planned))
    if planned.form is None:
        return _leaving(original, planned.kind, original)
    if converted is None or converted.gateway != gateway:
        return replace(_leaving(original, planned.kind, original), is_awaited=True)
    return _leaving(original, converted.kind, converted if converted.file else original)


def _leaving(original: Original, kind: Kind, used: Original | Converted) -> Leaving:
    as_document = original.said if original.said in ("pdf", "file") else "file"
    file = File(
        named_as(original.name or original.uuid[:8], used.mime),
        used.mime,
        used.size,
        lambda: cast(BinaryIO, default_storage.open(used.file)),
        is_voice=kind == "voice",
    )
    kinds = {"document": as_document, "voice": "audio"}
    return Leaving(kinds.get(kind, kind), file)


def refusal_sentence(refusal: Refusal) -> str:
    """Returns why the gateway does not accept the file."""
    if refusal.largest is None:
        sentence = _("The manager's gateway takes no files of this type: %s.")
        return sentence % refusal.mime
    sentence = _("This file is larger than the %d bytes that the gateway takes.")
    return sentence % refusal.largest
