"""The request bodies of the calls that send files."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chats.api.fields import DataUri, RowId
from chats.api.serializers.chats import FacebookContact, Narrowed, WhatsAppContact
from chats.api.serializers.message_extras import WithFile
from chats.files.data_uri import SentFile
from chats.files.mime_types import FILE, matches_declared
from chats.files.pictures import MOST_PIXELS
from hci_center.api.fields import OneOf, OperatorId, Text
from hci_center.api.request_schema import Body, Fields, Wrong

FILE_TYPES = ("image", "audio", "video", "pdf", "file")


class SendFile(WithFile):
    """A file in `base64`, or the file of a quick reply."""

    vars()["from"] = OperatorId()
    base64 = DataUri(required=False)
    type = OneOf(*FILE_TYPES, required=False)
    reply = RowId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        if "reply" in values:
            values.pop("base64", None)
        elif "reply" not in wrong:
            _require_in_order(cls, values, wrong, "base64", "type")
        super().validate_fields(values, wrong)
        sent: SentFile | None = values.get("base64")
        declared: str | None = values.get("type")
        if sent is None or sent.found is None or declared is None or declared == FILE:
            return
        if sent.has_too_many_pixels:
            sentence = _("The picture has more than %d million pixels.")
            wrong["base64"] = [sentence % (MOST_PIXELS // 10**6)]
        elif not matches_declared(sent.found, declared, sent.claimed_mime):
            wrong["base64"] = [_("The file is not of the declared type.")]


def _require_in_order(
    body: type[Body], values: Fields, wrong: Wrong, *names: str
) -> None:
    """Adds an error for each field that was not sent, in the order of the body's."""
    for name in names:
        if name not in values:
            wrong.setdefault(name, [_("This field is required.")])
    ordered = {name: wrong[name] for name in body._declared_fields if name in wrong}
    wrong.clear()
    wrong.update(ordered)


class SendFileByController(SendFile, WhatsAppContact):
    pass


class SendFileByPage(SendFile, FacebookContact, Narrowed):
    token = Text(4096, required=False)
