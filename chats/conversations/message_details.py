"""Optional properties of a message, as stored in its `details` column.

The keys are those of the API responses, but for `tapped`, which only the rules read:
the id of the button, row or quick reply that a customer tapped. Most messages have
none, and NULL in that column. The size of a stored file is on its attachment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from chats.gateways.events import Origin

Details = dict[str, Any]

LONGEST_CAPTION = 1024
LONGEST_FILE_NAME = 200
LONGEST_LINK = 2048
LONGEST_ORIGIN_TEXT = 500
# Longer ones are none of ours.
LONGEST_TAPPED = 256

# Control characters and Unicode direction marks: with one of the latter `gpj.exe` is
# displayed as `exe.jpg`.
_UNREADABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Extras:
    """Optional properties that a caller may send with a message.

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
    tapped: str = "",
) -> Details | None:
    """Returns the details with these values, or None if there are none.

    `reply_to` is the uuid of one of our messages.
    """
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
    if tapped and len(tapped) <= LONGEST_TAPPED:
        details["tapped"] = tapped
    return details or None


def clean_file_name(name: str) -> str:
    """Returns the base name without control characters and direction marks, or "".

    A long name is shortened before its suffix, which shows the file type.
    """
    last = re.split(r"[/\\]", name)[-1]
    cleaned = " ".join(_UNREADABLE.sub(" ", last).split())
    if not cleaned.strip("."):
        return ""
    if len(cleaned) > LONGEST_FILE_NAME:
        stem, dot, suffix = cleaned.rpartition(".")
        if not stem or len(suffix) > 16:
            return cleaned[:LONGEST_FILE_NAME]
        cleaned = stem[: LONGEST_FILE_NAME - len(suffix) - 1] + dot + suffix
    return cleaned


def as_json(details: Details | None) -> str | None:
    """Serializes the details for the database column."""
    return None if details is None else orjson.dumps(details).decode()


def shown_details(details: Details, contact_id: int | str) -> Details:
    """Prepares the details for a response: a reaction from "" is the contact's."""
    details.pop("tapped", None)
    if "reactions" in details:
        details["reactions"] = [
            {"from": one["from"] or contact_id, "emoji": one["emoji"]}
            for one in details["reactions"]
        ]
    return details
