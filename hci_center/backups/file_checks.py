"""Checks that the file of every row exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.files.storage import MODELS_WITH_FILES
from hci_center.backups.file_lists import Ascending, Named
from hci_center.backups.invariants import MOST_NAMED, Finding

_AT_ONCE = 2000


def check_files(stored: Iterable[Named]) -> Finding:
    """Returns R4: rows without a file; `stored` are the files, sorted by name."""
    files: Ascending[Named] = Ascending(stored)
    missing = 0
    named: list[str] = []
    for name in _names():
        if files.find(name) is None:
            missing += 1
            named = named if len(named) == MOST_NAMED else [*named, name]
    return Finding(
        "R4", _("A row names a file that is not there"), missing, tuple(named)
    )


def _names() -> Iterator[str]:
    """Yields the distinct names in the tables, sorted."""
    tables = " UNION ".join(
        f"SELECT file COLLATE \"C\" FROM {model._meta.db_table} WHERE file <> ''"  # noqa: S608
        for model in MODELS_WITH_FILES
    )
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"{tables} ORDER BY 1")
        while rows := cursor.fetchmany(_AT_ONCE):
            for (name,) in rows:
                yield name
