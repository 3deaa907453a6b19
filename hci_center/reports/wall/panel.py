"""The live figures with names, links and texts, for the wall."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from areas.models import Area, Operator
from chats.models import Chat
from hci_center.callers import Caller
from hci_center.reports.live import now
from hci_center.reports.scope import find_managers
from hci_center.reports.wall.tiles import Tile, further_tiles
from managers.admin.nameless import nameless
from managers.models import Manager

# Titles of the tiles in order, the list of chats that each links to, and whether a
# non-zero count is a warning.
TILES: tuple[tuple[str, Any, str, bool], ...] = (
    ("waiting", gettext_lazy("In the queue"), "?state=waiting", True),
    ("claimed", gettext_lazy("Taken, no answer yet"), "?state=answered", False),
    ("in_service", gettext_lazy("In service"), "?state=answered", False),
    ("owed", gettext_lazy("Customers waiting for an answer"), "?state=owed", False),
    ("with_bot", gettext_lazy("With the bot"), "?state=menu", False),
    ("forgotten", gettext_lazy("Forgotten by the bot"), "?state=menu", True),
    ("at_risk", gettext_lazy("Target at risk"), "?state=open", True),
    ("breached", gettext_lazy("Target missed"), "?state=open", True),
    ("without_home", gettext_lazy("Without a home"), "?situation=homeless", True),
    (
        "unsent",
        gettext_lazy("Messages not sent yet"),
        "?status__exact=wait&direction__exact=out",
        False,
    ),
    ("accounts_down", gettext_lazy("Accounts down"), "", True),
)
_LISTS = {
    "without_home": "contacts_contact",
    "unsent": "chats_message",
    "accounts_down": "chats_gatewayaccount",
}
# Columns of the table of areas.
OF_AREAS = ("waiting", "claimed", "in_service", "owed", "with_bot", "breached")


@dataclass(frozen=True, slots=True)
class AreaRow:
    manager: str
    name: str
    tiles: list[Tile]
    oldest: datetime | None
    online: int
    # A customer is waiting, and no operator of the area is online.
    is_alone: bool


@dataclass(frozen=True, slots=True)
class OperatorRow:
    name: str
    link: str
    presence: str
    reason: str
    since: datetime | None
    held: int
    claimed: int
    owed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    name: str
    link: str
    area: str
    protocol: str
    since: datetime


@dataclass(slots=True)
class Panel:
    at: datetime
    tiles: list[Tile]
    area_titles: list[str]
    areas: list[AreaRow] = field(default_factory=list)
    operators: list[OperatorRow] = field(default_factory=list)
    longest: list[Wait] = field(default_factory=list)
    # Auditors have no feed that would tell of changes.
    is_live: bool = True


def panel_of(caller: Caller) -> Panel:
    """Returns the content of the wall for the managers that the caller may access."""
    live = now(caller)
    names = _Names(caller, live)
    titles = {name: str(title) for name, title, _link, _warns in TILES}
    return Panel(
        at=_moment(live["at"]),
        tiles=[
            *(_tile(*tile, live["tiles"][tile[0]]) for tile in TILES),
            *further_tiles(caller),
        ],
        area_titles=[titles[name] for name in OF_AREAS],
        areas=[names.area_row(row) for row in live["areas"]],
        operators=[names.operator_row(row) for row in live["operators"]],
        longest=[wait for row in live["longest"] if (wait := names.wait(row))],
        is_live=caller.role != "auditor",
    )


def _tile(
    name: str, title: Any, query: str, warns: bool, figure: dict[str, Any]
) -> Tile:
    route = _LISTS.get(name, "chats_chat")
    return Tile(
        name,
        str(title),
        figure["n"],
        reverse(f"admin:{route}_changelist") + query,
        _moment_or_none(figure["oldest"]),
        _moment_or_none(figure["p90"]),
        warns and figure["n"] > 0,
        note=_failed(figure.get("failed", 0)),
    )


def _failed(n: int) -> str:
    if not n:
        return ""
    return ngettext("%(n)d failed today", "%(n)d failed today", n) % {"n": n}


class _Names:
    """The names and row ids behind the codes and ids of the live figures."""

    def __init__(self, caller: Caller, live: dict[str, Any]) -> None:
        self.hides_names = caller.role == "auditor"
        managers = find_managers(caller, None)
        ids = list(managers.ids)
        self.managers = {managers.name(pk): pk for pk in ids}
        names = Manager.objects.filter(pk__in=ids)
        # One needs no name.
        self.names = dict(names.values_list("pk", "name")) if len(ids) > 1 else {}
        areas = Area.objects.filter(manager__in=ids)
        self.areas = {
            (area.manager_id, area.code): area
            for area in areas.only("pk", "manager_id", "code", "name")
        }
        people = [int(row["operatorId"]) for row in live["operators"]]
        operators = Operator.objects.filter(pk__in=people)
        self.operators = dict(operators.values_list("pk", "name"))
        protocols = [row["protocol"] for row in live["longest"]]
        chats = Chat.objects.filter(manager__in=ids, protocol__in=protocols)
        self.chats = {
            (chat.manager_id, chat.protocol): chat
            for chat in chats.select_related("contact")
        }

    def _area(self, row: dict[str, Any]) -> Area | None:
        return self.areas.get((self.managers[row["m"]], row["area"]))

    def area_row(self, row: dict[str, Any]) -> AreaRow:
        area = self._area(row)
        links = {name: link for name, _title, link, _warns in TILES}
        chats = reverse("admin:chats_chat_changelist")
        tiles = []
        for name in OF_AREAS:
            n = row["tiles"][name]["n"]
            place = f"&contact__area__id__exact={area.pk}" if area else ""
            link = f"{chats}{links[name]}{place}" if area and n else ""
            tiles.append(Tile(name, "", n, link))
        waiting = row["tiles"]["waiting"]
        return AreaRow(
            manager=self.names.get(self.managers[row["m"]], ""),
            name=area.name if area else _("without an area"),
            tiles=tiles,
            oldest=_moment_or_none(waiting["oldest"]),
            online=row["online"],
            is_alone=waiting["n"] > 0 and row["online"] == 0,
        )

    def operator_row(self, row: dict[str, Any]) -> OperatorRow:
        pk = int(row["operatorId"])
        return OperatorRow(
            name=self.operators.get(pk, row["operatorId"]),
            link=reverse("admin:areas_operator_change", args=[pk]),
            presence=row["presence"],
            reason=row["pauseReason"],
            since=_moment_or_none(row["since"]),
            held=row["held"],
            claimed=row["claimed"],
            owed=row["owed"],
            oldest=_moment_or_none(row["oldest"]),
        )

    def wait(self, row: dict[str, Any]) -> Wait | None:
        chat = self.chats.get((self.managers[row["m"]], row["protocol"]))
        if chat is None:  # deleted meanwhile
            return None
        area = self._area(row)
        return Wait(
            nameless(chat.contact_id) if self.hides_names else chat.contact.name,
            reverse("admin:chats_chat_change", args=[chat.pk]),
            area.name if area else _("without an area"),
            chat.protocol,
            _moment(row["since"]),
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)
