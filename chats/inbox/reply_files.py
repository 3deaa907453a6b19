"""Sends the file of a quick reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.message_details import Extras
from chats.conversations.message_rows import Shape
from chats.files.data_uri import SentFile
from chats.files.mime_types import FILE, DetectedType, kind_of_mime
from chats.messages.send import SendContext, send_file
from chats.models import Attachment
from hci_center.errors import InvalidError

# The operator's own, or one that is offered to him for the contact.
_FIND = """
SELECT f.id, f.file, f.name, f.mime, f.size, f.sha256, f.is_voice, f.showing, f.is_used
  FROM chats_reply r JOIN chats_replyfile f ON f.id = r.file_id
 WHERE r.id = %(reply)s AND r.manager_id = %(manager)s
   AND (r.operator_id = %(operator)s
        OR r.operator_id IS NULL
           AND (r.area_id IS NULL OR r.area_id = %(area)s::bigint
                OR EXISTS (SELECT FROM areas_operatorarea s
                            WHERE s.operator_id = %(operator)s
                              AND s.area_id = r.area_id)))
"""
# A concurrent deletion of the reply either sees that the file is used, or came first.
_USE = """
UPDATE chats_replyfile SET is_used = true WHERE id = %s RETURNING id
"""


def send_reply_file(
    context: SendContext,
    reply_id: int,
    message_type: str | None,
    extras: Extras,
    *,
    token: str = "",
) -> Shape:
    """Stores and queues a reply's file; see `chats.messages.send.send_file`.

    `message_type` None uses the type of the file. Raises the errors of `send_file`, and
    InvalidError if the operator has no such reply with a file.
    """
    with transaction.atomic():
        file, kind, name = _file_of(context, reply_id)
        message_type = message_type or kind
        if message_type not in (kind, FILE):
            raise InvalidError({"type": [_("The file is not of the declared type.")]})
        if not extras.file_name:
            extras = replace(extras, file_name=name)
        try:
            return send_file(context, message_type, file, extras, token=token)
        except InvalidError as error:
            fields = error.more.get("fields", {})
            if "base64" in fields:
                fields["reply"] = fields.pop("base64")
            raise


def _file_of(context: SendContext, reply_id: int) -> tuple[SentFile, str, str]:
    """Returns a reply's file for a message, with its type and name.

    The message shares the stored file: nothing is read or copied.
    """
    values: dict[str, Any] = {
        "reply": reply_id,
        "manager": context.contact.manager_id,
        "operator": context.operator_id,
        "area": context.contact.area_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        row = cursor.fetchone()
        is_kept = row is not None and row[-1]
        if row is not None and not is_kept:
            cursor.execute(_USE, [row[0]])
            is_kept = cursor.fetchone() is not None
        if not is_kept:
            sentence = _("There is no quick reply with this id that has a file.")
            raise InvalidError({"reply": [sentence]})
    _file_id, file, name, mime, size, sha256, is_voice, showing, _is_used = row
    kind = kind_of_mime(mime) or FILE
    attachment = Attachment(
        uuid=uuid4(),
        file=file,
        mime=mime,
        size=size,
        sha256=sha256,
        is_voice=is_voice,
        showing=showing,
    )
    found = DetectedType(mime, frozenset({kind, FILE}), is_voice=is_voice)
    sent = SentFile("", 0, size, mime, found, sha256, row=attachment)
    return sent, kind, name
