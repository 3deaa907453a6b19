"""The base of all report pages: permissions, query string, filters, header, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import View

from hci_center.audit.recording import record
from hci_center.database.faults import STATEMENT_TIMEOUT, fault_of
from hci_center.reports import replica
from hci_center.reports.answers import is_provisional, is_rebuilding
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Metric
from hci_center.reports.pages import filters, workbook
from hci_center.reports.pages.address import (
    Address,
    Allowed,
    WrongAddressError,
    read_address,
)
from hci_center.reports.pages.content import Content, sort_tables, turn_page
from hci_center.reports.pages.delimited import csv_lines
from hci_center.reports.pages.labels import GROUPS, period_text
from hci_center.reports.pages.registry import TABS
from hci_center.reports.pages.scope import READS_NAMES, may_read_reports, scope_of
from hci_center.reports.pages.tables import Table, moment_text
from managers.admin.tenant import caller_behind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportPage(View):
    """A report page; subclasses have a name, a title and a `build` method.

    `choices` are the filters that its form offers besides manager and period.
    """

    http_method_names = ["get", "head", "options"]
    name: ClassVar[str]
    title: ClassVar[Any]
    template_name: ClassVar[str] = "admin/reports/page.html"
    choices: ClassVar[tuple[str, ...]] = ("area", "operator", "channel")
    has_period: ClassVar[bool] = True

    # The audit's name for reading such a page; "" for none.
    act: ClassVar[str] = ""

    def build(self, address: Address) -> Content:
        raise NotImplementedError

    def build_file(self, address: Address) -> Content:
        """Returns the content of files of the page."""
        return self.build(address)

    def unfiltered(self, address: Address, metric: type[Metric]) -> str:
        """Returns the notice for a metric that does not support one of the filters."""
        lacking = [
            str(GROUPS[name]) for name in address.filters if name not in metric.by
        ]
        return _("This figure cannot be filtered by: %s.") % ", ".join(lacking)

    def allowed(self, query: QueryDict) -> Allowed:
        """Returns the allowed values of `metric` and `by`."""
        return Allowed()

    def get(self, request: HttpRequest) -> HttpResponseBase:
        caller = caller_behind(request)
        if not may_read_reports(caller):
            raise PermissionDenied
        scope, now = scope_of(caller), timezone.now()
        allowed = self.allowed(request.GET)
        try:
            address = read_address(request.GET, scope, now, allowed)
            address.sees_all = caller.managers is None
            address.reads_names = caller.role in READS_NAMES
            if wanted := address.given.get("format"):
                return self._file(request, address, wanted, now)
            content = _in_time(self.build, address)
            sort_tables(content, address)
            turn_page(content, address)
            if self.act:
                _record(request, self.act, self.name, address)
        except WrongAddressError as error:
            scope.chosen = None
            scope.areas, scope.operators = {}, {}
            plain = read_address(QueryDict(), scope, now, Allowed())
            refusal = {"refusal": error.sentence}
            return self._page(request, plain, Content([]), now, error.status, refusal)
        return self._page(request, address, content, now)

    def _page(
        self,
        request: HttpRequest,
        address: Address,
        content: Content,
        now: datetime,
        status: int = 200,
        more: dict[str, Any] | None = None,
    ) -> HttpResponse:
        request.current_app = admin.site.name
        context = {
            **admin.site.each_context(request),
            "title": self.title,
            "page": self,
            "address": address,
            "content": content,
            "tabs": _tabs(address, self.name),
            "chips": filters.chips(address) if self.has_period else [],
            "selects": filters.selects(
                address, self.choices, self.allowed(request.GET)
            ),
            "hidden": [
                (name, address.given[name])
                for name in ("hour", "weekday", "part", "value")
                if name in address.given
            ],
            "since": "" if address.period else address.since.isoformat(),
            "until": "" if address.period else address.until.isoformat(),
            "about": self._about(address, content, now),
            "provisional": _is_provisional(address, content),
            "rebuilding": bool(content.metrics) and is_rebuilding(address.scope.ids),
            "source": replica.sentence() if content.metrics else "",
            **(more or {}),
        }
        return TemplateResponse(request, self.template_name, context, status=status)

    def _about(
        self, address: Address, content: Content, now: datetime
    ) -> list[tuple[str, str]]:
        """Returns the header of a printed page and of the last sheet of a file."""
        scope = address.scope
        names = ", ".join(manager.name for manager in scope.covered[:5])
        if len(scope.covered) > 5:
            names += f" (+{len(scope.covered) - 5})"
        said = [(_("Report"), str(self.title)), (_("Manager"), names)]
        if self.has_period:
            said.append((_("Period"), period_text(address)))
        if described := filters.described(address):
            said.append((_("Filters"), ", ".join(described)))
        if content.metrics:
            versions = [f"{name} {METRICS[name].version}" for name in content.metrics]
            said.append((_("Definitions, with their versions"), ", ".join(versions)))
        zone = scope.zone or settings.TIME_ZONE
        made = moment_text(now.astimezone(ZoneInfo(zone)))
        said.append((_("Made at"), f"{made} ({zone})"))
        if content.metrics and (source := replica.sentence()):
            said.append((_("Source"), source))
        return said

    def _file(
        self, request: HttpRequest, address: Address, wanted: str, now: datetime
    ) -> HttpResponseBase:
        """Returns a table as CSV, or a workbook; raises WrongAddressError."""
        content = _in_time(self.build_file, address)
        sort_tables(content, address)
        tables = {table.name: table for table in content.tables}
        name = address.given.get("table", "")
        if (name and name not in tables) or not tables:
            raise WrongAddressError
        chosen = [tables[name]] if name else [*tables.values()]
        parts = [self.name, name]
        if self.has_period:
            parts += [address.since.isoformat(), address.until.isoformat()]
        stem = "-".join(filter(None, parts))
        if wanted not in ("csv", "xlsx"):
            raise WrongAddressError
        # Before the first byte is sent.
        _record(request, "export", self.name, address)
        if wanted == "csv":
            response = _csv(chosen[0], f"{stem}.csv")
            if content.metrics and replica.sentence():
                # A CSV file has no place for the sentence.
                response["X-Figures-From"] = "main-database"
            return response
        try:
            about = self._about(address, content, now)
            file = workbook.write_workbook(chosen, about)
        except workbook.TooManyRowsError as error:
            sentence = _("This has more rows than Excel holds: take the CSV file.")
            raise WrongAddressError(sentence, 400) from error
        return FileResponse(
            file, as_attachment=True, filename=f"{stem}.xlsx", content_type=XLSX
        )


def _in_time(build: Callable[[Address], Content], address: Address) -> Content:
    """Raises WrongAddressError with advice if the database cancelled the query."""
    try:
        return replica.read(lambda: build(address))
    except OperationalError as error:
        if fault_of(error) is not STATEMENT_TIMEOUT:
            raise
        sentence = _("This takes too long: choose a shorter period, or one manager.")
        raise WrongAddressError(sentence, 503) from error


def _record(request: HttpRequest, act: str, page: str, address: Address) -> None:
    """Records the access in the audit: filters, no names."""
    details = {k: v for k, v in address.given.items() if k != "after"}
    days = {"from": address.since, "to": address.until}
    record(
        act, "report", page, manager_id=address.scope.only, after=details | days,
        request=request,
    )  # fmt: skip


def _csv(table: Table, filename: str) -> StreamingHttpResponse:
    language = translation.get_language()

    def lines() -> Iterator[str]:
        # The response is read after the request's middleware.
        with translation.override(language):
            yield from csv_lines(table)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _is_provisional(address: Address, content: Content) -> bool:
    return any(
        is_provisional(METRICS[name], address.until, address.today)
        for name in content.metrics
    )


def _tabs(address: Address, name: str) -> list[dict[str, Any]]:
    names = ("metric", "by", "clock", "hour", "weekday", "part", "value")
    query = address.query(**dict.fromkeys(names))
    return [
        {
            "title": title,
            "link": f"{reverse(f'reports:{each}')}?{query}".rstrip("?"),
            "is_current": each == name,
        }
        for each, title in TABS.items()
    ]
