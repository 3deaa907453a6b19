"""Fixtures: one backup per module, made while messages arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from areas.models import LoginSession, Operator
from chats.files.storage import write_file
from chats.models import Attachment, Chat, Delivery
from hci_center.backups import databases
from hci_center.backups.connections import connect
from hci_center.backups.encryption import Key, new_key
from hci_center.backups.folder import Folder
from hci_center.backups.making import Wishes, make_backup
from hci_center.callers import Caller
from hci_center.feed import tickets
from tests import builders
from tests.emptying import empty

SESSION = "canary-of-a-session"
WORDS = "canary of a message"
CONTENT = b"a file of a customer " * 1000


class Made(NamedTuple):
    """A backup, the installation's folder, and the command's output."""

    target: Folder
    name: str
    key: Key
    data: Path
    contact_id: int
    written_meanwhile: int


@contextmanager
def arriving_messages(chat: Chat) -> Iterator[list[int]]:
    """Stores messages without a pause within the block, and counts them."""
    begun, ends, stored = threading.Event(), threading.Event(), [0]
    insert = """INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction,
                  type, content, url, sender, status, error, created_at)
                VALUES (gen_random_uuid(), %s, %s, %s, 'in', 'text', 'x', '', '', 'read',
                        '', now())"""
    values = [chat.manager_id, chat.contact_id, chat.pk]

    def write(database: psycopg.Connection[Any]) -> None:
        while not ends.is_set():
            database.execute(insert, values)
            stored[0] += 1
            begun.set()

    with connect(autocommit=True) as database:
        thread = threading.Thread(target=write, args=[database])
        thread.start()
        try:
            # On a busy machine the backup could otherwise start before the first one.
            assert begun.wait(30)
            yield stored
        finally:
            ends.set()
            thread.join()


def fill_centre() -> Chat:
    """Creates a customer, a file, a queued message, a login and a ticket."""
    manager = builders.make_bakery()
    area = builders.make_area(manager)
    builders.make_operator(manager, area)
    contact = builders.make_contact(
        manager, external_id="5511987650001", area=area, unread=1
    )
    contact.last_message_at = timezone.now() + timedelta(minutes=1)
    contact.save()
    chat = builders.make_chat(contact)
    message = builders.make_message(chat, content=WORDS, type="image")
    uuid = uuid4()
    Attachment.objects.create(
        uuid=uuid,
        message=message,
        file=write_file(uuid, BytesIO(CONTENT)),
        mime="image/png",
        size=len(CONTENT),
        sha256="",
    )
    waiting = builders.make_message(chat, direction="out", content="Hello")
    Delivery.objects.create(
        message=waiting, manager=manager, contact=contact, channel="whatsapp"
    )
    session = SessionStore()
    session["who"] = SESSION
    session.save()
    tickets.issue(Caller("administrator", "user:1", None), session.session_key, "")
    operator = Operator.objects.get()
    key = session.session_key
    LoginSession.objects.create(user=operator.user, session_key=key, device=SESSION)
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed_count_sockets(%s, %s, 1, 60)", [SESSION, "web"])
    return chat


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Made]:
    """An encrypted backup; the database is empty again."""
    folder = tmp_path_factory.mktemp("centre")
    (folder / "data").mkdir()
    # It tells the storage, which remembers where a test before had its files.
    there = override_settings(
        DATA_DIR=folder / "data", MEDIA_ROOT=folder / "data" / "media"
    )
    with there, django_db_blocker.unblock():
        chat = fill_centre()
        target, key = Folder(folder / "backups"), Key(new_key())
        with arriving_messages(chat) as stored:
            backup = make_backup(Wishes(target, key, keep=3))
        contact_id = chat.contact_id
        empty("flush", database="default")
        yield Made(target, backup.name, key, folder / "data", contact_id, stored[0])


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    """The folder of a new installation."""
    settings.DATA_DIR = tmp_path / "new"
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.DATA_DIR.mkdir()
    return settings.DATA_DIR


@pytest.fixture
def new_database(data: Path, transactional_db: None) -> Iterator[str]:
    """An empty database, used as the default one."""
    name = f"{connection.settings_dict['NAME']}_new"
    databases.create(name)
    try:
        with databases.present(name):
            yield name
    finally:
        databases.drop(name)
