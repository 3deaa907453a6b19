"""Converts MongoDB's extended JSON, relaxed and canonical, to Python values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from hci_center.api.parsers import WrongValueError, parse_timestamp

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
_WHOLE = re.compile(r"-?[0-9]{1,19}")


def plain(value: Any) -> Any:
    """Returns the value of a wrapper such as {"$numberLong": "5"}; others unchanged.

    Numbers without a fraction become `int`: the shell of MongoDB stores 5 as 5.0.
    Raises WrongValueError for a wrapper with an invalid value.
    """
    if type(value) is float:
        return int(value) if value.is_integer() else value
    if type(value) is dict and len(value) == 1:
        [(name, inner)] = value.items()
        unwrap = _WRAPPERS.get(name)
        if unwrap is not None:
            return unwrap(inner)
    return value


def time_of(value: Any) -> datetime:
    """Parses a date, an ISO 8601 text, or a Unix time in seconds or milliseconds."""
    value = plain(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and "-" in value:
        return _from_iso(value)
    return parse_timestamp(value)


def seconds_of_id(value: Any) -> datetime | None:
    """Returns the creation time of an ObjectId, to the second; None for other ids."""
    if isinstance(value, str) and _OBJECT_ID.fullmatch(value):
        return datetime.fromtimestamp(int(value[:8], 16), UTC)
    return None


def _object_id(value: Any) -> str:
    if isinstance(value, str) and _OBJECT_ID.fullmatch(value):
        return value.lower()
    raise WrongValueError(_("This is no ObjectId."))


def _whole(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not _WHOLE.fullmatch(text):
        raise WrongValueError(_("This must be a whole number."))
    return int(text)


def _double(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise WrongValueError(_("This must be a number."))
    return plain(number)


def _date(value: Any) -> datetime:
    if isinstance(value, str):
        return _from_iso(value)
    milliseconds = _whole(value["$numberLong"] if _is_long(value) else value)
    return parse_timestamp(milliseconds / 1000)


def _is_long(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["$numberLong"]


def _timestamp(value: Any) -> datetime:
    return parse_timestamp(plain(value.get("t")) if isinstance(value, dict) else None)


def _from_iso(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise WrongValueError(_("This is no date.")) from error


_WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "$oid": _object_id,
    "$numberInt": _whole,
    "$numberLong": _whole,
    "$numberDouble": _double,
    "$numberDecimal": _double,
    "$date": _date,
    "$timestamp": _timestamp,
    "$symbol": lambda value: value,
    "$undefined": lambda _value: None,
}
