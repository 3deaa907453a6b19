"""A chat's transcript, and its printable page."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone, translation

from chats.api.serializers.transcript import GetTranscript
from chats.api.viewsets.chats import manager_names
from chats.files.file_links import signed_link
from chats.inbox.names import reason_names
from chats.inbox.transcript import (
    Sealed,
    chat_of_id,
    find_chat,
    lines_of,
    transcript_shape,
)
from hci_center.api import links
from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.audit.recording import record
from hci_center.errors import ForbiddenError, MethodNotAllowedError

PURPOSE = "transcript"
# It runs nothing and loads nothing; its style is in the page.
_POLICY = (
    "sandbox allow-modals allow-popups; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)


class TranscriptViewSet(ContractViewSet):
    @operation(GetTranscript, reads=True)
    def transcript(self, fields: Fields) -> Any:
        notes = fields.get("notes", False)
        names = manager_names(fields)
        chat = find_chat(self.caller, names, fields["protocol"], notes=notes)
        page = PageLink(chat.chat_id, notes, translation.get_language() or "")
        return transcript_shape(chat, notes=notes) | {"page": page}


class PageLink(DeferredValue, kind="transcript"):
    """The address of the printable page, signed for each response."""

    def __init__(self, chat: int, notes: bool, language: str) -> None:
        self.chat, self.notes, self.language = chat, notes, language

    def resolve(self, context: ResponseContext) -> str:
        name = _signed_name(self.chat, self.notes, self.language)
        query = links.signed(PURPOSE, name, nonce=secrets.token_urlsafe(9))
        return (
            f"{_base(context.request)}/api/chat/transcript/{self.chat}"
            f"?notes={int(self.notes)}&lang={self.language}&{query}"
        )

    def serialize(self) -> dict[str, Any]:
        return {"chat": self.chat, "notes": self.notes, "language": self.language}

    @classmethod
    def restore_from(cls, **kept: Any) -> DeferredValue:
        return cls(**kept)


def show_page(request: HttpRequest, chat: int) -> HttpResponseBase:
    """GET: returns the transcript as a page for A4, in the language of its link.

    Raises ForbiddenError without a valid signature, and ChatNotFoundError once the
    contact is deleted.
    """
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(["GET"])
    notes, language = request.GET.get("notes") == "1", request.GET.get("lang", "")
    if not links.is_signed(PURPOSE, _signed_name(chat, notes, language), request.GET):
        raise ForbiddenError
    found = chat_of_id(chat)
    record(
        "export",
        "chat",
        chat,
        manager_id=found.contact.manager_id,
        after={"format": "transcript", "notes": notes},
    )
    with translation.override(language), timezone.override(ZoneInfo(found.time_zone)):
        html = _page(found, _base(request), notes=notes)
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(html, headers=headers)


def _page(chat: Sealed, base: str, *, notes: bool) -> str:
    name, lines = lines_of(chat, notes=notes)
    shown = [
        asdict(line) | {"link": signed_link(line.stored, base) if line.stored else ""}
        for line in lines
    ]
    reasons = reason_names(chat.contact.manager_id) if chat.reason else {}
    values = {
        "chat": chat,
        "contact": chat.contact.public_id,
        "name": name,
        "reason": reasons.get(chat.reason, chat.reason),
        "lines": shown,
        "language": translation.get_language(),
    }
    return render_to_string("chats/transcript.html", values)


def _signed_name(chat: int, notes: bool, language: str) -> str:
    return f"{chat}:{int(notes)}:{language}"


def _base(request: HttpRequest) -> str:
    base: str = settings.PUBLIC_URL
    return base or f"{request.scheme}://{request.get_host()}"
