"""Stored files of messages: kept, linked to, and never left without their row.

A file is written before the transaction that stores its row commits, and taken away
again when that fails. So a row always has its file; a crash in between leaves at
most a file without a row, which `sweep_orphans` removes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import IO, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Now
from django.utils import timezone

from chats.files.data_uri import SentFile
from chats.files.pictures import PICTURES, Showing, showing_of
from chats.files.reencoding import UnreadableError, reencode
from chats.models import Attachment, ConvertedFile, PictureCopy, Portrait
from hci_center.api import links
from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.api.request_schema import Fields
from hci_center.errors import BodyTooLargeError, UnavailableError

logger = logging.getLogger(__name__)

PATH = "/api/chat/file/"
PURPOSE = "file-link"

# The models whose rows are known to the storage by their uuid.
_WITH_FILES: tuple[Any, ...] = (Attachment, ConvertedFile, PictureCopy, Portrait)
# What is copied while it is stored: some 40 ms.
AT_ONCE_PIXELS, AT_ONCE_BYTES = 2_000_000, 2 * 2**20
# Long enough for any transaction that has written a file and not yet its row.
_ORPHANED_AFTER = timedelta(hours=1)


class FileLink(DeferredValue, kind="file"):
    """The address of a stored file, signed anew for each answer."""

    def __init__(self, uuid: UUID | str) -> None:
        self.uuid = str(uuid)

    def resolve(self, asker: ResponseContext) -> str:
        base: str = settings.PUBLIC_URL
        if not base:
            base = f"{asker.request.scheme}://{asker.request.get_host()}"
        return signed_link(self.uuid, base)

    def serialize(self) -> dict[str, Any]:
        return {"uuid": self.uuid}

    @classmethod
    def restore_from(cls, **kept: Any) -> DeferredValue:
        return cls(kept["uuid"])


def signed_link(uuid: UUID | str, base: str) -> str:
    """An address below `base` that anyone may open for an hour; never twice the same.

    All that changes is in the query string: without it two links to one file are
    equal.
    """
    query = links.signed(PURPOSE, str(uuid), nonce=secrets.token_urlsafe(9))
    return f"{base}{PATH}{uuid}?{query}"


@contextlib.contextmanager
def stored(sent: SentFile | None) -> Iterator[Attachment | None]:
    """Writes the file and yields its row, unsaved, for `attach`; takes it away again
    when the block fails. Open the transaction inside. Without a file: None.

    Raises BodyTooLargeError for a file over the limit, and UnavailableError when
    there is no place for it now.
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
        _remove_files(attachment)
        raise


@contextlib.contextmanager
def stored_first(fields: Fields) -> Iterator[None]:
    """Stores the file in the field `base64` before the call's transaction begins, and
    takes it away again where nothing came of it."""
    sent = fields.get("base64")
    if sent is None or sent.found is None:
        yield
        return
    with stored(sent) as attachment:
        fields["base64"] = replace(sent, row=attachment)
        yield
        if attachment is not None and attachment.pk is None:
            _remove_files(attachment)


def _remove_files(attachment: Attachment) -> None:
    """Those of a row that is not saved."""
    copy = attachment.unsaved_copy
    for stored_file in filter(None, (attachment.file, copy and copy.file)):
        remove_file(str(stored_file))


def _copied_at_once(attachment: Attachment, sent: SentFile) -> PictureCopy | None:
    """The copy of a small picture, which costs next to nothing; unsaved, for `attach`.
    That of a large one, and of one that moves, is made by a worker."""
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
    """Saves the row of a stored file for that message; answers the link to it."""
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
    """Removes the files that no row names and that are too old to be on their way;
    answers how many."""
    swept = 0
    for folder in _listed("")[0]:
        uuids = {uuid for uuid in map(_uuid_of, _listed(folder)[1]) if uuid}
        for model in _WITH_FILES:
            rows = model.objects.filter(uuid__in=uuids)
            uuids -= set(rows.values_list("uuid", flat=True))
        for uuid in uuids:
            swept += _remove_if_old(_name_of(uuid))
    if swept:
        logger.warning("%d files without a row removed", swept)
    return swept


def write_file(uuid: UUID, content: IO[bytes]) -> str:
    """Stores the bytes under a name of that id and answers it.

    Raises UnavailableError when there is no place for them now.
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


def remove_file(name: str) -> None:
    """Takes a file away that has just been written, from this machine alone.

    What cannot be removed now, `sweep_orphans` removes.
    """
    here = getattr(default_storage, "folder", default_storage)
    with contextlib.suppress(OSError):
        here.delete(name)


def open_shown(file: FieldFile) -> IO[bytes]:
    """Opens a stored file for a request; what is wrong with its place is an OSError."""
    open_file: Any = getattr(default_storage, "open_shown", default_storage.open)
    opened: IO[bytes] = open_file(file.name or "")
    return opened


def may_be_elsewhere() -> bool:
    """Whether a file that is not found may be on its way from another machine."""
    return hasattr(default_storage, "bucket")


def _write_through(name: str) -> None:
    """Down to the disk: the row that will name the file outlives a loss of power."""
    path = default_storage.path(name)
    for each in (path, os.path.dirname(path)):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _remove_if_old(name: str) -> bool:
    try:
        written = default_storage.get_modified_time(name)
    except FileNotFoundError:
        return False
    if written > timezone.now() - _ORPHANED_AFTER:
        return False
    default_storage.delete(name)
    return True


def _listed(folder: str) -> tuple[Iterable[str], Iterable[str]]:
    try:
        listed: tuple[list[str], list[str]] = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return listed


def _name_of(uuid: UUID) -> str:
    """Random as the uuid is; folders keep a million files listable."""
    return f"{uuid.hex[:2]}/{uuid.hex}"


def _uuid_of(name: str) -> UUID | None:
    """None for a file that is not of our making: it is left alone."""
    try:
        return UUID(name)
    except ValueError:
        return None
