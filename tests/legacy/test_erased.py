"""manage.py import_legacy: customers erased between two imports."""

from __future__ import annotations

import pytest

from chats.models import Chat, Message
from contacts.models import Contact
from hci_center.legacy.models import ImportRef
from hci_center.privacy import erasing
from hci_center.privacy.marks import aliases_of
from hci_center.privacy.running import Actor
from tests.legacy.conftest import chat, contact, message, user, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(tmp_path, import_legacy):
    """Returns an imported contact that has been erased since."""
    write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
    import_legacy("--commit")
    row = Contact.objects.get()
    erasing.erase_contact(
        row, aliases_of(row), actor=Actor("user:1"), progress=erasing.Progress()
    )
    return row


def test_digests_do_not_identify_the_customer(imported):
    for ref in ImportRef.objects.filter(collection__in=["contacts", "chats"]):
        assert (ref.key, ref.digest, ref.columns) == (f"apagado-{ref.pk}", "", {})
    assert ImportRef.objects.filter(collection="users").exclude(digest="").exists()


def test_an_erased_customer_in_the_files_is_imported_as_a_new_one(
    imported, tmp_path, import_legacy
):
    more = chat(message(), message(text="Alguém?"))
    write(tmp_path, users=[user(contacts=[contact()])], chats=[more])
    import_legacy("--commit", "--delta")
    again = Contact.objects.get(deleted_at=None)
    assert again.pk != imported.pk
    assert Chat.objects.get(closed_at=None).contact_id == again.pk
    said = Message.objects.filter(contact=again).order_by("id")
    assert [each.content for each in said] == ["Olá", "Alguém?"]
