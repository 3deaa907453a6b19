"""manage.py import_legacy into a database that already has data."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from areas.models import Area
from chats.models import Chat, Message
from contacts.models import Contact
from hci_center.audit.models import AuditLine
from tests import builders
from tests.legacy.conftest import chat, contact, message, oid, user, write
from tests.legacy.database import everything, problems

pytestmark = pytest.mark.django_db


def test_a_second_run_changes_no_row(tmp_path, import_legacy):
    write(
        tmp_path,
        users=[user(contacts=[contact(), contact(5511977776666, protocol="")])],
        chats=[
            chat(message(), message("2")),
            chat(message(5511911112222), _id=oid(101), contactId=5511911112222),
        ],
    )
    import_legacy("--commit")
    line = AuditLine.objects.get(act="import")
    assert line.after["messages"] == {"made": 3, "changed": 0}
    before = everything()
    for options in (["--commit"], ["--commit", "--delta"], ["--verify"]):
        import_legacy(*options)
        assert everything() == before
    assert AuditLine.objects.get(act="import") == line


class TestDelta:
    def test_it_appends_new_rows_and_keeps_changes_made_here(
        self, tmp_path, import_legacy
    ):
        old = [contact(), contact(5511977776666, name="Maria")]
        write(tmp_path, users=[user(contacts=old)], chats=[chat(message())])
        import_legacy("--commit")
        Contact.objects.filter(name="Maria").update(name="Maria Silva")
        changed = [
            contact(name="João Souza"),
            contact(5511977776666, name="Marta", sa=9),
        ]
        more = message("2", "Pois não?")
        write(tmp_path, users=[user(contacts=changed)], chats=[chat(message(), more)])
        said = import_legacy("--commit")
        assert "chats.json:1: It has more messages: use --delta." in said
        assert Message.objects.count() == 1
        said = import_legacy("--commit", "--delta")
        assert "users.json:1 contacts[1]: Kept ours: name" in said
        assert [m.content for m in Message.objects.order_by("id")] == [
            "Olá",
            "Pois não?",
        ]
        names = Contact.objects.order_by("id").values_list("name", "sa")
        assert list(names) == [("João Souza", 3), ("Maria Silva", 9)]
        assert Contact.objects.get(name="João Souza").waiting_since is None
        before = everything()
        import_legacy("--commit", "--delta")
        assert everything() == before

    def test_changed_earlier_messages_are_an_error(self, tmp_path, import_legacy):
        write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
        import_legacy("--commit")
        write(tmp_path, chats=[chat(message(text="Oi"), message())])
        assert problems(tmp_path, "--delta") == [
            "error: chats.json:1 messages: Its first messages are not the 1 that were "
            "imported."
        ]

    def test_a_newer_chat_replaces_the_imported_one_as_the_open_one(
        self, tmp_path, import_legacy
    ):
        write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
        import_legacy("--commit")
        newer = chat(message(text="Voltei"), _id={"$oid": "6" + "0" * 23})
        again = [contact(protocol="BR-2")]
        write(tmp_path, users=[user(contacts=again)], chats=[newer])
        import_legacy("--commit", "--delta")
        first, second = Chat.objects.order_by("id")
        assert (first.closed_at is None, second.closed_at is None) == (False, True)
        assert second.protocol == Contact.objects.get().protocol == "BR-2"
        assert Contact.objects.get().unread == 1


def test_verify_finds_differences(tmp_path, import_legacy):
    write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
    import_legacy("--commit")
    assert "All that was imported is here." in import_legacy("--verify")
    Message.objects.update(content="outra coisa")
    with pytest.raises(CommandError, match="differs from the files"):
        import_legacy("--verify")


def test_a_chat_opened_here_stays_open(tmp_path, import_legacy):
    manager = builders.make_bakery()
    ours = builders.make_contact(
        manager, channel="whatsapp", external_id="5511988887777", name="João (aqui)"
    )
    going = builders.make_chat(ours)
    write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
    said = import_legacy("--commit")
    assert "contacts[0]: Kept ours: area, name, protocol, sa" in said
    assert "chats.json:1: Closed: another chat is open here." in said
    assert Chat.objects.get(closed_at=None) == going
    assert Contact.objects.get().name == "João (aqui)"
    assert Area.objects.filter(code="vendas").exists()
