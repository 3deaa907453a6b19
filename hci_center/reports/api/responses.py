"""JSON Schemas of the answers of POST report."""

from __future__ import annotations

from hci_center.api.schema.operation_docs import Json

_SECONDS: Json = {"type": ["integer", "null"]}
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer"}
_DAY: Json = {"type": "string", "format": "date"}
_COUNTS: Json = {"type": "object", "additionalProperties": _NUMBER}
# The key of a row, by the groups that were asked for.
_KEY: Json = {
    **dict.fromkeys(("day", "week"), _DAY),
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    **dict.fromkeys(("hour", "weekday"), _NUMBER),
    **dict.fromkeys(("area", "operatorId", "channel"), _TEXT),
    "m": {"type": ["string", "integer"]},
}
_CLOCK: Json = {
    "type": "object",
    "properties": dict.fromkeys(("sum", "mean", "median", "p90", "max"), _SECONDS),
}
_FIGURES: Json = {
    "type": "object",
    "description": "The keys of the groups and the figures. Times are in seconds unless stated "
    "otherwise.\n\n"
    "- A duration: `n`, `sum`, `mean`, `median`, `p90` and `max`; `business` has "
    "the same figures within opening hours.\n"
    "- A share: `n`, `of` and `rate`. A count: `count`; `messages` also has `in`, "
    "`human` and `automatic`.\n"
    "- `delivery`: `n` queued messages, `sent` of them, `p50` and `p95` in "
    "milliseconds from queued to sent, the same from sent to delivered in "
    "`delivered`, and `failed` by code.\n"
    "- `health`: `n` incidents, the time `open`, the time of a `known` state, "
    "their `rate`, and `gaps`.\n"
    "- `occupancy`: `n` online spans, the time `online`, the part of it with a "
    "chat (`busy`), and `rate`.\n"
    "- `concurrency`: the time of all chats while online, added up (`held`), and "
    "`mean`, the number of chats at once.\n"
    "- `pauses`: `n`, `sum`, and both of each reason in `reasons`.\n"
    "- Counted in addition: `unserved` of `tme`; `unanswered` and `byPhone` "
    "(answered on the account's phone) of `tmr1` and `tmr`; `first` of `unanswered` (those that "
    "waited for the first answer); `marks` of `csat`; `lost` of "
    "`answered_surveys`; `dropped` by step of `contained`; `origins` of `opened`; "
    "`outcomes` of `closed`.",
    "properties": {
        **_KEY,
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
        "failed": _COUNTS,
        **dict.fromkeys(("marks", "dropped", "origins", "outcomes"), _COUNTS),
        **dict.fromkeys(
            ("unserved", "unanswered", "byPhone", "first", "lost"), _NUMBER
        ),
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
REPORT: Json = {
    "type": "object",
    "required": [
        *("metric", "version", "cohort", "unit", "zone", "from", "to", "at"),
        *("provisional", "rebuilding", "by", "rows", "total"),
    ],
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
DEFINITIONS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": [
            *("metric", "version", "name", "text", "cohort", "clocks", "unit", "by"),
            "null",
        ],
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
    "required": [
        *("protocol", "contactId", "m", "area", "operatorId", "channel", "from", "to"),
        *("seconds", "business"),
    ],
    "description": "`contactId` is null for auditors. It is also null, and `protocol` empty, for "
    "a figure that is not about chats. `area` and `operatorId` are null if the "
    "figure counts an episode once and the episode had several. `to` is null "
    "while the episode is open. `seconds` and `business` are null if the metric "
    "measures no time. `mark` is only present for `csat`.",
    "properties": {
        "protocol": {"type": "string"},
        "contactId": {"type": ["string", "integer", "null"]},
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
ROWS: Json = {
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
    "description": "By name: the number `n`, the time since when the `oldest` waits, and the "
    "time since when the one at the 90th percentile waits (`p90`). `unsent` also "
    "has the number that `failed` today.",
    "additionalProperties": {
        "type": "object",
        "required": ["n", "oldest", "p90"],
        "properties": {
            "n": {"type": "integer"},
            "oldest": _INSTANT,
            "p90": _INSTANT,
            "failed": {"type": "integer"},
        },
    },
}
NOW: Json = {
    "type": "object",
    "required": ["metric", "at", "tiles", "areas", "operators", "longest"],
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
                    "contactId": {"type": ["string", "integer", "null"]},
                    "m": {"type": ["string", "integer"]},
                    "protocol": {"type": "string"},
                    "area": {"type": "string"},
                    "since": _INSTANT,
                },
            },
        },
    },
}
