"""The request body of POST report."""

from __future__ import annotations

from typing import Any, get_args

from django.utils.translation import gettext as _

from chats.api.serializers.closing import Day
from chats.api.serializers.inbox import LONGEST_CURSOR
from contacts.models import Channel
from hci_center.api.fields import (
    Flag,
    Integer,
    OneOf,
    OperatorId,
    Phone,
    PublicId,
    Text,
    WireField,
)
from hci_center.api.parsers import WrongValueError
from hci_center.api.request_schema import Body
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Group
from hci_center.reports.rows import Part

GROUPS: tuple[str, ...] = get_args(Group)
MOST_GROUPS = 2
MOST_ROWS = 1000


class Groups(WireField):
    """At most two groups: a list, or a text with a comma."""

    def parse(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list) or not all(each in GROUPS for each in value):
            raise WrongValueError(
                _("Each of these must be one of %s.") % ", ".join(GROUPS)
            )
        if len(value) > MOST_GROUPS or len({*value}) < len(value):
            raise WrongValueError(_("These must be at most two, and different."))
        return tuple(value)

    def schema(self) -> dict[str, Any]:
        listed = {
            "type": "array",
            "items": {"type": "string", "enum": list(GROUPS)},
            "minItems": 1,
            "maxItems": MOST_GROUPS,
            "uniqueItems": True,
        }
        word = "|".join(GROUPS)
        text = {"type": "string", "pattern": f"^ *({word}) *(, *({word}) *)?$"}
        return {"anyOf": [listed, text]}


class Report(Body):
    metric = OneOf(*METRICS, "now", "definitions")
    # `from` is a Python keyword. Without both: today.
    vars()["from"] = Day(required=False)
    to = Day(required=False)
    by = Groups(required=False)
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    # "" means no area.
    area = Text(200, required=False, clearable=True)
    operatorId = OperatorId(required=False)
    channel = OneOf(*Channel.values, required=False)
    # Returns the rows behind the figure instead of the figure.
    rows = Flag(required=False)
    part = OneOf(*get_args(Part), required=False)
    # "" are those without a value.
    value = Text(32, required=False, clearable=True)
    after = Text(LONGEST_CURSOR, required=False)
    limit = Integer(1, MOST_ROWS, required=False)
