"""Finds a person by a number, an id or a protocol, over all managers that are reached."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from chats.models import Chat
from contacts.aliases import spellings
from contacts.models import Channel, Contact
from contacts.phone_numbers import as_written
from hci_center.callers import Caller
from managers.models import Manager

# More are not one person: another text finds the right one.
MOST = 100


def managers_of(caller: Caller) -> QuerySet[Manager]:
    """Returns the managers whose persons the caller may handle."""
    rows = Manager.objects.order_by("name", "pk")
    return rows if caller.managers is None else rows.filter(pk__in=caller.managers)


def contacts_of(caller: Caller) -> QuerySet[Contact]:
    """Returns the contacts of those managers, deleted ones too."""
    rows = Contact.objects.select_related("manager")
    if caller.managers is not None:
        rows = rows.filter(manager__in=caller.managers)
    return rows


def find_contacts(caller: Caller, text: str) -> list[Contact]:
    """Returns the contacts that the text names in any spelling, deleted ones too.

    It is a number as people write it, an id of a channel, or the protocol of a chat.
    """
    text = text.strip()
    if not text or "\x00" in text:
        return []
    managers = list(managers_of(caller).values_list("pk", "number"))
    names = {text}
    for number in {number for _pk, number in managers}:
        if digits := as_written(text, number):
            names |= set(spellings(Channel.WHATSAPP, digits))
    ids = [pk for pk, _number in managers]
    by_protocol = Chat.objects.filter(manager__in=ids, protocol=text)
    found = contacts_of(caller).filter(
        Q(pk__in=by_protocol.values("contact"))
        | Q(identities__alias__in=names)
        | Q(manager__in=ids, external_id__in=names)
    )
    return list(found.distinct().order_by("manager__name", "pk")[:MOST])
