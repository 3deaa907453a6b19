"""Finds a person by a number, an id or a protocol, among all accessible managers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from chats.models import Chat
from contacts.aliases import spellings
from contacts.models import Channel, Contact, Identity
from contacts.phone_numbers import as_written
from hci_center.callers import Caller
from managers.models import Manager

# More results are not one person: the search must be refined.
MOST = 100


def managers_of(caller: Caller) -> QuerySet[Manager]:
    """Returns the managers for which the caller may handle personal data."""
    rows = Manager.objects.order_by("name", "pk")
    return rows if caller.managers is None else rows.filter(pk__in=caller.managers)


def contacts_of(caller: Caller) -> QuerySet[Contact]:
    """Returns the contacts of those managers, including deleted ones."""
    rows = Contact.objects.select_related("manager")
    if caller.managers is not None:
        rows = rows.filter(manager__in=caller.managers)
    return rows


def find_contacts(caller: Caller, text: str) -> list[Contact]:
    """Returns the contacts that match the text in any spelling, also deleted ones.

    The text is a number in any format, an id of a channel, or the protocol of a chat.
    Contacts that were merged into them are included.
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
    named = list(found.distinct().order_by("manager__name", "pk")[:MOST])
    others = _merged().filter(
        Exists(
            Identity.objects.filter(
                contact__in=[each.pk for each in named],
                manager=OuterRef("manager"),
                channel=OuterRef("channel"),
                alias=OuterRef("external_id"),
            )
        )
    )
    return [*named, *others.exclude(pk__in=[each.pk for each in named])]


def merged_into(contact: Contact, aliases: Sequence[str]) -> QuerySet[Contact]:
    """Returns the contacts that were merged into the one with these ids.

    They have kept their name, picture and the id by which they were known first.
    """
    return (
        _merged()
        .filter(
            manager=contact.manager_id, channel=contact.channel, external_id__in=aliases
        )
        .exclude(pk=contact.pk)
    )


def _merged() -> QuerySet[Contact]:
    """Merged contacts are deleted and have no ids: the other contact has them."""
    rows = Contact.objects.select_related("manager").order_by("pk")
    return rows.filter(deleted_at__isnull=False, identities=None)
