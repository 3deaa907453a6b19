"""The rows of the feed, and the frames that go out (contract: "The live feed")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from chats.files.storage import signed_link

# A frame holds this much, unless a single event is larger.
MOST_EVENTS = 500
MOST_CHARACTERS = 256 * 1024

COLUMNS = (
    "seq, manager_id, kind, area_id, operator_id, was_area_id, was_operator_id, "
    "who, file, ev, gone"
)


class Change(NamedTuple):
    """A row of change_feed, in the order of COLUMNS.

    `ev` is the event for those who may see the row, None when nobody may; `gone` the
    one for those who could until then, None when they are the same people. Of an
    epoch, `ev` is its name.
    """

    seq: int
    manager: int
    kind: str
    area: int | None
    operator: int | None
    was_area: int | None
    was_operator: int | None
    who: str | None
    file: str | None
    ev: str | None
    gone: str | None

    @property
    def is_event(self) -> bool:
        return self.ev is not None and self.kind != "epoch"


# A cursor and the text of the event that it stands after.
EventText = tuple[int, str]


def with_link(text: str, file: str, base: str) -> str:
    """The event of a message with a stored file, its link signed this moment.

    The sequencer leaves the link for last, and empty.
    """
    link = orjson.dumps(signed_link(file, base)).decode()
    return f'{text.removesuffix(_NO_LINK)}"url":{link}}}}}'


_NO_LINK = '"url":""}}'


def event_texts(told: Iterable[EventText], upto: int) -> Iterator[str]:
    """The `ev` frames of these events; the last one's cursor is `upto`."""
    texts: list[str] = []
    size = cursor = 0
    for seq, text in told:
        if texts and (len(texts) == MOST_EVENTS or size + len(text) > MOST_CHARACTERS):
            yield _event_text(cursor, texts)
            texts, size = [], 0
        texts.append(text)
        size += len(text)
        cursor = seq
    if texts:
        yield _event_text(upto, texts)


def _event_text(cursor: int, texts: list[str]) -> str:
    return f'{{"t":"ev","s":{cursor},"e":[{",".join(texts)}]}}'


def slices(changes: list[Change]) -> Iterator[list[Change]]:
    """The changes in parts that are no larger than a frame."""
    part: list[Change] = []
    size = 0
    for change in changes:
        length = len(change.ev or "")
        if part and (len(part) == MOST_EVENTS or size + length > MOST_CHARACTERS):
            yield part
            part, size = [], 0
        part.append(change)
        size += length
    if part:
        yield part


def heartbeat(cursor: int, epoch: str) -> str:
    return f'{{"t":"hb","s":{cursor},"e":"{epoch}"}}'


def reset(cursor: int, epoch: str) -> str:
    return f'{{"t":"reset","s":{cursor},"e":"{epoch}"}}'


def now(said: dict[str, Any]) -> str:
    """What is no row: never stored, never told again."""
    return orjson.dumps({"t": "now", **said}).decode()


def frame(text: str) -> bytes:
    """A text message as it lies on the wire: one frame, not masked (RFC 6455)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
