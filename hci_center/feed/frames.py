"""Rows of the feed and the frames sent to clients (contract: "The live feed")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from chats.files.file_links import signed_link

# Limits of one frame; only a single larger event exceeds them.
MOST_EVENTS = 500
MOST_CHARACTERS = 256 * 1024

COLUMNS = (
    "seq, manager_id, kind, area_id, operator_id, was_area_id, was_operator_id, "
    "who, file, ev, gone"
)


# The kinds of events that every client gets.
KINDS = frozenset({"manager", "area", "operator", "contact", "chat", "message"})
# The kinds of events that only clients get that request them in `hi`.
ADDITIONAL_KINDS = frozenset({"line", "note", "survey", "schedule"})


class Change(NamedTuple):
    """A row of change_feed, in the order of COLUMNS.

    `ev` is the event for those who may see the row, None when nobody may. `gone` is
    the event for those who could see it before, None when they are the same people.
    In a row of kind "epoch", `ev` is the name of the epoch.
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


# An event's number (the cursor after it) and its JSON text.
EventText = tuple[int, str]


def with_link(text: str, file: str, base: str) -> str:
    """Returns the event of a message with a stored file, with a newly signed link.

    The sequencer writes an empty link as the last member.
    """
    link = orjson.dumps(signed_link(file, base)).decode()
    return f'{text.removesuffix(_NO_LINK)}"url":{link}}}}}'


_NO_LINK = '"url":""}}'


def without_was(text: str) -> str:
    """Returns the event of a line for those who could not see the contact before.

    The sequencer writes `was` as the last member of the event; in a string its quotes
    would be escaped.
    """
    return f"{text.rpartition(_WAS)[0]}{_WAS}null}}"


_WAS = ',"was":'


def for_reader(text: str, operator: int | None) -> str:
    """Returns the event of a note for an operator: whether it mentions him."""
    if operator is None:
        return text
    row = orjson.loads(text).get("row")
    if row is None or str(operator) not in row["mentions"]:
        return text
    return f'{text.removesuffix("}}")},"forMe":true}}}}'


def event_texts(events: Iterable[EventText], upto: int) -> Iterator[str]:
    """Yields the `ev` frames of these events; the cursor of the last one is `upto`."""
    texts: list[str] = []
    size = cursor = 0
    for seq, text in events:
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
    """Splits the changes into parts that are no larger than a frame."""
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


def now(members: dict[str, Any]) -> str:
    """Returns the frame of an ephemeral event, which is never stored or replayed."""
    return orjson.dumps({"t": "now", **members}).decode()


def frame(text: str) -> bytes:
    """Encodes a text message as one unmasked websocket frame (RFC 6455)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
