"""/admin/audit/: who did what, newest first, and the same as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hci_center.audit.models import AuditLine
from hci_center.audit.pages.filters import FilterForm
from hci_center.audit.recording import record
from hci_center.audit.shown import shown
from managers.admin.tenant import caller_behind

LINES = 50
# The maximum number of lines of a file.
MOST_EXPORTED = 100_000
MAY_READ = ("administrator", "supervisor", "auditor")


@require_safe
def audit_page(request: HttpRequest) -> HttpResponseBase:
    """Returns a page of lines, or with `format=csv` the file of all of them."""
    caller = caller_behind(request)
    if caller.role not in MAY_READ:
        raise PermissionDenied
    form = FilterForm(request.GET, caller)
    if not form.is_valid():
        return _page(request, form, [], "", status=404)
    found = form.lines()
    if request.GET.get("format") == "csv":
        return _file(form, list(found[:MOST_EXPORTED]))
    before = form.cleaned_data["before"]
    lines = list((found.filter(pk__lt=before) if before else found)[: LINES + 1])
    older = ""
    if len(lines) > LINES:
        query = request.GET.copy()
        query["before"] = str(lines[LINES - 1].pk)
        older = query.urlencode()
    return _page(request, form, lines[:LINES], older)


def _page(
    request: HttpRequest,
    form: FilterForm,
    lines: list[AuditLine],
    older: str,
    status: int = 200,
) -> HttpResponse:
    request.current_app = admin.site.name
    query = request.GET.copy()
    query.pop("before", None)
    is_later = "before" in request.GET
    query["format"] = "csv"
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Audit"),
        "form": form,
        "lines": shown(lines),
        "older": older,
        "is_later": is_later,
        "file": query.urlencode(),
    }
    return TemplateResponse(request, "admin/audit/lines.html", context, status=status)


def _file(form: FilterForm, lines: list[AuditLine]) -> HttpResponseBase:
    given = {
        name: str(value)
        for name, value in form.cleaned_data.items()
        if value and name != "before"
    }
    manager = form.cleaned_data["manager"]
    record(
        "export",
        "audit",
        manager_id=int(manager) if manager else None,
        after={"filters": given, "rows": len(lines)},
    )
    response = StreamingHttpResponse(
        _csv(lines), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(lines: list[AuditLine]) -> Iterator[str]:
    """Yields the lines in the format that Excel expects in the user's language."""
    is_portuguese = (translation.get_language() or "").startswith("pt")
    writer = csv.writer(_Echo(), delimiter=";" if is_portuguese else ",")
    head = ("id", "at", "credential", "who", "manager", "act", "kind", "target")
    yield "\ufeff" + writer.writerow([*head, "before", "after", "address"])
    for line in shown(lines):
        at = timezone.localtime(line.at).isoformat(timespec="seconds")
        values = [
            str(line.id),
            at,
            line.credential,
            line.who,
            line.manager,
            line.act,
            line.kind,
            line.target,
            _joined(line.before),
            _joined(line.after),
            line.address,
        ]
        yield writer.writerow([_guarded(value) for value in values])


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in pairs)


def _guarded(text: str) -> str:
    """Returns the text, escaped so that no spreadsheet treats it as a formula."""
    begins = text.lstrip()[:1]
    return f"'{text}" if begins in ("=", "+", "-", "@") and begins else text


class _Echo:
    """A file-like object for `csv.writer` that returns the line."""

    def write(self, line: str) -> str:
        return line
