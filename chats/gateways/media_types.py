"""Rules for files by gateway and type: sent unchanged, converted, or refused.

They are applied before a message is queued, so that a file which the gateway would
refuse is refused at once. docs/decisions/files-by-gateway.md has the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chats.gateways.base import File

# The kind as which a file is sent; a document is shown only by its name.
Kind = Literal["image", "sticker", "voice", "audio", "video", "document"]
# The target of a conversion; the conversion reports what it produced: image: JPEG.
# picture: a sticker if it is one, else an image or, if animated, a video. voice: Ogg
# with one channel of Opus. audio: M4A. video: MP4 of H.264 and AAC.
Form = Literal["image", "picture", "voice", "audio", "video"]

_MEGABYTE = 10**6
_KILOBYTE = 10**3

PDF = "application/pdf"
TEXT = "text/plain"
_JPEG, _PNG, _GIF, _WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
_MP3, _M4A, _AAC, _AMR, _OGG = (
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/ogg",
)
_MP4, _3GP = "video/mp4", "video/3gpp"

# Types that the converter can read, and their target form.
_CONVERTED: dict[str, Form] = {
    _JPEG: "image",
    _PNG: "image",
    "image/heic": "image",
    "image/avif": "image",
    _GIF: "picture",
    _WEBP: "picture",
    _MP3: "audio",
    _M4A: "audio",
    _AAC: "audio",
    _AMR: "audio",
    _OGG: "audio",
    "audio/flac": "audio",
    "audio/wav": "audio",
    "audio/webm": "audio",
    "audio/3gpp": "audio",
    _MP4: "video",
    _3GP: "video",
    "video/webm": "video",
    "video/quicktime": "video",
    "video/x-matroska": "video",
    "video/x-msvideo": "video",
}
_KIND_OF: dict[Form, Kind] = {
    "image": "image",
    "picture": "image",
    "voice": "voice",
    "audio": "audio",
    "video": "video",
}
# Types that Meta's upload accepts for the Cloud API; others are refused with code 100.
_CLOUD_UPLOADS = frozenset(
    {
        *(_JPEG, _PNG, _WEBP),
        *(_MP3, _M4A, _AAC, _AMR, _OGG, "audio/opus"),
        *(_MP4, _3GP),
        *(TEXT, PDF),
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """The files that one gateway accepts.

    `passes`: types that are sent unchanged, by kind. `checked`: those of them whose
    content must also fit, else they are converted. `documents`: types accepted as a
    document, None for any. `largest`: bytes, by kind; a kind that is not in it has only
    the limit `largest_file`. `voices`: the gateway plays voice notes.
    """

    passes: Mapping[Kind, frozenset[str]]
    checked: frozenset[str] = frozenset()
    documents: frozenset[str] | None = None
    largest: Mapping[Kind, int] = field(default_factory=dict)
    largest_file: int | None = None
    voices: bool = True
    stickers: bool = True


# Above these sizes WhatsApp's own clients send a document, too.
_WHATSAPP_SIZES: dict[Kind, int] = {
    "image": 5 * _MEGABYTE,
    "voice": 16 * _MEGABYTE,
    "audio": 16 * _MEGABYTE,
    "video": 16 * _MEGABYTE,
}
# AAC and AMR without a container reach phones under types that they do not know.
_WEB_PASSES: dict[Kind, frozenset[str]] = {
    "image": frozenset({_JPEG, _PNG}),
    "audio": frozenset({_MP3, _M4A}),
    "video": frozenset({_MP4, _3GP}),
}
GATEWAYS: dict[str, Gateway] = {
    "whatsapp_cloud": Gateway(
        passes={
            "image": frozenset({_JPEG, _PNG}),
            "audio": frozenset({_MP3, _M4A, _AAC, _AMR}),
            "video": frozenset({_MP4, _3GP}),
        },
        # Only H.264 with AAC, or without sound.
        checked=frozenset({_MP4, _3GP}),
        documents=_CLOUD_UPLOADS,
        largest={
            **_WHATSAPP_SIZES,
            "document": 100 * _MEGABYTE,
        },
    ),
    "evolution": Gateway(
        # It converts every picture to JPEG but keeps the suffix of its name.
        passes={**_WEB_PASSES, "image": frozenset({_JPEG})},
        checked=frozenset({_MP4, _3GP}),
        largest=_WHATSAPP_SIZES,
    ),
    "wppconnect": Gateway(
        passes=_WEB_PASSES, checked=frozenset({_MP4, _3GP}), largest=_WHATSAPP_SIZES
    ),
    # A process of the manager: it decides what to do with a file and reports its own
    # size limit. It gets the formats that WhatsApp plays.
    "controller": Gateway(
        passes={
            "image": frozenset({_JPEG, _PNG, _GIF, _WEBP}),
            "audio": frozenset({_MP3, _M4A, _AAC, _AMR}),
            "video": frozenset({_MP4, _3GP}),
        },
    ),
    "messenger": Gateway(
        passes={
            "image": frozenset({_JPEG, _PNG, _GIF}),
            "audio": frozenset({_MP3, _M4A}),
            "video": frozenset({_MP4}),
        },
        largest={"image": 8 * _MEGABYTE},
        largest_file=25 * _MEGABYTE,
        voices=False,
        stickers=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is sent: its kind and its form, None for unchanged.

    `is_checked`: a file that fits already is sent unchanged. `largest`: the limit of
    the converted file, in bytes.
    """

    kind: Kind
    form: Form | None = None
    is_checked: bool = False
    largest: int | None = None
    stickers: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The gateway would refuse the file: for its size if `largest` is set, or type."""

    mime: str
    largest: int | None = None


def plan(
    gateway: str, declared: str, mime: str, size: int, *, is_voice: bool
) -> Plan | Refusal:
    """Returns how a file is sent through that gateway.

    `declared` is the message type given by the operator: `image`, `audio`, `video`,
    `pdf` or `file`.
    """
    accepted = GATEWAYS[gateway]
    form = _CONVERTED.get(mime)
    if form is None:
        return _as_document(accepted, mime, size)
    if declared in ("pdf", "file"):
        as_document = _as_document(accepted, mime, size)
        if isinstance(as_document, Plan):
            return as_document
    is_shrunk = form in ("image", "picture")
    if (
        accepted.largest_file is not None
        and size > accepted.largest_file
        and not is_shrunk
    ):
        return Refusal(mime, accepted.largest_file)
    return _as_media(accepted, form, mime, size, is_voice=is_voice)


def leaves_as_itself(gateway: str, kind: str, file: File) -> bool:
    """Returns whether a file is sent as that kind, and not as a document."""
    accepted = GATEWAYS[gateway]
    if kind == "sticker":
        return accepted.stickers
    for known, mimes in accepted.passes.items():
        if known == kind:
            return file.mime in mimes and file.size <= accepted.largest.get(
                known, file.size
            )
    return False


def kind_when_made(gateway: str, kind: Kind, mime: str, size: int) -> Kind | Refusal:
    """Returns the kind of a converted file: it may be too large for the planned one."""
    accepted = GATEWAYS[gateway]
    if size <= accepted.largest.get(kind, size):
        return kind
    as_document = _as_document(accepted, mime, size)
    return as_document.kind if isinstance(as_document, Plan) else as_document


def _as_document(accepted: Gateway, mime: str, size: int) -> Plan | Refusal:
    if accepted.documents is not None and mime not in accepted.documents:
        return Refusal(mime)
    largest = accepted.largest.get("document", accepted.largest_file)
    if largest is not None and size > largest:
        return Refusal(mime, largest)
    return Plan("document")


def _as_media(
    accepted: Gateway, natural: Form, mime: str, size: int, *, is_voice: bool
) -> Plan | Refusal:
    kind = _KIND_OF[natural]
    form: Form | None = natural
    if is_voice and natural == "audio" and accepted.voices:
        kind, form = "voice", None if mime == _OGG else "voice"
    elif (
        mime in accepted.passes[kind] and mime not in accepted.checked and not is_voice
    ):
        form = None
    largest = accepted.largest.get(kind)
    is_as_it_is = form is None or mime in accepted.checked
    if is_as_it_is and largest is not None and size > largest:
        if natural != "image":
            return _as_document(accepted, mime, size)
        is_as_it_is, form = False, natural
    return Plan(
        kind, form, is_as_it_is and form is not None, largest, accepted.stickers
    )
