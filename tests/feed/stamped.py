"""Numbers the changes of a test's own transaction and reads the rows of their events."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from hci_center.feed.frames import with_link

COLUMNS = ("seq", "kind", "area_id", "operator_id", "who", "file", "ev", "gone")


def empty_log() -> None:
    """Empties the log, which has no model, of changes that other tests committed."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM change_pend")


def stamp() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM change_stamp(1000)")  # noqa: S608
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def rows_of(stamped: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Returns the rows of that kind's events, with signed links."""
    rows = []
    for change in stamped:
        if change["kind"] == kind and change["ev"]:
            text = change["ev"]
            if change["file"]:
                text = with_link(text, change["file"], "http://testserver")
            event = json.loads(text)
            if "row" in event:
                rows.append(event["row"])
    return rows


def without_signature(shape: dict[str, Any]) -> dict[str, Any]:
    """Returns a message or contact without its link's varying signature."""
    return {
        name: urlsplit(value)._replace(query="").geturl()
        if name in ("url", "photo")
        else value
        for name, value in shape.items()
    }
