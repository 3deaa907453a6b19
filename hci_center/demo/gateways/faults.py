"""What can go wrong on the way, as data for a fake's script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "hang",  # take the request and say nothing
    "cut",  # close before taking it in
    "cut_after",  # take it in, then close
    "delay",  # take it in and answer, later
    "reply",  # answer this instead of taking it in
    "reply_after",  # take it in, then answer this
    "drip",  # take it in, then a byte at a time
    "flood",  # take it in, then an answer without end
    "redirect",  # point somewhere else
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour. `seconds` is how long it lasts, at most."""

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
