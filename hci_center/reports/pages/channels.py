"""channels/: uptime of accounts, incidents and hours without messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.models import GatewayAccount, SessionChange
from contacts.models import Channel
from hci_center.audit.models import AuditLine
from hci_center.reports.computing.report import Figures, Report
from hci_center.reports.computing.uptime import Gap, bounds, sessions, uptime_with_gaps
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import strips
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.row_lists import local_time
from hci_center.reports.pages.tables import Cell, Column, Table, clock_text, moment_text
from hci_center.reports.rows import rows_of

METRIC = "health"
MOST_LISTED = 1000
# The columns of a manager whose change renews the credentials of a channel's account.
_SECRETS = {
    Channel.WHATSAPP.value: "gateway_settings",
    Channel.FACEBOOK.value: "facebook_token",
}
Account = tuple[int, str]


class Channels(ReportPage):
    name = "channels"
    title = gettext_lazy("Channels")
    choices: ClassVar[tuple[str, ...]] = ("channel",)

    def build(self, address: Address) -> Content:
        metric = METRICS[METRIC]
        if not {*address.filters} <= {*metric.by}:
            note = self.unfiltered(address, metric)
            return Content([Section(label_of(metric), notes=[note])], (METRIC,))
        accounts = _accounts(address)
        found, gaps = uptime_with_gaps(address.question(METRIC, "manager", "channel"))
        table = _table(address, accounts, found)
        legend = _(
            "Low and green: open; high and orange: not open; empty: nothing known."
        )
        chart: str = _strips(address, accounts) if accounts else ""
        sections = [
            Section(_("Accounts"), table, chart, [legend] if chart else []),
            Section(_("Incidents"), _incidents(address), is_wrapped=True),
            Section(_("Suspected gaps"), _gaps(address, gaps)),
        ]
        sections[2].notes.append(
            _(
                "Hours in which an account has no message at all, though the same hour of "
                "the four weeks before usually had some."
            )
        )
        return Content(sections, (METRIC,))


def _accounts(address: Address) -> dict[Account, GatewayAccount]:
    rows = GatewayAccount.objects.filter(manager__in=address.scope.ids).defer("qr")
    if address.channel is not None:
        rows = rows.filter(channel=address.channel)
    found = {(row.manager_id, row.channel): row for row in rows}
    return dict(
        sorted(found.items(), key=lambda one: _name(address, one[0]).casefold())
    )


def _name(address: Address, account: Account) -> str:
    manager_id, channel = account
    name = str(dict(Channel.choices).get(channel, channel))
    if address.scope.only is not None:
        return name
    return f"{name} · {address.scope.managers[manager_id].name}"


def _table(
    address: Address, accounts: dict[Account, GatewayAccount], found: Report
) -> Table:
    columns = [
        Column(_("Account")),
        Column(_("Now")),
        Column(_("Since"), "moment"),
        Column(_("Uptime"), "share"),
        Column(_("Time open"), "seconds"),
        Column(_("Time known"), "seconds"),
        Column(_("Incidents"), "count"),
        Column(_("Suspected gaps"), "count"),
        Column(_("Age of the access, days"), "count"),
    ]
    table = Table("accounts", _("Accounts"), columns)
    table.notes = cohort_notes({METRIC: None})
    renewed, now = _renewed(accounts), timezone.now()
    for account, row in accounts.items():
        manager_id, channel = account
        own = found.rows.get((str(manager_id), channel))
        keys = [("manager", str(manager_id)), ("channel", channel)]
        since = local_time(address, manager_id, row.since)
        table.rows.append(
            [
                Cell(_name(address, account)),
                Cell(row.get_state_display()),
                Cell(since, "moment"),
                *_figures(address, own, keys),
                Cell(_days(now, renewed.get(account)), "count"),
            ]
        )
    table.total = [
        Cell(_("Total")), Cell(""), Cell(None, "moment"),
        *_figures(address, found.total, []), Cell(None, "count"),
    ]  # fmt: skip
    table.notes.append(
        _("Age of the access: since its token or settings were last changed here.")
    )
    return table


def _figures(
    address: Address, row: Figures | None, keys: list[tuple[str, str]]
) -> list[Cell]:
    row = row or {"rate": None, "open": 0, "known": 0, "n": 0, "gaps": 0}
    link = rows_link(address, METRIC, keys) if row["n"] else ""
    return [
        Cell(row["rate"], "share"),
        Cell(row["open"], "seconds"),
        Cell(row["known"], "seconds"),
        Cell(row["n"], "count", link),
        Cell(row["gaps"], "count"),
    ]


def _renewed(accounts: Iterable[Account]) -> dict[Account, datetime]:
    """Returns when the token or the settings of accounts were last changed."""
    accounts = [*accounts]
    targets = {str(manager_id) for manager_id, _channel in accounts}
    found: dict[Account, datetime] = {}
    for channel, column in _SECRETS.items():
        lines = AuditLine.objects.filter(
            kind="manager", target__in=targets, after__has_key=column
        )
        for target, at in lines.order_by("id").values_list("target", "at"):
            found[int(target), channel] = at
    return found


def _days(now: datetime, since: datetime | None) -> int | None:
    return None if since is None else max(0, (now - since).days)


def _strips(address: Address, accounts: dict[Account, GatewayAccount]) -> str:
    words = {"open": _("account open"), "down": _("account not open")}
    rows: dict[Account, list[strips.Piece]] = {account: [] for account in accounts}
    question = address.question(METRIC)
    begins, ends = bounds(question)
    length = (ends - begins).total_seconds()
    for manager_id, channel, state, since, until in sessions(question):
        pieces = rows.get((manager_id, channel))
        if pieces is None or state not in words:
            continue
        text = _("%(state)s from %(since)s for %(length)s") % {
            "state": words[state],
            "since": moment_text(local_time(address, manager_id, since) or since),
            "length": clock_text(int((until - since).total_seconds())),
        }
        place = (since - begins).total_seconds() / length
        wide = (until - since).total_seconds() / length
        pieces.append(strips.Piece(state, place, wide, text))
    named = [(_name(address, account), pieces) for account, pieces in rows.items()]
    return strips.strips(_("States of the accounts"), named)


def _incidents(address: Address) -> Table:
    columns = [
        Column(_("Account")),
        Column(_("From"), "moment"),
        Column(_("To"), "moment"),
        Column(_("Duration"), "seconds"),
        Column(_("Reason")),
    ]
    table = Table("incidents", _("Incidents"), columns)
    found, _place = rows_of(address.question(METRIC), MOST_LISTED)
    changes = SessionChange.objects.filter(pk__in=[row.place.source for row in found])
    reasons = dict(changes.values_list("pk", "reason"))
    for row in reversed(found):
        table.add(
            _name(address, (row.manager_id, row.channel)),
            local_time(address, row.manager_id, row.begins),
            local_time(address, row.manager_id, row.ends),
            row.seconds,
            reasons.get(row.place.source, ""),
        )
    if len(found) == MOST_LISTED:
        table.notes.append(_("Of the first %d of the period.") % MOST_LISTED)
    return table


def _gaps(address: Address, found: list[Gap]) -> Table:
    columns = [Column(_("Account")), Column(_("Hour from"), "moment")]
    table = Table("gaps", _("Suspected gaps"), columns)
    for manager_id, channel, begins in found[:MOST_LISTED]:
        begin = local_time(address, manager_id, begins)
        table.add(_name(address, (manager_id, channel)), begin)
    return table
