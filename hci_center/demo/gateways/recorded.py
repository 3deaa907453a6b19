"""Requests that a fake received, and its replies."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a form: a value, or a file with its name and type."""

    value: bytes
    filename: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def json(self) -> dict[str, Any]:
        """Returns the body's JSON object; empty for any other body."""
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    def form(self) -> dict[str, Part]:
        """Returns the parts of a multipart body; empty for any other body."""
        kind = self.headers.get("content-type", "")
        match = re.fullmatch(r"multipart/form-data; boundary=(\S+)", kind)
        if not match:
            return {}
        parts = {}
        for chunk in self.body.split(b"--" + match[1].encode())[1:-1]:
            head, _, value = chunk.partition(b"\r\n\r\n")
            text = head.decode()
            names = dict(re.findall(r'(\w+)="([^"]*)"', text))
            mime = re.search(r"Content-Type: (\S+)", text)
            parts[names["name"]] = Part(
                value.removesuffix(b"\r\n"),
                names.get("filename", ""),
                mime[1] if mime else "",
            )
        return parts


@dataclass(frozen=True, slots=True)
class Reply:
    """A fake's response."""

    status: int
    body: Any = b""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the customer's phone would show."""

    to: str
    kind: str
    text: str = ""
    content: bytes = b""
    mime: str = ""
    name: str = ""
    uuid: str = ""
    id: str = ""
    caption: str = ""
    reply_to: str = ""
    # What can be tapped: ids and titles, and how they are shown.
    choices: tuple[tuple[str, str], ...] = ()
    shown_as: str = ""
