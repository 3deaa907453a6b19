"""A person with a marker word in all its data, and dumps of the database."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from areas.models import OperatorArea
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.files.storage import write_file
from chats.models import (
    Attachment,
    Delivery,
    InboundEvent,
    MediaFetch,
    MessagePart,
    MessageVersion,
    Note,
    ParkedReceipt,
    PictureCopy,
    Portrait,
    ProfileFetch,
    ScheduledMessage,
    Survey,
    TranscriptSeal,
)
from contacts.models import Contact, Identity, Tag, Tagging
from hci_center.api.models import StoredAnswer
from hci_center.local.server_dirs import open_server_dirs, postgres_binaries
from tests import builders
from tests.feed.processes import database_url

WORD = "canarinho"
NUMBER, OTHER = "5511987650001", "551187650001"
LID = "199887766554433"


def make_person(manager: Any) -> Contact:
    """Returns a contact with an open and a closed chat, both with the marker word."""
    area = builders.make_area(manager)
    operator = builders.make_operator(manager, area, name="Ana")
    assert OperatorArea.objects.filter(operator=operator).exists()
    contact = builders.make_contact(
        manager,
        name=f"Maria {WORD}",
        external_id=NUMBER,
        area=area,
        operator=operator,
        photo=f"https://example.com/{WORD}.jpg",
    )
    for alias in (OTHER, LID):
        Identity.objects.create(
            manager=manager, channel="whatsapp", alias=alias, contact=contact
        )
    closed = builders.make_chat(contact)
    _talk(closed, operator)
    closed.closed_at = timezone.now()
    closed.save()
    chat = open_chat(contact, actor=Actor("key:1"))
    _talk(chat, operator)
    _beside(manager, contact, closed, operator)
    return contact


def _talk(chat: Any, operator: Any) -> None:
    builders.make_message(chat, content=f"I am {WORD}", gateway_id=f"wamid.{uuid4()}")
    sent = builders.make_message(
        chat,
        direction="out",
        content=f"Hello {WORD}",
        sender=str(operator.pk),
        gateway_id=f"wamid.{uuid4()}",
    )
    Delivery.objects.create(
        message=sent,
        manager=chat.manager,
        contact=chat.contact,
        channel="whatsapp",
        template={"name": "x", "parameters": [WORD]},
    )
    MessagePart.objects.create(
        manager=chat.manager, message=sent, gateway_id=f"wamid.{WORD}.{sent.pk}"
    )
    ParkedReceipt.objects.create(
        manager=chat.manager, reference=f"wamid.{WORD}.{sent.pk}", status="read"
    )
    own = builders.make_message(chat, direction="out", sender=NUMBER, status="sent")
    MessageVersion.objects.create(message=own, text=WORD, written_at=timezone.now())
    picture = builders.make_message(
        chat,
        type="image",
        content="Arquivo em anexo",
        details={"caption": WORD, "fileName": f"{WORD}.png"},
    )
    uuid = uuid4()
    attachment = Attachment.objects.create(
        uuid=uuid,
        message=picture,
        file=write_file(uuid, BytesIO(f"a file of {WORD}".encode())),
        mime="image/png",
        size=9,
        sha256="",
    )
    uuid = uuid4()
    PictureCopy.objects.create(
        attachment=attachment, uuid=uuid, file=write_file(uuid, BytesIO(WORD.encode()))
    )
    fetched = builders.make_message(chat, type="image")
    MediaFetch.objects.create(
        message=fetched, manager=chat.manager, channel="whatsapp", media="{}"
    )
    Note.objects.create(chat=chat, author=operator, text=f"{WORD} is nice")


def _beside(manager: Any, contact: Any, closed: Any, operator: Any) -> None:
    tag = Tag.objects.create(manager=manager, code="vip", name="VIP")
    Tagging.objects.create(manager=manager, contact=contact, tag=tag)
    ScheduledMessage.objects.create(
        manager=manager,
        contact=contact,
        operator=operator,
        text=WORD,
        send_at=timezone.now(),
    )
    ProfileFetch.objects.create(contact=contact, link=f"https://x/{WORD}")
    uuid = uuid4()
    portrait = write_file(uuid, BytesIO(WORD.encode()))
    Portrait.objects.create(uuid=uuid, contact=contact, file=portrait, mime="image/png")
    Survey.objects.create(
        chat=closed,
        contact=contact,
        state="rated",
        rating=2,
        comment=f"{WORD} was not pleased",
        asked_at=timezone.now(),
        answered_at=timezone.now(),
    )
    TranscriptSeal.objects.update_or_create(
        chat=closed,
        defaults={"contact_name": WORD, "people": {NUMBER: WORD, "7": "Ana"}},
    )
    payload = {"from": f"{LID}@lid", "name": WORD, "text": WORD}
    InboundEvent.objects.create(
        source="evolution",
        lane=str(manager.pk),
        payload=json.dumps(payload),
        digest=uuid4().hex,
        state="done",
        note=WORD,
    )
    StoredAnswer.objects.create(
        credential="key:1",
        method="POST",
        path="/x",
        key="k",
        fingerprint="f",
        status=200,
        body=json.dumps({"id": int(NUMBER), "name": WORD}).encode(),
        created_at=timezone.now(),
        manager_id=manager.pk,
    )
    person = builders.make_supervisor(manager)
    LogEntry.objects.create(
        user=person,
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(contact.pk),
        object_repr=f"Maria {WORD}",
        action_flag=2,
        change_message="",
    )


def number_changes() -> None:
    """Numbers the feed's waiting changes, as the relay does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM change_stamp(10000)")


def dump(target: Path) -> Path:
    """Dumps the current database."""
    _postgres("pg_dump", "-Fc", "-f", str(target), _url())
    return target


def dumped_text() -> str:
    """Returns all rows of the current database as SQL text."""
    text = _postgres("pg_dump", "--data-only", "--column-inserts", _url())
    assert "INSERT INTO public.contacts_contact " in text
    return text


@contextmanager
def restored(backup: Path) -> Iterator[None]:
    """Makes a restored database the current one within the block."""
    ours, name = connection.settings_dict["NAME"], f"restored_{uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        _postgres("pg_restore", "--no-owner", "-d", _url(), str(backup))
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def files_with_the_word(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and WORD.encode() in path.read_bytes()
    ]


def copy_folder(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to, dirs_exist_ok=True)


def _url() -> str:
    return database_url(connection.settings_dict).replace(
        "postgres://", "postgresql://"
    )


def _postgres(program: str, *arguments: str) -> str:
    binary = postgres_binaries(open_server_dirs()) / program
    done = subprocess.run(
        [str(binary), *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
