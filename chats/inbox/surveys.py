"""Lists the surveys of a manager's customers, with their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from areas.models import Operator
from chats.conversations.message_rows import Shape
from chats.inbox.cursor import Cursor, ForeignCursorError
from chats.inbox.scope import Scope, find_areas
from contacts.queries import AS_TIME
from hci_center.errors import InvalidError, OperatorNotFoundError
from managers.models import Manager

_LIST = f"""
SELECT s.id, (extract(epoch FROM s.asked_at) * 1000000)::bigint, h.protocol, s.state,
       s.rating, s.comment, coalesce(s.operator_id, 0)::text, coalesce(a.code, ''),
       {AS_TIME.format("s.asked_at")}, {AS_TIME.format("s.answered_at")}
  FROM chats_survey s
  JOIN chats_chat h ON h.id = s.chat_id
  LEFT JOIN areas_area a ON a.id = s.area_id
 WHERE h.manager_id = %(manager)s
   AND (%(begin)s::timestamptz IS NULL OR s.asked_at >= %(begin)s::timestamptz)
   AND (%(end)s::timestamptz IS NULL OR s.asked_at < %(end)s::timestamptz)
   AND (%(area)s::bigint IS NULL OR s.area_id = %(area)s::bigint)
   AND (%(operator)s::bigint IS NULL
        OR coalesce(s.operator_id, 0) = %(operator)s::bigint)
   AND (%(value)s::timestamptz IS NULL
        OR (s.asked_at, s.id) < (%(value)s::timestamptz, %(survey)s))
 ORDER BY s.asked_at DESC, s.id DESC LIMIT %(rows)s
"""  # noqa: S608 - of columns


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """The filters and the page of a list.

    `first` and `last` are days in the manager's time zone (inclusive), or times.
    `operator_id` 0: surveys about chats without an operator.
    """

    first: date | datetime | None = None
    last: date | datetime | None = None
    area: str | None = None
    operator_id: int | None = None
    limit: int = 50
    after: str | None = None


def list_surveys(manager_id: int, request: SurveyRequest) -> Shape:
    """Returns a page of the manager's surveys, the newest first.

    Raises AreaNotFoundError, OperatorNotFoundError, and InvalidError for an `after` of
    another list or a period that ends before it begins.
    """
    filters = repr(
        (
            "surveys",
            manager_id,
            request.first,
            request.last,
            request.area,
            request.operator_id,
        )
    )
    values = _period(manager_id, request) | _after(request, filters)
    area = None
    if request.area is not None:
        [area] = find_areas(Scope([manager_id], None), request.area)
    if request.operator_id:
        known = Operator.objects.filter(pk=request.operator_id, manager=manager_id)
        if not known.exists():
            raise OperatorNotFoundError
    values |= {
        "manager": manager_id,
        "area": area,
        "operator": request.operator_id,
        "rows": request.limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIST, values)
        rows = cursor.fetchall()
    following = None
    if len(rows) > request.limit:
        del rows[request.limit :]
        survey_id, asked_at = rows[-1][:2]
        following = Cursor(0, 0, value=asked_at, chat_id=survey_id).encode(filters)
    return {"surveys": [_shape(row) for row in rows], "next": following}


def _period(manager_id: int, request: SurveyRequest) -> dict[str, Any]:
    """Returns the period in which the surveys were asked, the end excluded."""
    zone = ZoneInfo(
        Manager.objects.values_list("time_zone", flat=True).get(pk=manager_id)
    )
    begin = _instant(request.first, zone)
    end = _instant(request.last, zone, is_end=True)
    if begin is not None and end is not None and begin >= end:
        raise InvalidError({"to": [_("This is before the beginning of the period.")]})
    return {"begin": begin, "end": end}


def _instant(
    given: date | datetime | None, zone: ZoneInfo, *, is_end: bool = False
) -> datetime | None:
    """Returns a time unchanged, and for a day its midnight (or the next one)."""
    if given is None or isinstance(given, datetime):
        return given
    return datetime.combine(given + timedelta(days=int(is_end)), time(), zone)


def _after(request: SurveyRequest, filters: str) -> dict[str, Any]:
    if request.after is None:
        return {"value": None, "survey": 0}
    try:
        place = Cursor.decode(request.after, filters).parameters()
    except ForeignCursorError as error:
        sentence = _("This is not the `next` of a list with these filters.")
        raise InvalidError({"after": [sentence]}) from error
    return {"value": place["value"], "survey": place["chat"]}


def _shape(row: Any) -> Shape:
    names = (
        "protocol",
        "state",
        "rating",
        "comment",
        "operatorId",
        "area",
        "askedAt",
        "answeredAt",
    )
    return dict(zip(names, row[2:], strict=True))
