"""Sets tags on contacts. They are independent of chats."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.audit import Entry, record_in_open_chats
from chats.conversations.reading import ReadRequest
from chats.inbox.locked import lock_seen
from chats.models import ChatEvent
from contacts.models import Contact, Tag, Tagging
from hci_center.callers import Caller
from hci_center.errors import InvalidError, Sentence

# The limit per contact.
MOST_TAGS = 20

_TAGS_OF = """
SELECT t.code FROM contacts_tagging x JOIN contacts_tag t ON t.id = x.tag_id
 WHERE x.contact_id = %s ORDER BY t.id
"""


def change_tags(
    caller: Caller,
    request: ReadRequest,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> list[str]:
    """Adds tags to the contact and removes others; returns its codes.

    Needs no open chat. Raises the errors of `find_conversation`, and InvalidError for
    an unknown code, one that is in both lists, and more than MOST_TAGS.
    """
    with transaction.atomic():
        contact, actor = lock_seen(caller, request, closed_too=True)
        tags = _known_tags(contact.manager_id, add, remove)
        present = _tags_of(contact.pk)
        added = [tag for tag in tags if tag.code in add and tag.code not in present]
        removed = [tag for tag in tags if tag.code in remove and tag.code in present]
        if not added and not removed:
            return present
        _replace(contact, added, removed)
        present = _tags_of(contact.pk)
        if added and len(present) > MOST_TAGS:
            sentence = _("A contact has at most %d tags.") % MOST_TAGS
            raise InvalidError({"add": [sentence]})
        detail = {
            "added": [tag.code for tag in added],
            "removed": [tag.code for tag in removed],
        }
        entry = Entry(ChatEvent.Kind.TAGGED)
        record_in_open_chats([contact.pk], [entry], actor=actor, detail=detail)
    return present


def _known_tags(
    manager_id: int, add: Sequence[str], remove: Sequence[str]
) -> list[Tag]:
    """Returns the tags of both lists; an inactive one can only be removed."""
    found = list(Tag.objects.filter(manager=manager_id, code__in={*add, *remove}))
    offered = {tag.code for tag in found if tag.is_active}
    wrong: dict[str, list[Sentence]] = {}
    for field, codes, known in (
        ("add", add, offered),
        ("remove", remove, {tag.code for tag in found}),
    ):
        unknown = [code for code in codes if code not in known]
        if unknown:
            sentence = _("There is no tag with the code %s.")
            wrong[field] = [sentence % code for code in unknown]
    if not wrong and set(add) & set(remove):
        wrong["remove"] = [_("The same tag is in both lists.")]
    if wrong:
        raise InvalidError(wrong)
    return found


def _tags_of(contact_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TAGS_OF, [contact_id])
        return [code for (code,) in cursor.fetchall()]


def _replace(contact: Contact, added: list[Tag], removed: list[Tag]) -> None:
    Tagging.objects.filter(contact=contact, tag__in=removed).delete()
    Tagging.objects.bulk_create(
        Tagging(manager_id=contact.manager_id, contact=contact, tag=tag)
        for tag in added
    )
