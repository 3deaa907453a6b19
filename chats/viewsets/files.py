"""A stored file is handed out: to whoever has its link, or may see the contact."""

from __future__ import annotations

import re
from typing import IO, Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from chats.attachments import PURPOSE, find_attachment, open_shown
from chats.file_kinds import PDF_MIME, SHOWN_INLINE, UNKNOWN_MIME
from chats.gateways.file_names import suffix_of
from chats.models import Attachment, Portrait
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

# Whatever is in the file, it runs nothing and fetches nothing.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"
# The viewers that browsers have built in do not start in a sandbox.
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"


def serve_file(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the file, or the range of it that is asked for.

    Raises ForbiddenError without a good signature, unless the caller may see the
    contact; a file that does not exist is refused the same way. UnavailableError when
    its place cannot be read now.
    """
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(["GET"])
    signed = is_signed(PURPOSE, str(uuid), request.GET)
    attachment = find_attachment(uuid)
    contact = None if attachment is None else attachment.message.contact
    if not signed and not _may_see(request, contact):
        raise ForbiddenError
    if attachment is None:
        raise NotFoundError
    try:
        response = _respond(request, attachment)
    except OSError as error:
        raise UnavailableError from error
    return _with_headers(response, attachment, signed=signed)


def serve_portrait(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """GET: the copy of a customer's picture, judged as his files are; it ends with
    the contact."""
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
    return _with_headers(response, portrait, signed=signed)


def _may_see(request: HttpRequest, contact: Contact | None) -> bool:
    try:
        caller = identify(request)
    except NotAuthenticatedError:
        return False
    if caller is None or contact is None:
        return False
    return contact.deleted_at is None and is_visible(contact, caller)


def _respond(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    asked = _range(request.META.get("HTTP_RANGE", ""), attachment.size)
    if asked is None:
        return _FileResponse(open_shown(attachment.file))
    first, last = asked
    if first > last:
        unsatisfied = {"Content-Range": f"bytes */{attachment.size}"}
        return HttpResponse(status=416, headers=unsatisfied)
    file = open_shown(attachment.file)
    file.seek(first)
    response = _FileResponse(_Part(file, last - first + 1), status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{attachment.size}"
    response["Content-Length"] = str(last - first + 1)
    return response


class _FileResponse(FileResponse):
    block_size = 64 * 1024


class _Part:
    """What is left of an open file, up to a length."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        self.file, self.left = file, length

    def read(self, size: int) -> bytes:
        piece = self.file.read(min(size, self.left))
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


def _range(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte of a single range; the first is the greater when the
    file has none of it. None: the whole file is asked for."""
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
    response: HttpResponseBase, attachment: Attachment | Portrait, *, signed: bool
) -> HttpResponseBase:
    mime = attachment.mime
    shown = "inline" if mime in SHOWN_INLINE else "attachment"
    headers: dict[str, Any] = {
        "Content-Type": mime,
        "Content-Disposition": f'{shown}; filename="{_name(attachment)}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _PDF_POLICY if mime == PDF_MIME else _SANDBOX,
        # A web client served elsewhere shows the images whose links it was given.
        "Cross-Origin-Resource-Policy": "cross-origin" if signed else "same-origin",
        "Cache-Control": "private, max-age=3600",
        "Accept-Ranges": "bytes",
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _name(attachment: Attachment | Portrait) -> str:
    """A name of ours: what a sender calls his file is nobody's business here."""
    known = attachment.mime != UNKNOWN_MIME
    return attachment.uuid.hex[:12] + (suffix_of(attachment.mime) if known else "")
