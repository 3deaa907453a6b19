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
    "description": "The keys of the group, and the figures: of a duration `n`, `sum`, "
    "`mean`, `median`, `p90` and `max` in seconds, and the same of the open hours in "
    "`business`; of a share `n`, `of` and `rate`; of a count `count`, of `messages` also "
    "`in`, `human` and `automatic`. `delivery`: `n` queued, `sent` of them, `p50` and "
    "`p95` in milliseconds until sent, the same from sent to delivered in `delivered`, "
    "and `failed` by code. `health`: `n` incidents, seconds `open` of `known` ones, "
    "their `rate`, and `gaps`. `occupancy`: `n` spans online, seconds `online`, `busy` of "
    "them with a chat, and `rate`; `concurrency`: seconds of all chats in them, `held`, "
    "and `mean`, at once; `pauses`: `n`, `sum` seconds, and both of each reason in "
    "`reasons`. Beside them: of `tme` the `unserved`; of `tmr1` and `tmr` the "
    "`unanswered`, and those answered `byPhone`; of `unanswered` how many waited for the "
    "`first` answer; of `csat` the `marks`; of `answered_surveys` the `lost`; of "
    "`contained` the `dropped` by step; of `opened` the `origins`; of `closed` the "
    "`outcomes`.",
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
    "description": '`contactId` is null for auditors and, with `protocol` "", where the '
    "figure is not of conversations; `area` and `operatorId` are null where it counts an "
    "episode once and it had several; `to` is null while the episode goes on; `seconds` "
    "and `business` are null where nothing is measured. `csat` has `mark`.",
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
    "description": "By name: how many, and since when the oldest and the one that 90 % "
    "do not exceed wait; of `unsent` also how many `failed` today.",
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
