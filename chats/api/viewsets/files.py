"""Serves stored files to callers with a signed link or with access to the contact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from chats.files.file_links import PURPOSE
from chats.files.mime_types import PDF_MIME, SHOWN_INLINE, UNKNOWN_MIME
from chats.files.pictures import Showing
from chats.files.storage import find_attachment, open_shown
from chats.gateways.file_names import suffix_of
from chats.models import Attachment, PictureCopy, Portrait, ReplyFile
from contacts import photos
from contacts.lookup import is_visible
from contacts.models import Contact
from hci_center.api.links import is_signed
from hci_center.api.viewset import identify
from hci_center.errors import (
    ForbiddenError,
    MethodNotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    UnavailableError,
)

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)

# The file can neither run nor load anything, whatever it contains.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"
# The built-in viewers of browsers do not start in a sandbox.
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"


def serve_file(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: returns the file, or the requested range of it.

    Of a picture that contains more than is visible, the copy without metadata is
    returned; `original=1` returns the original as a download. Raises ForbiddenError
    without a valid signature, unless the caller may see the contact; a file that does
    not exist is refused the same way. Raises UnavailableError if the storage cannot be
    read now.
    """
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(["GET"])
    signed = is_signed(PURPOSE, str(uuid), request.GET)
    attachment = find_attachment(uuid)
    contact = None if attachment is None else attachment.message.contact
    if not signed and not _may_see(request, contact):
        raise ForbiddenError
    as_sent = request.GET.get("original") == "1"
    if attachment is not None:
        served = _served(attachment, as_sent=as_sent)
    else:
        served = _served_of_reply(uuid, as_sent=as_sent)
    try:
        response = _respond(request, served)
    except OSError as error:
        raise UnavailableError from error
    return _with_headers(response, served, signed=signed)


def serve_portrait(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: returns the copy of a customer's picture, with the access rules of files.

    It is deleted with the contact.
    """
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(["GET"])
    signed = is_signed(photos.PURPOSE, str(uuid), request.GET)
    portrait = Portrait.objects.filter(uuid=uuid).select_related("contact").first()
    contact = None if portrait is None else portrait.contact
    if not signed and not _may_see(request, contact):
        raise ForbiddenError
    if portrait is None or portrait.contact.deleted_at is not None:
        raise NotFoundError
    try:
        response = _FileResponse(open_shown(portrait.file))
    except OSError as error:
        raise UnavailableError from error
    served = _Served(portrait.file, portrait.uuid, portrait.mime, 0, is_shown=True)
    return _with_headers(response, served, signed=signed)


@dataclass(frozen=True, slots=True)
class _Served:
    """The file to return; `is_shown`: browsers may show it."""

    file: FieldFile
    uuid: UUID
    mime: str
    size: int
    is_shown: bool


def _served(attachment: Attachment, *, as_sent: bool) -> _Served:
    """Returns the file, or the copy of a picture.

    Until there is a copy, and if there can be none, the file is only a download.
    """
    is_shown = attachment.mime in SHOWN_INLINE
    if attachment.showing and attachment.showing != Showing.AS_IS:
        copy: PictureCopy | None = getattr(attachment, "picture_copy", None)
        if copy is not None and copy.file and not as_sent:
            uuid = attachment.uuid
            return _Served(copy.file, uuid, copy.mime, copy.size, is_shown=True)
        is_shown = False
    return _Served(
        attachment.file,
        attachment.uuid,
        attachment.mime,
        attachment.size,
        is_shown=is_shown and not as_sent,
    )


def _served_of_reply(uuid: UUID, *, as_sent: bool) -> _Served:
    """Returns the file of a quick reply; raises NotFoundError."""
    row = ReplyFile.objects.filter(uuid=uuid).first()
    if row is None:
        raise NotFoundError
    is_shown = row.mime in SHOWN_INLINE and row.showing != Showing.NEVER
    return _Served(
        row.file, row.uuid, row.mime, row.size, is_shown=is_shown and not as_sent
    )


def _may_see(request: HttpRequest, contact: Contact | None) -> bool:
    try:
        caller = identify(request)
    except NotAuthenticatedError:
        return False
    if caller is None or caller.role == "auditor" or contact is None:
        return False
    return contact.deleted_at is None and is_visible(contact, caller)


def _respond(request: HttpRequest, served: _Served) -> HttpResponseBase:
    byte_range = _range(request.META.get("HTTP_RANGE", ""), served.size)
    if byte_range is None:
        return _FileResponse(open_shown(served.file))
    first, last = byte_range
    if first > last:
        unsatisfied = {"Content-Range": f"bytes */{served.size}"}
        return HttpResponse(status=416, headers=unsatisfied)
    file = open_shown(served.file)
    file.seek(first)
    response = _FileResponse(_Part(file, last - first + 1), status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{served.size}"
    response["Content-Length"] = str(last - first + 1)
    return response


class _FileResponse(FileResponse):
    block_size = 64 * 1024


class _Part:
    """The rest of an open file, up to a length."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        self.file, self.left = file, length

    def read(self, size: int) -> bytes:
        piece = self.file.read(min(size, self.left))
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


def _range(header: str, size: int) -> tuple[int, int] | None:
    """Returns the first and last byte of a single range.

    The first is greater than the last if the file has no byte of the range. None: the
    whole file is requested.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    last = int(match[2]) if match[2] else size - 1
    if last < int(match[1]):
        return None if match[2] and int(match[1]) < size else (size, size - 1)
    return int(match[1]), min(last, size - 1)


def _with_headers(
    response: HttpResponseBase, served: _Served, *, signed: bool
) -> HttpResponseBase:
    mime = served.mime
    shown = "inline" if served.is_shown else "attachment"
    headers: dict[str, Any] = {
        "Content-Type": mime,
        "Content-Disposition": f'{shown}; filename="{_name(served)}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _PDF_POLICY if mime == PDF_MIME else _SANDBOX,
        # A web client on another origin shows the images whose links it received.
        "Cross-Origin-Resource-Policy": "cross-origin" if signed else "same-origin",
        "Cache-Control": "private, max-age=3600",
        "Accept-Ranges": "bytes",
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _name(served: _Served) -> str:
    """Returns a generated name: the sender's name of the file is confidential."""
    known = served.mime != UNKNOWN_MIME
    return served.uuid.hex[:12] + (suffix_of(served.mime) if known else "")
