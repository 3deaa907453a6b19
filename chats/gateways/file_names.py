"""File name suffixes by media type, and names that fit their type.

Gateways and phones rely on the suffix: Evolution computes the media type from it, and a
customer's phone chooses the program that opens the file by it.
"""

from __future__ import annotations

import mimetypes
import re

# For each known type the default suffix, then the others that fit.
SUFFIXES: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "image/avif": (".avif",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a", ".m4b"),
    "audio/aac": (".aac",),
    "audio/amr": (".amr",),
    "audio/flac": (".flac",),
    "audio/wav": (".wav",),
    "audio/webm": (".weba", ".webm"),
    "audio/3gpp": (".3gp", ".3ga"),
    "video/mp4": (".mp4", ".m4v"),
    "video/webm": (".webm",),
    "video/3gpp": (".3gp", ".3gpp", ".3g2"),
    "video/quicktime": (".mov", ".qt"),
    "video/x-matroska": (".mkv",),
    "video/x-msvideo": (".avi",),
    "application/pdf": (".pdf",),
    "application/msword": (".doc", ".dot"),
    "application/vnd.ms-excel": (".xls", ".xlt"),
    "application/vnd.ms-powerpoint": (".ppt", ".pps"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (
        ".docx",
        ".docm",
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (
        ".xlsx",
        ".xlsm",
    ),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (
        ".pptx",
        ".pptm",
    ),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
    "application/zip": (".zip",),
    "text/plain": (".txt",),
    "application/octet-stream": (".bin",),
}

# Types shared by many formats: the name's own suffix is more precise.
_LOOSE = {"text/plain", "application/zip", "application/octet-stream"}
_MEDIA = ("image/", "audio/", "video/")
_SUFFIX = re.compile(r"\.[A-Za-z0-9_-]{1,12}")
_IN_TABLE = {suffix for suffixes in SUFFIXES.values() for suffix in suffixes}
_OF_MEDIA = {
    suffix
    for mime, suffixes in SUFFIXES.items()
    if mime.startswith(_MEDIA)
    for suffix in suffixes
}
# Only Python's built-in table: the system's tables differ between machines.
_COMMON = mimetypes.MimeTypes().types_map[True].keys()


def suffix_of(mime: str) -> str:
    """Returns the suffix of a media type, `.bin` for a type not in the table."""
    return SUFFIXES.get(mime, SUFFIXES["application/octet-stream"])[0]


def named_as(name: str, mime: str, *, common: bool = False) -> str:
    """Returns the name with a suffix that fits the type.

    A fitting suffix is kept. Of converted media the suffix is replaced: `nota.heic`
    becomes `nota.jpg`; other names get one appended: `nota.exe.pdf`. `common`: a suffix
    that few programs know does not count as fitting.
    """
    stem, dot, last = name.rpartition(".")
    suffix = f"{dot}{last}".lower()
    if not stem or not _SUFFIX.fullmatch(suffix):
        return f"{name}{suffix_of(mime)}"
    is_own = mime in _LOOSE and suffix not in _IN_TABLE
    if suffix in SUFFIXES.get(mime, ()) or (
        is_own and (not common or suffix in _COMMON)
    ):
        return name
    is_renamed = mime.startswith(_MEDIA) and suffix in _OF_MEDIA
    return f"{stem if is_renamed else name}{suffix_of(mime)}"
