"""Writes new versions of the hours when hours, holidays, targets or zone change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import connection, transaction

from areas.models import Area, Holiday, Menu, Schedule
from areas.rules.hours import Span, spans_of_date, spans_of_week
from areas.rules.openings import extend
from areas.rules.policies import PolicySettings, policies_of
from managers.models import Manager

# Customers inside a removed menu leave it at their next message: the rules must run for
# that.
_IS_ANYBODY_INSIDE = """
SELECT EXISTS (SELECT FROM chats_menustate s
                 JOIN chats_chat h ON h.id = s.chat_id AND h.closed_at IS NULL
                WHERE h.manager_id = %s)
"""


@dataclass(frozen=True, slots=True)
class _Content:
    zone: str
    hours: dict[str, list[list[str]]]
    holidays: dict[str, list[list[str]]]
    targets: dict[str, int]


@transaction.atomic
def refresh_rules(manager_id: int, made_by: str = "") -> bool:
    """Writes the versions and references that the current settings require.

    Also keeps `has_automation`. To be called in the transaction that changed a policy,
    a holiday, the menu or the manager's zone. Returns whether anything was written.
    """
    manager = (
        Manager.objects.select_for_update(no_key=True)
        .only("time_zone", "schedule_id", "has_automation")
        .get(pk=manager_id)
    )
    areas = list(
        Area.objects.filter(manager=manager)
        .only("manager_id", "schedule_id")
        .order_by()
    )
    settings = policies_of(manager_id, [area.pk for area in areas])
    contents = _contents(manager, settings)
    in_force = _in_force([manager, *areas])
    # If an area has its own version, the manager needs one too, so that chats have a
    # version in every area.
    has_own = any(
        area.schedule_id is not None or contents[area.pk] != contents[None]
        for area in areas
    )
    written = _point(manager, contents[None], in_force, made_by, is_needed=has_own)
    for area in areas:
        content = None if contents[area.pk] == contents[None] else contents[area.pk]
        written |= _point(area, content, in_force, made_by)
    acts = any(map(_acts, settings.values())) or _has_menu(manager_id)
    if manager.has_automation != acts:
        Manager.objects.filter(pk=manager_id).update(has_automation=acts)
        written = True
    return written


def _point(
    row: Manager | Area,
    content: _Content | None,
    in_force: dict[int, _Content],
    made_by: str,
    *,
    is_needed: bool = False,
) -> bool:
    """Sets the row's version to one with that content, inserted unless it is in force.

    An area without its own content (None) uses its manager's. A manager gets no first
    version for the default content unless `is_needed`.
    """
    present = None if row.schedule_id is None else in_force.get(row.schedule_id)
    if content == present:
        return False
    manager_id, area_id = row.pk, None
    if isinstance(row, Area):
        manager_id, area_id = row.manager_id, row.pk
    elif present is None and not is_needed and content == _default(row.time_zone):
        # Always open without targets is the default without a version.
        return False
    version = None
    if content is not None:
        version = Schedule.objects.create(
            manager_id=manager_id,
            area_id=area_id,
            made_by=made_by,
            **asdict(content),
        ).pk
        extend(version)
    type(row).objects.filter(pk=row.pk).update(schedule_id=version)
    return True


def _in_force(rows: Iterable[Manager | Area]) -> dict[int, _Content]:
    ids = [row.schedule_id for row in rows if row.schedule_id is not None]
    return {
        row.pk: _Content(row.zone, row.hours, row.holidays, row.targets)
        for row in Schedule.objects.filter(pk__in=ids)
    }


def _contents(
    manager: Manager, settings: dict[int | None, PolicySettings]
) -> dict[int | None, _Content]:
    rows = list(Holiday.objects.filter(manager=manager).order_by("date", "pk"))
    common = [row for row in rows if row.area_id is None]
    return {
        area_id: _content(
            manager.time_zone,
            each,
            holidays_by_key(
                common,
                [row for row in rows if row.area_id == area_id and area_id is not None],
            )
            if each.holidays
            else {},
        )
        for area_id, each in settings.items()
    }


def _content(
    zone: str, settings: PolicySettings, holidays: dict[str, tuple[Span, ...]]
) -> _Content:
    week = enumerate(spans_of_week(settings.hours), start=1)
    return _Content(
        zone=zone,
        hours={str(day): _as_texts(spans) for day, spans in week},
        holidays={key: _as_texts(spans) for key, spans in sorted(holidays.items())},
        targets={
            "tme": settings.sla_queue,
            "tmr1": settings.sla_first,
            "tmr": settings.sla_reply,
            "resolution": settings.sla_resolution,
        },
    )


def _default(zone: str) -> _Content:
    return _content(zone, PolicySettings(), {})


def _as_texts(spans: Iterable[Span]) -> list[list[str]]:
    return [[f"{m // 60:02}:{m % 60:02}" for m in span] for span in spans]


def holidays_by_key(
    common: Iterable[Holiday], own: Iterable[Holiday]
) -> dict[str, tuple[Span, ...]]:
    """Returns spans by "2026-11-20" or, for every year, by "11-20".

    An area's holidays take precedence over the manager's, and readers prefer a dated
    one to a yearly one. So a dated one of the manager is omitted if the area has a
    yearly one.
    """
    found = {_key(row): spans_of_date(row.hours) for row in common}
    for row in own:
        if row.is_yearly:
            found = {key: spans for key, spans in found.items() if key[5:] != _key(row)}
    return found | {_key(row): spans_of_date(row.hours) for row in own}


def _key(row: Holiday) -> str:
    text = row.date.isoformat()
    return text[5:] if row.is_yearly else text


def _acts(settings: PolicySettings) -> bool:
    """Returns whether these settings enable any rule."""
    return bool(
        settings.entry_area_id
        or settings.assign != "off"
        or settings.away_text
        or settings.away_area_id
        or settings.last_operator
        or settings.release_offline
        or settings.sla_queue
        or settings.sla_first
        or settings.sla_reply
        or settings.sla_resolution
        or settings.closing_text
        or settings.closing_reason_required
        or settings.transfer_reason_required
        or settings.idle_warn
        or settings.idle_close
        or settings.reopen
        or settings.survey
    )


def _has_menu(manager_id: int) -> bool:
    """Returns whether there is a menu, or a customer still inside an earlier one."""
    newest = Menu.objects.filter(manager=manager_id).order_by("-version").first()
    if newest is not None and newest.body is not None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_IS_ANYBODY_INSIDE, [manager_id])
        return bool(cursor.fetchone()[0])
