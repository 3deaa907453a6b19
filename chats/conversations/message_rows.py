"""The columns of a message and their conversion to the message of the API."""

from __future__ import annotations

from typing import Any

import orjson

from chats.conversations.message_details import Details, as_json, shown_details
from chats.files.file_links import FileLink
from contacts.queries import AS_TIME

Shape = dict[str, Any]

# Messages of the service, a schedule or a phone have that in their details.
_DETAILS = """(CASE WHEN m.auto = '' THEN m.details ELSE
         coalesce(m.details, jsonb_build_object())
         || jsonb_build_object('auto', m.auto) END)::text"""
# The columns for `message_shape`. Only a message that is not a text can have a file:
# the file's id and size come in the same column as the details, each followed by a
# space. `extras_text` builds the same value in Python.
MESSAGE_COLUMNS = f"""m.uuid::text, m.direction, m.type, m.content, m.url, m.sender,
       m.status, m.error, {AS_TIME.format("m.created_at")},
       CASE WHEN m.type = 'text' THEN {_DETAILS} ELSE concat(
         (SELECT a.uuid || ' ' || a.size || ' ' FROM chats_attachment a
           WHERE a.message_id = m.id), {_DETAILS}) END"""  # noqa: S608 - of columns


def message_shape(row: Any, contact_id: int | str) -> Shape:
    """Converts a row of MESSAGE_COLUMNS to the API's message."""
    return message_shapes([row], contact_id)[0]


def message_shapes(newest_first: list[Any], contact_id: int | str) -> list[Shape]:
    """Converts rows of MESSAGE_COLUMNS to the API's messages, oldest first."""
    shapes: list[Shape] = []
    for (
        uuid,
        direction,
        kind,
        content,
        url,
        sender,
        status,
        error,
        created_at,
        extras,
    ) in reversed(newest_first):
        shape: Shape = {
            "content": content,
            "type": kind,
            "from": sender or contact_id,
            "status": status,
            "id": uuid,
            "createdAt": created_at,
            "direction": direction,
        }
        if kind != "text":
            shape["url"] = url
        if error:
            shape["error"] = error
        if extras:
            _add_extras(shape, extras, contact_id)
        shapes.append(shape)
    return shapes


def extras_text(
    file: str | None, size: int, details: Details | None, auto: str = ""
) -> str | None:
    """Returns the last of MESSAGE_COLUMNS: a file's id and size, and the details."""
    text = as_json({**(details or {}), "auto": auto} if auto else details)
    return text if file is None else f"{file} {size} {text or ''}"


def _add_extras(shape: Shape, extras: str, contact_id: int | str) -> None:
    if not extras.startswith("{"):
        file, size, extras = extras.split(" ", 2)
        shape["url"] = FileLink(file)
        shape["fileSize"] = int(size)
    if extras:
        shape.update(shown_details(orjson.loads(extras), contact_id))
