"""Requests bodies that contain a file, streamed instead of built in memory."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chats.gateways.base import File

# A multiple of three, so that the base64 of the parts is the base64 of the whole.
_STEP = 48 * 1024


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A file inside a body, raw or as base64."""

    file: File
    as_base64: bool

    def __len__(self) -> int:
        return (self.file.size + 2) // 3 * 4 if self.as_base64 else self.file.size

    def __iter__(self) -> Iterator[bytes]:
        with self.file.open() as stream:
            while step := stream.read(_STEP):
                yield b64encode(step) if self.as_base64 else step


class Payload:
    """A body of known length, produced in parts.

    `handed_over` becomes true when the last part is read: before that the server cannot
    have the whole request.
    """

    def __init__(self, content_type: str, *parts: bytes | _Bytes, last: bytes) -> None:
        self.content_type = content_type
        self.handed_over = False
        self._parts = parts
        self._last = last

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts) + len(self._last)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part
        self.handed_over = True
        yield self._last


def as_json(value: Any) -> Payload:
    return Payload("application/json", last=_dumped(value))


def as_json_with_file(value: dict[str, Any], name: str, file: File) -> Payload:
    """Returns the JSON object with the file's base64 appended to its text field `name`
    (after the prefix of a data URI, for example).
    """
    mark = uuid.uuid4().hex
    text = _dumped({**value, name: value.get(name, "") + mark})
    before, after = text.split(mark.encode())
    return Payload("application/json", before, _Bytes(file, as_base64=True), last=after)


def as_multipart(fields: dict[str, str], name: str, file: File) -> Payload:
    """Returns a form with these fields and the raw file under `name`."""
    boundary = uuid.uuid4().hex
    head = "".join(
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    head += (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{name}"; '
        f'filename="{_file_name(file.name)}"\r\n'
        f"Content-Type: {file.mime}\r\n\r\n"
    )
    return Payload(
        f"multipart/form-data; boundary={boundary}",
        head.encode(),
        _Bytes(file, as_base64=False),
        last=f"\r\n--{boundary}--\r\n".encode(),
    )


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _file_name(name: str) -> str:
    """Returns the name as browsers write it: without quotes and line breaks."""
    for character, written in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
        name = name.replace(character, written)
    return name
