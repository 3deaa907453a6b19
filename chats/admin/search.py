"""Finding chats and messages among millions, along the indexes there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from chats.models import Chat
from contacts.admin.search import contacts_named
from contacts.models import Contact

# More chats than this a search term does not mean.
MOST_MEANT = 1000


def chats_named(term: str) -> Q:
    """Chats by protocol, or by the number or name of their contact."""
    term = term.strip()
    if looks_like_protocol(term):
        return Q(protocol__istartswith=term)
    return Q(contact__in=_contacts(term)) | Q(protocol=term)


def messages_named(term: str, chats: QuerySet[Chat]) -> Q:
    """Messages by id, ours or the gateway's, or of the chats that the term means.

    `chats` are those that the person may see.
    """
    term = term.strip()
    try:
        return Q(uuid=UUID(term))
    except ValueError:
        pass
    meant = chats.filter(chats_named(term)).order_by("-pk").values_list("pk", flat=True)
    return Q(gateway_id=term) | Q(chat__in=list(meant[:MOST_MEANT]))


def looks_like_protocol(term: str) -> bool:
    return term.upper().startswith("BR") and any(c.isdigit() for c in term)


def _contacts(term: str) -> Any:
    found = Contact.objects.filter(contacts_named(term)).values_list("pk", flat=True)
    return list(found[:MOST_MEANT])
