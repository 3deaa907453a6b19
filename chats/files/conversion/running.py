"""Runs the program that converts a file, isolated from whatever the file does to it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import cast

from chats.files.conversion.program import Order, arguments_of
from chats.files.conversion.reasons import CannotConvertError, Reason
from chats.gateways.media_types import Kind

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[3]
# Wall-clock time: it may have to wait for the processor.
LONGEST = 300.0
_POLL_INTERVAL = 0.2
# None of our environment is passed on; fewer memory arenas keep its memory predictable.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
}


class StoppedError(Exception):
    """The worker is stopping, and the conversion with it: it is started again later."""


@dataclass(frozen=True, slots=True)
class Made:
    """The result of a conversion; `is_unchanged`: the file is sent as it is."""

    kind: Kind
    mime: str
    is_unchanged: bool


def convert(order: Order, is_stopping: Callable[[], bool] = lambda: False) -> Made:
    """Runs the conversion in a separate process.

    Raises UnfitError if it cannot be done, whatever the file did to that process, and
    StoppedError if `is_stopping` is true before it ends.
    """
    if is_stopping():
        raise StoppedError
    command = [
        sys.executable,
        "-m",
        "chats.files.conversion.program",
        arguments_of(order),
    ]
    with subprocess.Popen(  # noqa: S603 - our own program
        command,
        cwd=_ROOT,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            output = _wait(process, is_stopping)
        finally:
            process.kill()
    return _made(process.returncode, output)


def _wait(process: subprocess.Popen[bytes], is_stopping: Callable[[], bool]) -> bytes:
    ends = monotonic() + LONGEST
    while True:
        try:
            return process.communicate(timeout=_POLL_INTERVAL)[0]
        except subprocess.TimeoutExpired:
            if is_stopping():
                raise StoppedError from None
            if monotonic() > ends:
                raise CannotConvertError("too_long") from None


def _made(status: int, output: bytes) -> Made:
    if status < 0:
        # Its own time limit, or a decoder that crashed or ran out of memory.
        is_late = status == -signal.SIGXCPU
        logger.warning("a conversion ended by signal %d", -status)
        raise CannotConvertError("too_long" if is_late else "too_large")
    try:
        result = json.loads(output)
    except ValueError:
        logger.warning("a conversion ended with status %d", status)
        raise CannotConvertError("unreadable") from None
    if "reason" in result:
        logger.info("a conversion ended: %s", result.get("error", result["reason"]))
        raise CannotConvertError(cast(Reason, result["reason"]))
    return Made(result["kind"], result["mime"], bool(result.get("unchanged")))
