"""The request body of the trial of an assignment."""

from __future__ import annotations

from areas.models import Assignment
from areas.models.policies import YEAR
from chats.api.serializers.replies import FindOptions
from hci_center.api.fields import Integer, Moment, OneOf, Text

MOST_CAP = 1000


class TryAssignment(FindOptions):
    area = Text(200)
    # If absent, the settings in force.
    assign = OneOf(*Assignment.values, required=False)
    cap = Integer(0, MOST_CAP, required=False)
    lastOperator = Integer(0, YEAR, required=False)
    # `from` is a Python keyword.
    vars()["from"] = Moment(required=False)
    to = Moment(required=False)
