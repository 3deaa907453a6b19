"""The process that converts one file within limits and reports the result.

Started by `running` with the order as JSON; prints one line of JSON. Exceeding the
limits of memory or time ends only this process.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chats.files.conversion.reasons import CannotConvertError
from chats.files.pictures import LONGEST_SIDE

# Forms for our own users: a picture of a chat and a portrait of a customer.
SHOWN, PORTRAIT = "shown", "portrait"
SHOWN_SIDES = {SHOWN: LONGEST_SIDE, PORTRAIT: 640}

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Order:
    """The type of a file, the form to convert it to, and the limits.

    `form` is as in `chats.gateways.media_types`, SHOWN or PORTRAIT. `is_checked`: a
    file that fits already is not changed. `largest`: of a picture or a video, in bytes.
    `seconds`: processor time.
    """

    source: str
    target: str
    mime: str
    form: str
    is_checked: bool = False
    stickers: bool = False
    largest: int | None = None
    memory: int = 2**30
    seconds: int = 120
    disk: int = 64 * 2**20


def main(arguments: list[str]) -> int:
    order = Order(**json.loads(arguments[1]))
    _bound(order)
    try:
        made: dict[str, Any] = _convert(order)
    except CannotConvertError as unfit:
        made = {"reason": unfit.reason}
    except MemoryError:
        made = {"reason": "too_large"}
    except Exception as error:  # noqa: BLE001 - decoders raise any exception
        made = {"reason": "unreadable", "error": type(error).__name__}
    sys.stdout.write(json.dumps(made))
    return 0


def _bound(order: Order) -> None:
    """Limits the process before it opens the file."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, order.memory),
        (resource.RLIMIT_FSIZE, order.disk),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # The soft limit ends it by a signal that shows the reason.
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds, order.seconds + 5))


def _convert(order: Order) -> dict[str, Any]:
    """Returns the kind and type of the result; `unchanged`: the file stays as it is."""
    source, target = Path(order.source), Path(order.target)
    if order.form == "image":
        from chats.files.conversion import images

        images.write_jpeg(source, target, order.largest)
        return {"kind": "image", "mime": "image/jpeg"}
    if order.form in SHOWN_SIDES:
        from chats.files import reencoding

        with source.open("rb") as file:
            content, mime = reencoding.reencode(
                file, order.mime, SHOWN_SIDES[order.form], moves=order.form == SHOWN
            )
        target.write_bytes(content)
        return {"kind": "image", "mime": mime}
    if order.form == "picture":
        return _convert_picture(order, source, target)
    if order.form == "video":
        from chats.files.conversion import videos

        if order.is_checked and videos.fits(source, order.mime):
            return {"kind": "video", "mime": order.mime, "unchanged": True}
        videos.write_mp4(source, order.mime, target, order.largest)
        return {"kind": "video", "mime": "video/mp4"}
    from chats.files.conversion import sounds

    if order.form == "voice":
        sounds.write_voice(source, order.mime, target)
        return {"kind": "voice", "mime": "audio/ogg"}
    sounds.write_m4a(source, order.mime, target)
    return {"kind": "audio", "mime": "audio/mp4"}


def _convert_picture(order: Order, source: Path, target: Path) -> dict[str, Any]:
    from chats.files.conversion import images, videos

    with images.opened(source) as image:
        is_sticker = images.is_sticker(image, source.stat().st_size)
        moves = images.is_moving(image)
    if order.stickers and is_sticker:
        return {"kind": "sticker", "mime": order.mime, "unchanged": True}
    if moves:
        videos.write_animation(source, target)
        return {"kind": "video", "mime": "video/mp4"}
    images.write_jpeg(source, target, order.largest)
    return {"kind": "image", "mime": "image/jpeg"}


def arguments_of(order: Order) -> str:
    return json.dumps(asdict(order))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
