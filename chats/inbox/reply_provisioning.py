"""The list of quick replies in a provisioning file: of the manager and its areas."""

from __future__ import annotations

from functools import partial
from typing import Any

from areas.models import Area
from areas.provisioning.lists import (
    Spec,
    area_parser,
    parse_code,
    read_item,
    save_row,
)
from areas.provisioning.registry import Values
from areas.rules.hours import Problems
from chats.models import Reply
from hci_center.api.parsers import parse_text
from managers.models import Manager

LONGEST_TITLE = 60
LONGEST_TEXT = 4096


class ReplyList:
    """Items are matched by area and shortcut; files are not part of provisioning."""

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        """Returns the columns of a reply, or None if any is wrong."""
        parsers: list[Spec] = [
            ("shortcut", "shortcut", parse_code, None),
            ("title", "title", partial(parse_text, longest=LONGEST_TITLE), ""),
            ("text", "text", partial(parse_text, longest=LONGEST_TEXT), None),
            # 0 is no area.
            ("area", "area_id", area_parser(manager), 0),
        ]
        columns = read_item(item, parsers, place, problems)
        return columns and columns | {"area_id": columns["area_id"] or None}

    def name_of(self, columns: Values) -> str:
        """Returns the unique key of a reply, as text."""
        area_id = columns["area_id"]
        of_area = "" if area_id is None else f" ({Area.objects.get(pk=area_id).code})"
        return f"{columns['shortcut']}{of_area}"

    def save(self, manager: Manager, columns: Values) -> None:
        """Creates or changes the reply of that area and shortcut."""
        key = {name: columns[name] for name in ("area_id", "shortcut")}
        row = Reply.objects.filter(manager=manager, operator=None, **key).first()
        save_row(row, Reply, {"manager": manager, **columns})

    def printed(self, manager: Manager) -> list[Values]:
        """Returns the replies that have a text, without those of operators."""
        rows = Reply.objects.filter(manager=manager, operator=None).exclude(text="")
        return [
            {
                "shortcut": row.shortcut,
                "title": row.title,
                "text": row.text,
                "area": None if row.area is None else row.area.code,
            }
            for row in rows.select_related("area").order_by("pk")
        ]


REPLIES = ReplyList()
