"""The request bodies of the calls that close and reopen chats, and about surveys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from chats.api.serializers.chats import ReadChat
from chats.api.serializers.inbox import LONGEST_CURSOR, LONGEST_PROTOCOL
from chats.api.serializers.replies import FindOptions
from chats.rules.closing import LONGEST_CODE
from hci_center.api.fields import Flag, Integer, OperatorId, Text, WireField
from hci_center.api.parsers import WrongValueError, parse_moment, parse_text

# Later dates may have no midnight in some time zones.
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Day(WireField):
    """A date."""

    def parse(self, value: Any) -> date:
        text = parse_text(value, 64)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or len(text) != 10 or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise WrongValueError(_("This must be a date such as 2026-11-20."))
        return day

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class DayOrMoment(Day):
    """A date, or a time with its offset from UTC."""

    def parse(self, value: Any) -> date | datetime:
        if isinstance(value, str) and "T" in value:
            return parse_moment(value)
        return super().parse(value)

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [super().schema(), {"type": "string", "format": "date-time"}],
        }


class CloseChat(ReadChat):
    reason = Text(LONGEST_CODE, required=False)
    survey = Flag(required=False)


class ReopenChat(ReadChat):
    protocol = Text(LONGEST_PROTOCOL)
    claim = Flag(required=False)


class ListSurveys(FindOptions):
    # `from` is a keyword in Python.
    vars()["from"] = DayOrMoment(required=False)
    to = DayOrMoment(required=False)
    area = Text(200, required=False)
    operatorId = OperatorId(required=False)
    after = Text(LONGEST_CURSOR, required=False)
    limit = Integer(1, 200, required=False)
