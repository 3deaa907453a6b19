"""OpenAPI documentation of POST report."""

from __future__ import annotations

from hci_center.api.schema.operation_docs import Json, OperationDoc
from hci_center.errors import (
    AreaNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)
from hci_center.reports.api.responses import DEFINITIONS, NOW, REPORT, ROWS

CHAPTER = "Reports"

# The figures of tests/reports/hand_checked.py.
_SUPPORT: Json = {
    "n": 4,
    "sum": 6090,
    "mean": 1523,
    "median": 570,
    "p90": 4800,
    "max": 4800,
    "business": {
        "sum": 2490,
        "mean": 623,
        "median": 570,
        "p90": 1200,
        "max": 1200,
    },
    "unserved": 1,
}
EXAMPLE: Json = {
    "metric": "tme",
    "version": 1,
    "cohort": "happened",
    "unit": "s",
    "zone": "America/Sao_Paulo",
    "from": "2025-11-17",
    "to": "2025-11-30",
    "at": "2025-12-01T12:00:00.000Z",
    "provisional": False,
    "rebuilding": False,
    "by": ["area"],
    "rows": [{"area": "suporte", **_SUPPORT}],
    "total": _SUPPORT,
}

PAGES = {
    "report": OperationDoc(
        "Figures of a metric",
        "A metric of a closed interval of days by at most two "
        "groups, for one manager or all that the caller may see. Durations are in whole "
        "seconds by the calendar and within the open hours; median and p90 are always "
        "the time of a real conversation. `provisional`: the figures may still change. "
        "Without days it is today: of each manager where it is, so `from` and `to` "
        "differ while managers of several time zones do not have the same date. `rebuilding`: kept rows are being made anew. `source` is there while figures that "
        "should come from a standby come from the main database, and says why. Without a sample a figure is null. "
        "With `rows: true` the samples behind the figure come instead, in the order in "
        "which they happened, `limit` a page (100, at most 1,000) and from `next` on "
        "with `after`: their number is `n` (of a count, `count`). `part` chooses those "
        "of a share: `n`, `of`, or `rest`, which are in `of` and not in `n`; of `messages` "
        "`in`, `human` or `automatic`; of `delivery` `sent`, `delivered` or `failed`; of "
        "`closed` one of its `outcomes`; `marks` of `csat`, `lost` of `answered_surveys`, "
        "`dropped` of `contained`, `origins` of `opened`; of durations what is counted beside them (`unserved`, "
        "`unanswered`, `byPhone`, `first`). `value` restricts `failed` to a "
        'code, `marks` to a mark, `dropped` to a step, `origins` to an origin; `""` is '
        "not recorded. "
        "Groups do not matter there. `metric: now` answers the present of the managers, at most a "
        "second old: how many chats wait, are claimed (held, and no person has written "
        "since), in service, or with a bot, which are all open ones; `owed` an answer; "
        "`awaiting` the customer; `forgotten` by a bot; `without_home`, that nobody can "
        "take; `at_risk` or `breached` targets; `unsent` messages, and how many `failed` today; `accounts_down`; the "
        "same by area and operator; and the longest waits. `metric: definitions` answers what each metric counts. For supervisors, "
        "auditors, who get no `contactId`, and keys.",
        answer={"anyOf": [REPORT, ROWS, NOW, DEFINITIONS]},
        example=EXAMPLE,
        bodies={
            "The queue by area": {
                "metric": "tme",
                "number": 551144440001,
                "from": "2025-11-17",
                "to": "2025-11-30",
                "by": ["area"],
                "area": "suporte",
            },
            "Rows of the queue": {
                "metric": "tme",
                "from": "2025-11-17",
                "to": "2025-11-30",
                "area": "suporte",
                "rows": True,
                "limit": 50,
            },
            "Failed deliveries": {
                "metric": "delivery",
                "from": "2025-11-17",
                "to": "2025-11-30",
                "rows": True,
                "part": "failed",
            },
            "The present": {"metric": "now"},
            "Definitions": {"metric": "definitions"},
        },
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            AreaNotFoundError,
            OperatorNotFoundError,
        ),
    )
}
