"""Searches chats and messages along the existing indexes."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from chats.models import Chat, Message, MessageWords
from contacts.admin.search import PROTOCOL, contacts_named
from contacts.models import Contact
from hci_center.callers import Caller
from managers.models import Manager

# Limits of the contacts that a term matches, and of the chats searched for messages:
# the latest are used.
MOST_CONTACTS = 1000
MOST_CHATS = 100
MOST_MESSAGES = 1000


def chats_named(term: str, caller: Caller) -> Q:
    """Filters chats by protocol, or by number or name of a visible contact."""
    term = term.strip()
    if PROTOCOL.fullmatch(term) or caller.role == "auditor":
        # An auditor cannot search by name or number, which he may not read.
        return Q(manager__in=_managers(caller), protocol__in=[term, term.upper()])
    contacts = Contact.objects.visible_to(caller).filter(contacts_named(term))
    ids = list(contacts.values_list("pk", flat=True)[:MOST_CONTACTS])
    return Q(contact__in=ids) | Q(manager__in=_managers(caller), protocol=term)


def messages_named(term: str, caller: Caller) -> Q:
    """Filters messages by our or the gateway's id, else by chat or by their words."""
    term = term.strip()
    try:
        return Q(uuid=UUID(term))
    except ValueError:
        pass
    if caller.role == "auditor":
        # Neither by the gateway's ids, which contain numbers, nor by words, which may
        # be names.
        return Q(chat__in=latest_chats(term, caller))
    by_gateway = Message.objects.filter(manager__in=_managers(caller), gateway_id=term)
    ids = list(by_gateway.values_list("pk", flat=True))
    if ids:
        return Q(pk__in=ids)
    return Q(chat__in=latest_chats(term, caller)) | Q(pk__in=_with_words(term, caller))


def _with_words(term: str, caller: Caller) -> list[int]:
    """Returns the latest messages that have all the words (`words_for_search`)."""
    words = MessageWords.objects.filter(
        manager__in=list(_managers(caller).values_list("pk", flat=True)),
        words=SearchQuery(term, config="hci_pt"),
    )
    found = words.order_by("-message_id").values_list("message_id", flat=True)
    return list(found[:MOST_MESSAGES])


def latest_chats(term: str, caller: Caller) -> list[int]:
    """Returns the ids of the latest chats that match the term."""
    chats = Chat.objects.filter(chats_named(term, caller)).order_by("-pk")
    if caller.managers is not None:
        chats = chats.filter(manager__in=caller.managers)
    return list(chats.values_list("pk", flat=True)[:MOST_CHATS])


def _managers(caller: Caller) -> QuerySet[Manager]:
    """Returns the visible managers, even if these are all.

    The indexes begin with the manager.
    """
    return Manager.objects.visible_to(caller).only("pk")
