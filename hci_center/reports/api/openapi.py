"""OpenAPI documentation of POST report."""

from __future__ import annotations

from hci_center.api.schema.operation_docs import Json, OperationDoc
from hci_center.errors import (
    AreaNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)

CHAPTER = "Reports"

_SECONDS: Json = {"type": ["integer", "null"]}
_CLOCK: Json = {
    "type": "object",
    "properties": dict.fromkeys(("sum", "mean", "median", "p90", "max"), _SECONDS),
}
_FIGURES: Json = {
    "type": "object",
    "description": "The keys of the group, and the figures: of a duration `n`, `sum`, "
    "`mean`, `median`, `p90` and `max` in seconds, and the same of the open hours in "
    "`business`; of a share `n`, `of` and `rate`; of a count `count`, of `messages` also "
    "`in`, `human` and `automatic`. `delivery`: `n` queued, `sent` of them, `p50` and "
    "`p95` in milliseconds until sent, the same from sent to delivered in `delivered`, "
    "and `failed` by code. `health`: `n` incidents, seconds `open` of `known` ones, "
    "their `rate`, and `gaps`. `occupancy`: `n` spans online, seconds `online`, `busy` of "
    "them with a chat, and `rate`; `concurrency`: seconds of all chats in them, `held`, "
    "and `mean`, at once; `pauses`: `n`, `sum` seconds, and both of each reason in "
    "`reasons`.",
    "properties": {
        "n": {"type": "integer"},
        **_CLOCK["properties"],
        "mean": {"type": ["number", "null"]},
        "business": _CLOCK,
        "of": {"type": "integer"},
        "rate": {"type": ["number", "null"]},
        "count": {"type": "integer"},
        "in": {"type": "integer"},
        "human": {"type": "integer"},
        "automatic": {"type": "integer"},
        "sent": {"type": "integer"},
        "p50": _SECONDS,
        "p95": _SECONDS,
        "delivered": {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "p50": _SECONDS, "p95": _SECONDS},
        },
        "failed": {"type": "object", "additionalProperties": {"type": "integer"}},
        "open": {"type": "integer"},
        "known": {"type": "integer"},
        "gaps": {"type": "integer"},
        "online": {"type": "integer"},
        "busy": {"type": "integer"},
        "held": {"type": "integer"},
        "reasons": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"n": {"type": "integer"}, "sum": {"type": "integer"}},
            },
        },
    },
    "additionalProperties": True,
}
_REPORT: Json = {
    "type": "object",
    "properties": {
        "metric": {"type": "string"},
        "version": {"type": "integer"},
        "cohort": {
            "type": "string",
            "enum": ["happened", "closed", "opened", "queued"],
        },
        "unit": {"type": "string", "enum": ["s", "share", "mean", "count", "ms"]},
        "zone": {"type": ["string", "null"]},
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "provisional": {"type": "boolean"},
        "rebuilding": {"type": "boolean"},
        "source": {"type": "string"},
        "by": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": _FIGURES},
        "total": _FIGURES,
    },
}
_DEFINITIONS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "metric": {"type": "string"},
            "version": {"type": "integer"},
            "name": {"type": "string"},
            "text": {"type": "string"},
            "cohort": {"type": "string"},
            "clocks": {"type": "array", "items": {"type": "string"}},
            "unit": {"type": "string"},
            "by": {"type": "array", "items": {"type": "string"}},
            "null": {"type": "string"},
        },
    },
}
_ROW: Json = {
    "type": "object",
    "description": "`area` and `operatorId` are null where the figure counts an episode "
    "once and it had several; `to` is null while the episode goes on; `seconds` and "
    "`business` are null where nothing is measured. `csat` has `mark`.",
    "properties": {
        "protocol": {"type": "string"},
        "contactId": {"type": ["string", "integer"]},
        "m": {"type": ["string", "integer"]},
        "area": {"type": ["string", "null"]},
        "operatorId": {"type": ["string", "null"]},
        "channel": {"type": "string"},
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": ["string", "null"], "format": "date-time"},
        "seconds": _SECONDS,
        "business": _SECONDS,
        "mark": {"type": "integer"},
    },
}
_ROWS: Json = {
    "type": "object",
    "required": ["rows"],
    "properties": {
        "rows": {"type": "array", "items": _ROW},
        "next": {"type": "string"},
        "source": {"type": "string"},
    },
}
_INSTANT: Json = {"type": ["string", "null"], "format": "date-time"}
_TILES: Json = {
    "type": "object",
    "description": "By name: how many, and since when the oldest and the one that 90 % "
    "do not exceed wait.",
    "additionalProperties": {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "oldest": _INSTANT, "p90": _INSTANT},
    },
}
_NOW: Json = {
    "type": "object",
    "properties": {
        "metric": {"type": "string", "const": "now"},
        "at": {"type": "string", "format": "date-time"},
        "tiles": _TILES,
        "areas": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "m": {"type": ["string", "integer"]},
                    "area": {"type": "string"},
                    "tiles": _TILES,
                    "online": {"type": "integer"},
                },
            },
        },
        "operators": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "operatorId": {"type": "string"},
                    "m": {"type": ["string", "integer"]},
                    "presence": {"type": "string"},
                    "pauseReason": {"type": "string"},
                    "since": _INSTANT,
                    "held": {"type": "integer"},
                    "claimed": {"type": "integer"},
                    "owed": {"type": "integer"},
                    "oldest": _INSTANT,
                },
            },
        },
        "longest": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "contactId": {"type": ["string", "integer"]},
                    "m": {"type": ["string", "integer"]},
                    "protocol": {"type": "string"},
                    "area": {"type": "string"},
                    "since": _INSTANT,
                },
            },
        },
    },
}
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
        "A metric of a closed interval of days (today, if none is given) by at most two "
        "groups, for one manager or all that the caller may see. Durations are in whole "
        "seconds by the calendar and within the open hours; median and p90 are always "
        "the time of a real conversation. `provisional`: the figures may still change. "
        "`rebuilding`: kept rows are being made anew. `source` is there while figures that "
        "should come from a standby come from the main database, and says why. Without a sample a figure is null. "
        "With `rows: true` the samples behind the figure come instead, in the order in "
        "which they happened, `limit` a page (100, at most 1,000) and from `next` on "
        "with `after`: their number is `n` (of a count, `count`). `part` chooses those "
        "of a share: `n`, `of`, or `rest`, which are in `of` and not in `n`; of `messages` "
        "`in`, `human` or `automatic`; of `delivery` `sent`, `delivered` or `failed`. "
        "Groups do not matter there. `metric: now` answers the present of the managers, at most a "
        "second old: how many chats wait, are claimed (held, and no person has written "
        "since), in service, or with a bot, which are all open ones; `owed` an answer; "
        "`awaiting` the customer; `forgotten` by a bot; `without_home`, that nobody can "
        "take; `at_risk` or `breached` targets; `unsent` messages, and how many `failed` today; `accounts_down`; the "
        "same by area and operator; and the longest waits. `metric: definitions` answers what each metric counts. For supervisors and "
        "keys.",
        answer={"anyOf": [_REPORT, _ROWS, _NOW, _DEFINITIONS]},
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
