"""The lists and limits that a console needs for a manager's operators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from areas.models import Area, ClosingReason, Menu, PauseReason, TransferReason
from areas.rules.policies import policies_of
from areas.rules.schedules import Timetable, timetables_of
from chats.accounts.sessions import largest_file
from chats.conversations.message_rows import Shape
from chats.gateways.limits import LONGEST_TEXTS
from chats.messages.base64_text import LONGEST_CONTENT
from chats.rules.texts import VARIABLES
from contacts.models import Channel, Tag
from managers.models import Manager


def options_of(manager_id: int, channel: str) -> Shape:
    """Returns the lists and limits of a manager, for its number or its page."""
    manager = Manager.objects.without_secrets().get(pk=manager_id)
    gateway = "messenger" if channel == Channel.FACEBOOK else manager.gateway
    reported = largest_file(manager_id, channel)
    return {
        "closingReasons": _closing_reasons(manager_id),
        "transferReasons": _listed(TransferReason, manager_id, "code", "name"),
        "pauseReasons": _listed(PauseReason, manager_id, "code", "name", "minutes"),
        "tags": _listed(Tag, manager_id, "code", "name", "colour"),
        "variables": list(VARIABLES),
        "menuOn": _has_menu(manager_id),
        "areas": _areas(manager_id, timezone.now()),
        "gateway": gateway,
        "largestFile": min(settings.LARGEST_FILE, reported or settings.LARGEST_FILE),
        "longestText": LONGEST_TEXTS.get(gateway, LONGEST_CONTENT),
        "supervisors": _supervisors(manager_id),
    }


def _listed(model: Any, manager_id: int, *columns: str) -> list[Shape]:
    rows = model.objects.filter(manager=manager_id, is_active=True)
    return list(rows.order_by("pk").values(*columns))


def _closing_reasons(manager_id: int) -> list[Shape]:
    rows = ClosingReason.objects.filter(manager=manager_id, is_active=True)
    return [
        {"code": code, "name": name, "area": area or ""}
        for code, name, area in rows.order_by("pk").values_list(
            "code", "name", "area__code"
        )
    ]


def _has_menu(manager_id: int) -> bool:
    newest = Menu.objects.filter(manager=manager_id).order_by("-version").first()
    return newest is not None and newest.body is not None


def _areas(manager_id: int, now: datetime) -> list[Shape]:
    codes = dict(
        Area.objects.in_use()
        .filter(manager=manager_id)
        .order_by("pk")
        .values_list("pk", "code")
    )
    policies = policies_of(manager_id, codes)
    timetables = timetables_of(manager_id)
    return [
        {
            "id": code,
            **_opening(timetables[area_id], now),
            "closingReasonRequired": policies[area_id].closing_reason_required,
            "transferReasonRequired": policies[area_id].transfer_reason_required,
        }
        for area_id, code in codes.items()
        # One that was created after the first query is returned by the next call.
        if area_id in timetables
    ]


def _opening(timetable: Timetable, now: datetime) -> Shape:
    is_open = timetable.is_open(now)
    opens = None if is_open else timetable.next_change(now)
    if opens is None:
        return {"open": is_open, "opensAt": None}
    text = opens.astimezone(UTC).isoformat(timespec="milliseconds")
    return {"open": is_open, "opensAt": text.replace("+00:00", "Z")}


def _supervisors(manager_id: int) -> list[str]:
    people = User.objects.filter(supervisions__manager=manager_id, is_active=True)
    return [each.get_full_name() or each.username for each in people.order_by("pk")]
