"""Stores files of messages and removes orphans.

A file is written before the transaction that stores its row commits, and removed if
that fails. So a row always has its file; a crash in between leaves at most a file
without a row, which `sweep_orphans` removes.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import IO, Any
from uuid import UUID, uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Now
from django.utils import timezone

from chats.files.data_uri import SentFile
from chats.files.file_links import FileLink
from chats.files.pictures import PICTURES, Showing, showing_of
from chats.files.reencoding import UnreadableError, reencode
from chats.models import (
    Attachment,
    ConvertedFile,
    PictureCopy,
    Portrait,
    ReplyFile,
)
from hci_center.errors import BodyTooLargeError, UnavailableError

logger = logging.getLogger(__name__)

# The models whose files are named after the uuid of their row.
MODELS_WITH_FILES: tuple[Any, ...] = (
    Attachment,
    ConvertedFile,
    PictureCopy,
    Portrait,
    ReplyFile,
)
# Limits for pictures that are copied while they are stored: some 40 ms.
AT_ONCE_PIXELS, AT_ONCE_BYTES = 2_000_000, 2 * 2**20
# Longer than any transaction between writing a file and storing its row.
_ORPHANED_AFTER = timedelta(hours=1)


@contextlib.contextmanager
def stored(sent: SentFile | None) -> Iterator[Attachment | None]:
    """Writes the file and yields its unsaved row, for `attach`; None without a file.

    The file is removed if the block fails. Open the transaction inside the block.
    Raises BodyTooLargeError for a file over the limit, and UnavailableError if the
    storage is not available.
    """
    if sent is None or sent.row is not None:
        yield None if sent is None else sent.row
        return
    if sent.found is None or sent.sha256 is None:
        raise BodyTooLargeError
    uuid = uuid4()
    name = write_file(uuid, sent.open())
    attachment = Attachment(
        uuid=uuid,
        file=name,
        mime=sent.found.mime,
        size=sent.size,
        sha256=sent.sha256,
        is_voice=sent.found.is_voice,
    )
    try:
        if attachment.mime in PICTURES:
            attachment.showing = showing_of(sent.facts)
            attachment.unsaved_copy = _copied_at_once(attachment, sent)
        yield attachment
    except BaseException:
        remove_files(attachment)
        raise


def remove_files(attachment: Attachment) -> None:
    """Removes the files of an unsaved row."""
    copy = attachment.unsaved_copy
    for stored_file in filter(None, (attachment.file, copy and copy.file)):
        remove_file(str(stored_file))


def _copied_at_once(attachment: Attachment, sent: SentFile) -> PictureCopy | None:
    """Returns the unsaved copy of a small picture, for `attach`.

    Copying one costs very little. The copy of a large or animated picture is made by a
    worker.
    """
    facts = sent.facts
    if facts is None or attachment.showing != Showing.COPY:
        return None
    is_small = facts.pixels <= AT_ONCE_PIXELS and sent.size <= AT_ONCE_BYTES
    if not is_small or facts.images > 1:
        return None
    try:
        content, mime = reencode(sent.open(), attachment.mime)
    except UnreadableError:
        attachment.showing = Showing.NEVER
        return None
    copy = PictureCopy(uuid=uuid4(), mime=mime, size=len(content), made_at=Now())
    copy.file = write_file(copy.uuid, BytesIO(content))
    return copy


def attach(attachment: Attachment | None, message_id: int) -> FileLink | None:
    """Saves the row of a stored file for that message; returns the link to it."""
    if attachment is None:
        return None
    attachment.message_id = message_id
    attachment.save(force_insert=True)
    if attachment.showing == Showing.COPY:
        copy = attachment.unsaved_copy or PictureCopy()
        copy.attachment = attachment
        copy.save(force_insert=True)
    return FileLink(attachment.uuid)


def find_attachment(uuid: UUID) -> Attachment | None:
    rows = Attachment.objects.select_related("message__contact", "picture_copy")
    return rows.filter(uuid=uuid).first()


def sweep_orphans() -> int:
    """Removes old files without a row, not those in progress; returns how many."""
    swept = 0
    for name in unowned_files(_ORPHANED_AFTER):
        default_storage.delete(name)
        swept += 1
    if swept:
        logger.warning("%d files without a row removed", swept)
    return swept


def unowned_files(age: timedelta) -> Iterator[str]:
    """Yields the names of our files without a row that are older than that."""
    for folder in _listed("")[0]:
        uuids = {uuid for uuid in map(_uuid_of, _listed(folder)[1]) if uuid}
        for model in MODELS_WITH_FILES:
            rows = model.objects.filter(uuid__in=uuids)
            uuids -= set(rows.values_list("uuid", flat=True))
        yield from (name for name in map(_name_of, uuids) if _is_older(name, age))


def write_file(uuid: UUID, content: IO[bytes]) -> str:
    """Stores the bytes under a name made of the id and returns the name.

    Raises UnavailableError if the storage is not available.
    """
    name = _name_of(uuid)
    try:
        name = default_storage.save(name, File(content))
        _write_through(name)
    except OSError as error:
        logger.error("a file could not be stored: %s", error)
        remove_file(name)
        raise UnavailableError from error
    return name


def purge(uuid: UUID, name: str) -> bool:
    """Removes a file of that row for good, with all of its versions in a bucket.

    A file that a message shares with a quick reply has another name and stays; then it
    returns False. Raises OSError if the storage fails.
    """
    if not name or name != _name_of(uuid):
        return False
    remove: Any = getattr(default_storage, "purge", default_storage.delete)
    remove(name)
    return True


def remove_file(name: str) -> None:
    """Removes a newly written file, only from this machine.

    If this fails, `sweep_orphans` removes it later.
    """
    here = getattr(default_storage, "folder", default_storage)
    with contextlib.suppress(OSError):
        here.delete(name)


def open_shown(file: FieldFile) -> IO[bytes]:
    """Opens a stored file for a request; raises OSError if the storage fails."""
    open_file: Any = getattr(default_storage, "open_shown", default_storage.open)
    opened: IO[bytes] = open_file(file.name or "")
    return opened


def may_be_elsewhere() -> bool:
    """Returns whether a missing file may still be uploaded from another machine."""
    return hasattr(default_storage, "bucket")


def _write_through(name: str) -> None:
    """Flushes the file to disk: the row that will name it survives a power loss."""
    path = default_storage.path(name)
    for each in (path, os.path.dirname(path)):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _is_older(name: str, age: timedelta) -> bool:
    try:
        written = default_storage.get_modified_time(name)
    except FileNotFoundError:
        return False
    is_older: bool = written <= timezone.now() - age
    return is_older


def _listed(folder: str) -> tuple[Iterable[str], Iterable[str]]:
    try:
        listed: tuple[list[str], list[str]] = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return listed


def _name_of(uuid: UUID) -> str:
    """Returns a name as random as the uuid; folders keep a million files listable."""
    return f"{uuid.hex[:2]}/{uuid.hex}"


def _uuid_of(name: str) -> UUID | None:
    """Returns the uuid, or None for a file that we did not create: it is left alone."""
    try:
        return UUID(name)
    except ValueError:
        return None
