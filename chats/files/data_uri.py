"""Files inside a JSON text: `data:<mime>[;params];base64,<base64>`.

The text is the only copy in memory: it is decoded in pieces, once for validation and
once more while it is stored.
"""

from __future__ import annotations

import binascii
import hashlib
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from chats.files.mime_types import FILE, UNKNOWN_MIME, DetectedType, detect_type
from chats.files.pictures import MOST_PIXELS, Facts, facts_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from chats.models import Attachment

# A multiple of 4 characters, so that each piece decodes by itself.
_PIECE = 256 * 1024
_HEAD = 8 * 1024

_TOKEN = r"[a-z0-9!#$&^_.+\-]{1,127}"  # noqa: S105 - of a media type
_MIME = re.compile(rf"{_TOKEN}/{_TOKEN}", re.IGNORECASE | re.ASCII)
_PREFIX = re.compile(
    rf"data:({_TOKEN}/{_TOKEN})"
    rf"(?:\s*;\s*{_TOKEN}=(?:{_TOKEN}|\"[^\"\\]{{0,127}}\"))*"
    r"\s*;\s*base64,",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_PREFIX = 1024


class NotADataUriError(ValueError):
    """The text is not a data URI with strict base64 of at least one byte."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent: the text that contains it, and what was detected in it.

    `content`: its bytes, instead of the text. `found` and `sha256` are None for a file
    over the size limit: it is not decoded. `row` is the unsaved row of its stored file,
    if it is stored already. `facts` are those of a picture. A picture with too many
    pixels to decode is treated as a file of an unknown type.
    """

    text: str
    start: int
    size: int
    claimed_mime: str
    found: DetectedType | None
    sha256: str | None
    row: Attachment | None = None
    facts: Facts | None = None
    content: bytes | None = None

    @property
    def has_too_many_pixels(self) -> bool:
        return self.facts is not None and self.facts.pixels > MOST_PIXELS

    def open(self) -> BinaryIO:
        """Returns the decoded bytes, readable from the start any number of times."""
        if self.content is not None:
            return io.BytesIO(self.content)
        return io.BufferedReader(_Decoded(self.text, self.start, self.size), _PIECE)


def parse_data_uri(text: str, largest: int) -> SentFile:
    """Validates the text and detects the file's type. Raises NotADataUriError."""
    prefix = _PREFIX.match(text[:_LONGEST_PREFIX])
    if prefix is None:
        raise NotADataUriError
    start, claimed_mime = prefix.end(), prefix[1].lower()
    characters = len(text) - start
    if characters == 0 or characters % 4:
        raise NotADataUriError
    size = characters // 4 * 3 - (text.endswith("=") + text.endswith("=="))
    if size > largest:
        return SentFile(text, start, size, claimed_mime, None, None)
    head, sha256 = _read_through(text, start)
    found = detect_type(head, claimed_mime)
    return _with_facts(SentFile(text, start, size, claimed_mime, found, sha256))


def file_of_bytes(content: bytes, mime: str) -> SentFile:
    """Returns the bytes as a sent file, without the text that would repeat them.

    A declared type that is none is taken for an unknown one.
    """
    claimed_mime = mime.lower() if _MIME.fullmatch(mime) else UNKNOWN_MIME
    found = detect_type(content[:_HEAD], claimed_mime)
    sha256 = hashlib.sha256(content).hexdigest()
    sent = SentFile("", 0, len(content), claimed_mime, found, sha256, content=content)
    return _with_facts(sent)


def _with_facts(sent: SentFile) -> SentFile:
    mime = UNKNOWN_MIME if sent.found is None else sent.found.mime
    sent = replace(sent, facts=facts_of(sent.open(), mime))
    if sent.has_too_many_pixels:
        return replace(sent, found=DetectedType(UNKNOWN_MIME, frozenset({FILE})))
    return sent


def _read_through(text: str, start: int) -> tuple[bytes, str]:
    """Returns the first bytes, and the digest of all of them."""
    padding = text.find("=", start)
    if 0 <= padding < len(text) - 2:
        raise NotADataUriError
    head, digest = b"", hashlib.sha256()
    try:
        for at in range(start, len(text), _PIECE):
            piece = binascii.a2b_base64(text[at : at + _PIECE], strict_mode=True)
            head = head or piece[:_HEAD]
            digest.update(piece)
    except ValueError as error:
        raise NotADataUriError from error
    return head, digest.hexdigest()


class _Decoded(io.RawIOBase):
    """Validated base64 as a readable file of its bytes."""

    def __init__(self, text: str, start: int, size: int) -> None:
        self.text, self.start, self.size = text, start, size
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}
        self.at = max(0, origin[whence] + offset)
        return self.at

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        group, skipped = divmod(self.at, 3)
        first = self.start + group * 4
        length = -(-(skipped + len(target)) // 3) * 4
        piece = binascii.a2b_base64(self.text[first : first + length])
        piece = piece[skipped : skipped + len(target)]
        target[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)
