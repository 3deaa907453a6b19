"""Customers and chats in the results of Ctrl+K."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from chats.admin.search import chats_named
from chats.models import Chat
from contacts.admin.search import contacts_named
from contacts.models import Contact
from managers.admin.tenant import caller_behind

# The limit for each kind.
MOST_SHOWN = 8


def find_rows(request: HttpRequest, term: str) -> list[SearchResult]:
    """Returns customers with that name or number, and chats with that protocol."""
    term = term.replace("\x00", "")
    caller = caller_behind(request)
    if caller.role not in ("administrator", "supervisor"):
        return []
    contacts = Contact.objects.present().visible_to(caller)
    chats = Chat.objects.filter(chats_named(term, caller))
    if caller.managers is not None:
        chats = chats.filter(manager__in=caller.managers)
    found = contacts.filter(contacts_named(term)).select_related("manager")
    people = [
        SearchResult(
            title=contact.name,
            description=f"{contact.external_id} · {contact.manager.name}",
            link=reverse("admin:contacts_contact_change", args=[contact.pk]),
            icon="person",
        )
        for contact in found.order_by("-last_message_at", "-pk")[:MOST_SHOWN]
    ]
    talks = [
        SearchResult(
            title=chat.protocol,
            description=f"{chat.contact.name} · {_state(chat)}",
            link=reverse("admin:chats_chat_change", args=[chat.pk]),
            icon="forum",
        )
        for chat in chats.select_related("contact").order_by("-pk")[:MOST_SHOWN]
    ]
    return people + talks


def _state(chat: Chat) -> str:
    return _("open") if chat.closed_at is None else _("closed")
