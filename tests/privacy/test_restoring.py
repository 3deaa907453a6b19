"""Restoring a backup older than an erasure erases the person again."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Contact
from hci_center.privacy import restoring, tombstones
from hci_center.privacy.models import Tombstone
from tests import builders
from tests.privacy.person import (
    WORD,
    copy_folder,
    dump,
    dumped_text,
    files_with_the_word,
    make_person,
    number_changes,
    restored,
)
from tests.privacy.test_erasing import erase


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_is_erased_again(manager, data, tmp_path, caplog):
    contact = make_person(manager)
    number_changes()
    backup = dump(tmp_path / "before.dump")
    copy_folder(data / "media", tmp_path / "files")
    erase(contact)
    with restored(backup):
        copy_folder(tmp_path / "files", data / "media")
        assert WORD in dumped_text()
        assert restoring.apply_if_restored() == 1
        number_changes()
        assert WORD not in dumped_text()
        assert files_with_the_word(data) == []
        assert Tombstone.objects.count() == 1
        assert restoring.apply_if_restored() == 0
    assert WORD not in caplog.text


def test_a_contact_made_later_with_the_same_number_stays(manager):
    contact = make_person(manager)
    erase(contact)
    again = builders.make_contact(manager, external_id="551187650001", name="Maria")
    assert restoring.apply() == 0
    again.refresh_from_db()
    assert again.name == "Maria"


def test_tombstones_of_the_database_are_added_to_the_file(manager):
    erase(make_person(manager))
    tombstones.path().unlink()
    assert restoring.apply_if_restored() == 0
    assert len(tombstones.read()) == 1


def test_another_file_can_be_applied_by_a_command(manager, tmp_path, capsys):
    contact = make_person(manager)
    erase(contact)
    given = tmp_path / "from-elsewhere.jsonl"
    tombstones.path().rename(given)
    Tombstone.objects.all().delete()
    back = builders.make_contact(manager, external_id="5511987650001", name=WORD)
    Contact.objects.filter(pk=back.pk).update(created_at="2026-01-01T00:00Z")
    call_command("erasures", "apply", str(given))
    assert "erased again: 1" in capsys.readouterr().out
    assert len(tombstones.read()) == 1
    given.write_text('{"no": "tombstone"}\n{}\n')
    with pytest.raises(CommandError, match=r"from-elsewhere.jsonl:1"):
        call_command("erasures", "apply", str(given))


@pytest.mark.parametrize("content", [b'{"no": "tombstone"}\n', b"\xe0\x80\n", b"[1]\n"])
def test_a_file_of_something_else_is_refused(tmp_path, db, content):
    given = tmp_path / "chats.jsonl"
    given.write_bytes(content)
    with pytest.raises(CommandError, match=r"chats.jsonl:1 is no line"):
        call_command("erasures", "apply", str(given))
    with pytest.raises(CommandError, match="There is no file"):
        call_command("erasures", "apply", str(tmp_path))


def test_a_truncated_last_line_is_ignored(manager):
    contact = make_person(manager)
    other = builders.make_contact(manager)
    erase(contact)
    with tombstones.path().open("a") as file:
        file.write('{"id": "half')
    assert len(tombstones.read()) == 1
    erase(other, typed=other.external_id)
    assert len(tombstones.read()) == 2
