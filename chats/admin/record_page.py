"""The full record of a protocol, as a printable page and as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from chats.files.file_links import signed_link
from chats.inbox.full_record import FullRecord, record_of, record_shape
from chats.inbox.names import reason_names
from chats.models import Chat
from hci_center.audit.recording import record as audit


def record_page(
    request: HttpRequest, chat: Chat, site: AdminSite, *, nameless: str = ""
) -> HttpResponse:
    """Returns the record; `?format=json` for programs. Raises Http404.

    `nameless` replaces the customer's name for users who may not see it.
    """
    wanted = request.GET.get("format", "")
    if wanted not in ("", "json") or (wanted and nameless):
        raise Http404
    found = record_of(chat.pk)
    if nameless:
        found = _unnamed(found, nameless)
    act = "export" if wanted else "open"
    audit(act, "chat", chat.pk, manager_id=chat.manager_id, request=request)
    if wanted:
        response = JsonResponse(record_shape(found), json_dumps_params={"indent": 2})
        name = f"protocol-{chat.pk}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    reasons = reason_names(chat.manager_id) if found.chat.reason else {}
    context = {
        **site.each_context(request),
        "title": _("Record of %s") % found.chat.protocol,
        "chat": found.chat,
        "row": chat,
        "contact": found.contact,
        "nameless": nameless,
        "reason": reasons.get(found.chat.reason, found.chat.reason),
        "entries": _shown(request, found),
    }
    return TemplateResponse(request, "admin/chats/chat/record.html", context)


def _unnamed(record: FullRecord, nameless: str) -> FullRecord:
    entries = [
        replace(entry, who=nameless) if entry.who == record.contact else entry
        for entry in record.entries
    ]
    return replace(record, contact=nameless, entries=entries)


def _shown(request: HttpRequest, record: FullRecord) -> list[dict[str, Any]]:
    zone = ZoneInfo(record.chat.time_zone)
    base = f"{request.scheme}://{request.get_host()}"
    return [
        {
            "at": entry.at.astimezone(zone),
            "kind": entry.kind,
            "who": entry.who,
            "text": entry.text,
            "is_note": entry.is_note,
            "link": signed_link(entry.stored, base) if entry.stored else "",
            "url": entry.url,
        }
        for entry in record.entries
    ]
