"""What a message has beside its content, as its `details` column keeps it.

The keys are those of the answers. Most messages have none, and NULL in that column.
The size of a stored file is its attachment's and is not kept here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from chats.gateways.events import Origin

Details = dict[str, Any]

LONGEST_CAPTION = 1024
LONGEST_FILE_NAME = 200
LONGEST_LINK = 2048
LONGEST_ORIGIN_TEXT = 500

# Controls, and the marks that turn the direction of what follows them: with one of
# those `gpj.exe` reads `exe.jpg`.
_UNREADABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Extras:
    """What a caller may say beside a message.

    `reply_to` is the id of the quoted message, ours or the gateway's.
    """

    caption: str = ""
    file_name: str = ""
    reply_to: str = ""


NO_EXTRAS = Extras()


def details_of(
    *,
    caption: str = "",
    file_name: str = "",
    reply_to: str | None = None,
    origin: Origin | None = None,
) -> Details | None:
    """The details with those parts, None without any; `reply_to` is an id of ours."""
    details: Details = {}
    if caption:
        details["caption"] = caption
    if file_name:
        details["fileName"] = file_name
    if reply_to:
        details["replyTo"] = reply_to
    if origin is not None:
        details["origin"] = {
            "kind": origin.kind,
            "ref": origin.ref[:LONGEST_ORIGIN_TEXT],
            "title": origin.title[:LONGEST_ORIGIN_TEXT],
            "url": origin.url[:LONGEST_LINK],
        }
    return details or None


def clean_file_name(name: str) -> str:
    """The name alone, without folders, controls and direction marks; "" for none.

    A long one is cut in its middle: the suffix says what the file is.
    """
    last = re.split(r"[/\\]", name)[-1]
    read = " ".join(_UNREADABLE.sub(" ", last).split())
    if not read.strip("."):
        return ""
    if len(read) > LONGEST_FILE_NAME:
        stem, dot, suffix = read.rpartition(".")
        if not stem or len(suffix) > 16:
            return read[:LONGEST_FILE_NAME]
        read = stem[: LONGEST_FILE_NAME - len(suffix) - 1] + dot + suffix
    return read


def as_time(moment: datetime) -> str:
    """A time as answers show it."""
    read = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return read.replace("+00:00", "Z")


def as_json(details: Details | None) -> str | None:
    """The value of the column."""
    return None if details is None else orjson.dumps(details).decode()


def shown_details(details: Details, contact_id: int | str) -> Details:
    """As answers show them: a reaction from "" is the contact's own."""
    if "reactions" in details:
        details["reactions"] = [
            {"from": one["from"] or contact_id, "emoji": one["emoji"]}
            for one in details["reactions"]
        ]
    return details
