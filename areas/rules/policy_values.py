"""Validates the settings of a policy from provisioning or the admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from areas.codes import area_of_code
from areas.models import Assignment
from areas.models.policies import MOST_CHATS, YEAR
from areas.rules.hours import Problems, parse_hours
from hci_center.api.parsers import (
    WrongValueError,
    parse_flag,
    parse_integer,
    parse_text,
)

# The limit of a text with its variables; when filled, it is shortened to the gateway's
# limit.
LONGEST_TEXT = 4096
WEEK = 604_800

Parse = Callable[[Any], Any]


def _assign(value: Any) -> str:
    if value not in Assignment.values:
        raise WrongValueError(
            _("This must be one of %s.") % ", ".join(map(str, Assignment.values))
        )
    return str(value)


_text: Parse = partial(parse_text, longest=LONGEST_TEXT)
_seconds: Parse = partial(parse_integer, least=0, most=YEAR)

# By key: the column and the parser. Hours and areas are parsed separately.
FIELDS: dict[str, tuple[str, Parse]] = {
    "holidays": ("holidays", parse_flag),
    "awayText": ("away_text", _text),
    "assign": ("assign", _assign),
    "cap": ("cap", partial(parse_integer, least=0, most=MOST_CHATS)),
    "lastOperator": ("last_operator", _seconds),
    "releaseOffline": ("release_offline", _seconds),
    "slaQueue": ("sla_queue", _seconds),
    "slaFirst": ("sla_first", _seconds),
    "slaReply": ("sla_reply", _seconds),
    "slaResolution": ("sla_resolution", _seconds),
    "closingText": ("closing_text", _text),
    "closingReasonRequired": ("closing_reason_required", parse_flag),
    "transferReasonRequired": ("transfer_reason_required", parse_flag),
    "idleWarn": ("idle_warn", _seconds),
    "idleWarnText": ("idle_warn_text", _text),
    "idleClose": ("idle_close", _seconds),
    "idleText": ("idle_text", _text),
    "reopen": ("reopen", partial(parse_integer, least=0, most=WEEK)),
    "survey": ("survey", parse_flag),
    "surveyText": ("survey_text", _text),
    "surveyDays": ("survey_days", partial(parse_integer, least=0, most=365)),
    "commentUpTo": ("comment_up_to", partial(parse_integer, least=0, most=5)),
}
AREAS = {"awayArea": "away_area_id", "entryArea": "entry_area_id"}
KEYS = frozenset({"hours", *AREAS, *FIELDS})


def read_policy(
    given: Mapping[str, Any],
    *,
    manager_id: int,
    area_id: int | None,
    place: str,
    problems: Problems,
) -> dict[str, Any]:
    """Returns the columns of the given keys; adds errors by position."""
    columns: dict[str, Any] = {}
    for key in sorted(map(str, given)):
        value, where = given[key], f"{place}.{key}"
        if key not in KEYS:
            problems[where] = [_("There is no such field.")]
        elif key == "entryArea" and area_id is not None:
            problems[where] = [_("Only a manager has this setting.")]
        elif key in AREAS:
            try:
                columns |= _area(key, value, manager_id, area_id)
            except WrongValueError as error:
                problems[where] = [error.sentence]
        elif key == "hours":
            columns["hours"] = (
                None if value is None else parse_hours(value, where, problems)
            )
        else:
            column, parse = FIELDS[key]
            try:
                columns[column] = None if value is None else parse(value)
            except WrongValueError as error:
                problems[where] = [error.sentence]
    return columns


def printed_policy(row: Mapping[str, Any], codes: Mapping[int, str]) -> dict[str, Any]:
    """Returns the keys that a stored policy sets, in the format of `read_policy`."""
    printed: dict[str, Any] = {}
    if row["hours"] is not None:
        printed["hours"] = row["hours"]
    for key, column in AREAS.items():
        if row[column] is not None:
            printed[key] = codes[row[column]]
    if row["no_away_area"]:
        printed["awayArea"] = ""
    for key, (column, _parse) in FIELDS.items():
        if row[column] is not None:
            printed[key] = row[column]
    return printed


def _area(key: str, value: Any, manager_id: int, area_id: int | None) -> dict[str, Any]:
    """Returns the columns of an area given by its code; "" means explicitly none."""
    code = "" if value is None else parse_text(value, 64)
    found = None
    if code:
        found = area_of_code(manager_id, code)
        if found is None:
            raise WrongValueError(_("The manager has no area %s.") % code)
        if found.pk == area_id:
            raise WrongValueError(_("This is the area itself."))
    columns: dict[str, Any] = {AREAS[key]: None if found is None else found.pk}
    if key == "awayArea":
        columns["no_away_area"] = value is not None and not code
    return columns
