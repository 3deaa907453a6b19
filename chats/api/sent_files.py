"""Stores the file of a request before its transaction begins."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from chats.files.storage import remove_files, stored
from hci_center.api.request_schema import Fields


@contextlib.contextmanager
def stored_first(fields: Fields) -> Iterator[None]:
    """Stores the file in the field `base64` before the call's transaction begins.

    Removes it if no row was stored for it.
    """
    sent = fields.get("base64")
    if sent is None or sent.found is None:
        yield
        return
    with stored(sent) as attachment:
        fields["base64"] = replace(sent, row=attachment)
        yield
        if attachment is not None and attachment.pk is None:
            remove_files(attachment)
