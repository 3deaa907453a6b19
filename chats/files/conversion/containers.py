"""Opens audio and video with the FFmpeg reader of their detected type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from chats.files.conversion.reasons import CannotConvertError

# FFmpeg's readers by type. With automatic detection it would also read playlists, which
# name other files and addresses.
_READERS = {
    "image/gif": "gif",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "mp4",
    "audio/3gpp": "mp4",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/webm": "matroska",
    "video/mp4": "mp4",
    "video/3gpp": "mp4",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
}
_ONLY_FILES = {"protocol_whitelist": "file"}


@contextmanager
def opened(source: Path, mime: str) -> Iterator[InputContainer]:
    """Yields the opened file. Raises UnfitError if FFmpeg cannot read it."""
    try:
        with av.open(
            str(source), format=_READERS[mime], options=_ONLY_FILES
        ) as container:
            yield container
    except MemoryError as error:
        raise CannotConvertError("too_large") from error
    except (KeyError, ValueError, av.error.FFmpegError) as error:
        raise CannotConvertError("unreadable") from error
