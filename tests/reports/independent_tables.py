"""Reads the tables; computes days, business hours and targets by plain loops."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

Row = dict[str, Any]


def table(sql: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Tables:
    """All rows in memory, with the meaning of their times."""

    def __init__(self) -> None:
        self.lines = table("SELECT * FROM chats_chatevent ORDER BY id")
        self.messages = table("SELECT * FROM chats_message ORDER BY id")
        self.chats = {c["id"]: c for c in table("SELECT * FROM chats_chat")}
        self.contacts = {c["id"]: c for c in table("SELECT * FROM contacts_contact")}
        self.surveys = table("SELECT * FROM chats_survey")
        self.operators = {o["id"]: o for o in table("SELECT * FROM areas_operator")}
        self.areas = table("SELECT * FROM areas_area")
        self.managers = {m["id"]: m for m in table("SELECT * FROM managers_manager")}
        self.schedules = {s["id"]: s for s in table("SELECT * FROM areas_schedule")}
        for schedule in self.schedules.values():
            for name in ("hours", "holidays", "targets"):
                if isinstance(schedule[name], str):
                    schedule[name] = json.loads(schedule[name])

    # Time

    def business(self, schedule_id: int | None, a: datetime, b: datetime) -> timedelta:
        """Returns the business time between two times, by adding up each day's."""
        if schedule_id is None:
            return max(b - a, timedelta())
        schedule = self.schedules[schedule_id]
        zone = ZoneInfo(schedule["zone"])
        total = timedelta()
        day = a.astimezone(zone).date() - timedelta(days=1)
        while day <= b.astimezone(zone).date() + timedelta(days=1):
            spans = schedule["hours"].get(str(day.isoweekday()), [])
            for holiday, own in schedule["holidays"].items():
                if holiday in (day.isoformat(), day.isoformat()[5:]):
                    spans = own
            for begin, end in spans:
                x = max(self._instant(zone, day, begin), a)
                y = min(self._instant(zone, day, end), b)
                if y > x:
                    total += y - x
            day += timedelta(days=1)
        return total

    def _instant(self, zone: ZoneInfo, day: date, text: str) -> datetime:
        hour, minute = map(int, text.split(":"))
        if hour == 24:
            day, hour = day + timedelta(days=1), 0
        return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)

    def local(self, manager: int, schedule_id: int | None, at: datetime) -> datetime:
        zone = self.managers[manager]["time_zone"]
        if schedule_id is not None:
            zone = self.schedules[schedule_id]["zone"]
        return at.astimezone(ZoneInfo(zone))

    def target(self, schedule_id: int | None, clock: str) -> int | None:
        if schedule_id is None:
            return None
        return self.schedules[schedule_id]["targets"].get(clock) or None
