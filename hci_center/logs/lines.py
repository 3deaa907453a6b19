"""Formats log records as lines of JSON, one object each (docs/operations.md)."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

from hci_center.audit.actor import current_request
from hci_center.database.log_lines import without_values
from hci_center.masking import masked
from hci_center.request_ids import KEY

# Messages are short; a longer one probably contains data that it should not.
LONGEST_EVENT = 2000
LONGEST_TRACEBACK = 20_000


class Lines(structlog.stdlib.ProcessorFormatter):
    """structlog's formatter for the records of every logger, ours and others'."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _add_request,
                _add_exception,
                _add_left_out,
                self.remove_processors_meta,
                _mask,
                structlog.processors.JSONRenderer(serializer=dump),
            ],
        )


def dump(fields: Any, **_options: Any) -> str:
    """Returns the fields as JSON on one line; lone surrogates are replaced."""
    try:
        return orjson.dumps(fields, default=str).decode()
    except orjson.JSONEncodeError:
        clean = {
            name: value.encode("utf-8", "replace").decode()
            if isinstance(value, str)
            else value
            for name, value in fields.items()
        }
        return orjson.dumps(clean, default=str).decode()


def _add_request(_logger: Any, _name: str, fields: EventDict) -> EventDict:
    """Adds the current request: its id, call and sender."""
    request = current_request()
    if request is None:
        return fields
    fields.setdefault("request_id", request.META.get(KEY, ""))
    match = getattr(request, "resolver_match", None)
    if match is not None:
        fields.setdefault("route", f"/{match.route}")
    caller = getattr(request, "caller", None)
    if caller is not None:
        fields.setdefault("caller", caller.credential)
        if caller.managers is not None and len(caller.managers) == 1:
            fields.setdefault("manager_id", next(iter(caller.managers)))
    return fields


def _add_exception(_logger: Any, _name: str, fields: EventDict) -> EventDict:
    info = fields.pop("exc_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        fields["exception"] = without_values(info[1])
    return fields


def _add_left_out(_logger: Any, _name: str, fields: EventDict) -> EventDict:
    """Adds the number of suppressed security events of this kind."""
    record: logging.LogRecord = fields["_record"]
    if getattr(record, "left_out", 0):
        fields["left_out"] = record.left_out  # type: ignore[attr-defined]
    return fields


def _mask(_logger: Any, _name: str, fields: EventDict) -> EventDict:
    fields["event"] = masked(str(fields["event"])[:LONGEST_EVENT])
    if "exception" in fields:
        fields["exception"] = masked(fields["exception"][-LONGEST_TRACEBACK:])
    return fields
