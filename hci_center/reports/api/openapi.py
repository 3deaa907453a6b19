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
        "Get the figures of a metric",
        "Returns the figures of one `metric` for the days `from` to `to`, both "
        "included, of one manager or of all that the caller may see, grouped `by` "
        "at most two groups. For supervisors, auditors and keys. Auditors get no "
        "`contactId`.\n\n"
        "- Durations are in whole seconds: by the calendar and, in `business`, "
        "within opening hours. `median` and `p90` are always the duration of a "
        "real conversation. A figure without samples is null.\n"
        "- `provisional`: the figures may still change. `rebuilding`: stored "
        "figures are being recomputed. `source` is only present if figures that "
        "should come from a standby database come from the main one; it says why.\n"
        "- Without `from` and `to`, the period is today, for each manager in its "
        "own time zone. `from` and `to` of the response differ while managers in "
        "several time zones have different dates.\n\n"
        "With `rows: true`, the response contains the samples behind the figure "
        "instead, in the order in which they happened. Their number is `n` of the "
        "figure (of a count, `count`). Groups are ignored.\n\n"
        "- `limit` is the number of rows of a page (default: 100, at most 1,000). "
        "To get the following page, send `next` as `after`.\n"
        "- `part` selects the rows. Of a share: `n`, `of` or `rest` (those in "
        "`of` but not in `n`). Of `messages`: `in`, `human` or `automatic`. Of "
        "`delivery`: `sent`, `delivered` or `failed`. Of `closed`: one of its "
        "`outcomes`. Also `marks` of `csat`, `lost` of `answered_surveys`, "
        "`dropped` of `contained`, `origins` of `opened`, and of durations what "
        "is counted beside them (`unserved`, `unanswered`, `byPhone`, `first`).\n"
        "- `value` restricts `failed` to a code, `marks` to a mark, `dropped` to "
        'a step and `origins` to an origin; `""` selects those where it was not '
        "recorded.\n\n"
        "`metric: now` returns the present state, at most one second old:\n\n"
        "- how many chats are waiting, claimed (held, but no person has written "
        "since), in service or with a bot; together these are all open chats;\n"
        "- how many chats wait for an answer (`owed`), wait for the customer "
        "(`awaiting`), were forgotten by a bot (`forgotten`), or have no operator "
        "who could take them (`without_home`);\n"
        "- how many targets are `at_risk` or `breached`, how many messages are "
        "`unsent`, how many `failed` today, and how many accounts are down "
        "(`accounts_down`);\n"
        "- the same by area and by operator, and the longest waits.\n\n"
        "`metric: definitions` returns what each metric counts.",
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
