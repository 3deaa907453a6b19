"""Finds files without a row, and rows of messages' files without their file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from chats.files.storage import unowned_files
from chats.models import Attachment
from hci_center.background.nightly_checks import Finding

# Files of these days are checked each night, and a part of all others.
RECENT = timedelta(days=8)
PARTS = 30
# `sweep_orphans` has removed older ones.
_LEFT_AFTER = timedelta(days=1)
# Uploads to the bucket from another machine may take this long.
_UPLOADED_AFTER = timedelta(hours=1)


def misplaced_files() -> Iterator[Finding]:
    """Yields superfluous and missing files."""
    for name in unowned_files(_LEFT_AFTER):
        yield Finding(None, detail=name)
    now = timezone.now()
    for pk, name, created_at, manager_id, chat_id in _rows():
        is_recent = created_at > now - RECENT
        if not is_recent and pk % PARTS != now.date().toordinal() % PARTS:
            continue
        if created_at < now - _UPLOADED_AFTER and not default_storage.exists(name):
            yield Finding(manager_id, chat_id, name)


def _rows() -> Iterable[Any]:
    rows = Attachment.objects.exclude(file="").order_by("pk")
    return rows.values_list(
        "pk", "file", "message__created_at", "message__manager_id", "message__chat_id"
    ).iterator()
