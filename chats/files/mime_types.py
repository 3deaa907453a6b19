"""Detects a file's type from its bytes; declared types are only compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import filetype

IMAGE, AUDIO, VIDEO, PDF, FILE = "image", "audio", "video", "pdf", "file"

UNKNOWN_MIME = "application/octet-stream"
PDF_MIME = "application/pdf"
TEXT_MIME = "text/plain"

# Types that browsers show without running anything in them.
SHOWN_INLINE = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "audio/ogg",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/webm",
        "audio/wav",
        "video/mp4",
        "video/webm",
        "video/3gpp",
        PDF_MIME,
    }
)

# Documents that are known by name and only ever downloaded, by their container.
_OLE = frozenset(
    {
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
    }
)
_OOXML = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
_ZIP_MIME = "application/zip"
_IN_ZIP = _OOXML | {
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
}

# Message types that state which kind of file comes with them.
_KIND_OF_TYPE = {
    "image": IMAGE,
    "sticker": IMAGE,
    "audio": AUDIO,
    "ptt": AUDIO,
    "voice": AUDIO,
    "video": VIDEO,
    "pdf": PDF,
}

# Control characters, except tabs, line and page breaks, and the escape of old
# encodings.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")

# The header of a stream with one channel, in any version.
_MONO_OPUS = re.compile(rb"OpusHead[\x00-\x0f]\x01")

# The containers that hold only sound as often as a video.
_SOUND_IN = {
    "video/mp4": "audio/mp4",
    "video/webm": "audio/webm",
    "video/3gpp": "audio/3gpp",
}


@dataclass(frozen=True, slots=True)
class DetectedType:
    """The type of the bytes, and every kind that they may be declared as.

    `is_voice`: recorded as a voice note; Ogg with one channel of Opus, and browser
    recordings, which are only sound in a container for videos.
    """

    mime: str
    kinds: frozenset[str]
    is_voice: bool = False


def detect_type(head: bytes, claimed_mime: str) -> DetectedType:
    """Returns the type of a file with those first bytes.

    `claimed_mime` decides only what these leave open: whether a container has a video
    or only sound, and which program wrote an Office document.
    """
    mime = _mime_of(head, claimed_mime)
    kind = kind_of_mime(mime)
    if mime in _SOUND_IN:
        sound = claimed_mime.startswith("audio/")
        found = _SOUND_IN[mime] if sound else mime
        return DetectedType(found, frozenset({AUDIO, VIDEO}), is_voice=sound)
    is_voice = mime == "audio/ogg" and _MONO_OPUS.search(head[:512]) is not None
    return DetectedType(mime, frozenset({kind or FILE}), is_voice)


def kind_of_mime(mime: str) -> str | None:
    """Returns the kind that a media type names, or None if it names none."""
    group, _, name = mime.partition("/")
    if group in (IMAGE, AUDIO, VIDEO):
        return group
    if name == "pdf":
        return PDF
    if mime == "application/ogg":
        return AUDIO
    return None if mime == UNKNOWN_MIME else FILE


def matches_declared(found: DetectedType, message_type: str, claimed_mime: str) -> bool:
    """Returns whether the bytes have the kind of the message and media types."""
    declared = {_KIND_OF_TYPE.get(message_type), kind_of_mime(claimed_mime)}
    return (declared - {None}) <= found.kinds


def _mime_of(head: bytes, claimed_mime: str) -> str:
    for matches, mime in _SIGNATURES:
        if matches(head):
            return mime
    if head[4:8] == b"ftyp":
        return _mime_of_brand(head[8:12])
    if head.startswith(b"PK\x03\x04"):
        is_office = b"[Content_Types].xml" in head
        return _document(head, _IN_ZIP, claimed_mime if is_office else "") or _ZIP_MIME
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _document(head, _OLE, claimed_mime) or UNKNOWN_MIME
    return TEXT_MIME if _is_text(head) else UNKNOWN_MIME


def _document(head: bytes, known: frozenset[str], claimed_mime: str) -> str | None:
    found: str | None = filetype.guess_mime(head)  # type: ignore[no-untyped-call]
    if found in known:
        return found
    return claimed_mime if claimed_mime in known else None


def _is_text(head: bytes) -> bool:
    """Returns whether the bytes are text, in any encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        return True
    return not _NO_TEXT.search(head)


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _riff(name: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == name


def _ebml(doctype: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"\x1aE\xdf\xa3") and doctype in head[:64]


_SIGNATURES: list[tuple[Callable[[bytes], bool], str]] = [
    (_starts(b"\xff\xd8\xff"), "image/jpeg"),
    (_starts(b"\x89PNG\r\n\x1a\n"), "image/png"),
    (_starts(b"GIF87a", b"GIF89a"), "image/gif"),
    (_riff(b"WEBP"), "image/webp"),
    (_starts(b"OggS"), "audio/ogg"),
    (_starts(b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"), "audio/mpeg"),
    (_starts(b"\xff\xf1", b"\xff\xf9"), "audio/aac"),
    (_starts(b"#!AMR"), "audio/amr"),
    (_starts(b"fLaC"), "audio/flac"),
    (_riff(b"WAVE"), "audio/wav"),
    (_ebml(b"webm"), "video/webm"),
    (_ebml(b"matroska"), "video/x-matroska"),
    (_riff(b"AVI "), "video/x-msvideo"),
    (_starts(b"%PDF-"), PDF_MIME),
]

_BRANDS = {
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
    b"qt ": "video/quicktime",
    b"3gp": "video/3gpp",
    b"3g2": "video/3gpp",
    b"hei": "image/heic",
    b"hev": "image/heic",
    b"mif": "image/heic",
    b"avi": "image/avif",
}


def _mime_of_brand(brand: bytes) -> str:
    """Returns the type of an ISO media file by the first three letters of its brand."""
    return _BRANDS.get(brand[:3], "video/mp4")
