"""The rows that an import writes, and imports that must fail."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

TABLES = (
    "managers_manager", "areas_area", "areas_operator", "auth_user", "contacts_contact",
    "contacts_identity", "chats_chat", "chats_chatevent", "chats_message", "import_ref",
)  # fmt: skip


def everything():
    """Returns all rows of the tables that an import writes, with their versions."""
    with connection.cursor() as cursor:
        rows = []
        for table in TABLES:
            cursor.execute(f"SELECT xmin, cmin, t::text FROM {table} t ORDER BY 3")  # noqa: S608
            rows += cursor.fetchall()
    return rows


def problems(tmp_path, *options):
    """Runs an import that must fail and change nothing; returns its output."""
    before, out = everything(), io.StringIO()
    with pytest.raises(CommandError, match=r"Nothing was changed\."):
        call_command(
            "import_legacy",
            str(tmp_path),
            "--commit",
            *options,
            verbosity=0,
            stdout=out,
        )
    assert everything() == before
    return [line for line in out.getvalue().splitlines() if line.startswith("error")]
