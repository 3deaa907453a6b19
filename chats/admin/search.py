"""Finding chats and messages among millions, along the indexes there are."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from chats.models import Chat, Message
from contacts.admin.search import PROTOCOL, contacts_named
from contacts.models import Contact
from hci_center.callers import Caller
from managers.models import Manager

# More contacts than this a term does not mean; nor more chats, for messages: those
# of the latest are shown.
MOST_CONTACTS = 1000
MOST_CHATS = 100


def chats_named(term: str, caller: Caller) -> Q:
    """Chats by protocol, or by the number or name of a contact the caller sees."""
    term = term.strip()
    if PROTOCOL.fullmatch(term):
        return Q(manager__in=_managers(caller), protocol=term.upper())
    contacts = Contact.objects.visible_to(caller).filter(contacts_named(term))
    ids = list(contacts.values_list("pk", flat=True)[:MOST_CONTACTS])
    return Q(contact__in=ids) | Q(manager__in=_managers(caller), protocol=term)


def messages_named(term: str, caller: Caller) -> Q:
    """A message by its id, ours or the gateway's; else those of the chats meant."""
    term = term.strip()
    try:
        return Q(uuid=UUID(term))
    except ValueError:
        pass
    by_gateway = Message.objects.filter(manager__in=_managers(caller), gateway_id=term)
    ids = list(by_gateway.values_list("pk", flat=True))
    if ids:
        return Q(pk__in=ids)
    return Q(chat__in=latest_chats(term, caller))


def latest_chats(term: str, caller: Caller) -> list[int]:
    """The ids of the latest chats that the term means."""
    meant = Chat.objects.filter(chats_named(term, caller)).order_by("-pk")
    if caller.managers is not None:
        meant = meant.filter(manager__in=caller.managers)
    return list(meant.values_list("pk", flat=True)[:MOST_CHATS])


def _managers(caller: Caller) -> QuerySet[Manager]:
    """Said even for who sees them all: the indexes begin with the manager."""
    return Manager.objects.visible_to(caller).only("pk")
