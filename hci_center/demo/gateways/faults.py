"""Network and server faults, as data for a fake's script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "hang",  # read the request and never answer
    "cut",  # close before reading the request
    "cut_after",  # process the request, then close
    "delay",  # process the request and answer late
    "reply",  # answer this without processing the request
    "reply_after",  # process the request, then answer this
    "drip",  # process the request, then answer one byte at a time
    "flood",  # process the request, then answer without end
    "redirect",  # redirect to another address
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds` is its maximum duration."""

    kind: Kind
    seconds: float = 0
    status: int = 500
    body: Any = b"<html>oops</html>"
    headers: dict[str, str] = field(default_factory=dict)


def hang(seconds: float = 30) -> Fault:
    return Fault("hang", seconds)


def cut() -> Fault:
    return Fault("cut")


def cut_after() -> Fault:
    return Fault("cut_after")


def delay(seconds: float) -> Fault:
    return Fault("delay", seconds)


def reply(status: int, body: Any = b"", **headers: str) -> Fault:
    return Fault("reply", status=status, body=body, headers=headers)


def reply_after(status: int, body: Any = b"", **headers: str) -> Fault:
    return Fault("reply_after", status=status, body=body, headers=headers)


def drip(seconds: float = 30) -> Fault:
    return Fault("drip", seconds)


def flood() -> Fault:
    return Fault("flood")


def redirect(to: str) -> Fault:
    return Fault("redirect", status=302, body=b"", headers={"Location": to})
