"""Creates, inspects, swaps and drops databases on the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from hci_center.backups.connections import connect
from hci_center.backups.errors import BackupError

# A database to connect to when creating or renaming others.
_MAINTENANCE = ("postgres", "template1")


@contextmanager
def present(name: str) -> Iterator[None]:
    """Within the block, Django's connection uses that database."""
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """Yields the name of a new, empty database, which is dropped after the block.

    A database of that name from an earlier process is dropped first. Raises BackupError
    if the role may not create databases.
    """
    with _maintenance() as server:
        _drop(server, name)
        _create(server, name)
    try:
        yield name
    finally:
        with _maintenance() as server:
            _drop(server, name)


def may_create() -> bool:
    """Returns whether our role may create databases."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        return bool(cursor.fetchone()[0])


def is_empty() -> bool:
    """Returns whether the current database has no tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_class c "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p'))"
        )
        return bool(cursor.fetchone()[0])


def others_connected() -> int:
    """Returns the number of other connections to the current database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def create(name: str) -> None:
    """Creates an empty database. Raises BackupError if our role may not."""
    with _maintenance() as server:
        _drop(server, name)
        _create(server, name)


def drop(name: str) -> None:
    with _maintenance() as server:
        _drop(server, name)


def swap_databases(name: str, aside: str) -> None:
    """Renames the current database to `aside`, and `name` to the current name.

    In one transaction. Raises BackupError if there are other connections.
    """
    ours = connection.settings_dict["NAME"]
    connection.close()
    with _maintenance() as server:
        try:
            with server.transaction():
                for old, new in ((ours, aside), (name, ours)):
                    server.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                            sql.Identifier(old), sql.Identifier(new)
                        )
                    )
        except psycopg.errors.ObjectInUse as error:
            raise BackupError(
                _(
                    "Somebody is connected to the database: stop web, feed, relay and "
                    "worker, and restore again."
                )
            ) from error


def _create(server: psycopg.Connection[Any], name: str) -> None:
    # Like the current database: the collation must be the same.
    template = sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}")
    options = sql.SQL(_options(server))
    try:
        server.execute(template.format(sql.Identifier(name), options))
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            _(
                "The database's role may not create databases (ALTER ROLE … CREATEDB): "
                "allow it, or restore into an empty one."
            )
        ) from error


def _options(server: psycopg.Connection[Any]) -> str:
    """Returns the encoding and locale of our database as options of CREATE DATABASE."""
    row = server.execute(
        "SELECT format('ENCODING %%L LC_COLLATE %%L LC_CTYPE %%L', "
        "pg_encoding_to_char(d.encoding), d.datcollate, d.datctype), to_jsonb(d) "
        "FROM pg_database d WHERE d.datname = %s",
        [connection.settings_dict["NAME"]],
    ).fetchone()
    if row is None:
        return ""
    options, found = row
    # The columns differ from version to version.
    locale = found.get("datlocale") or found.get("daticulocale")
    if found.get("datlocprovider") == "b" and locale:
        return f"{options} LOCALE_PROVIDER builtin BUILTIN_LOCALE '{locale}'"
    if found.get("datlocprovider") == "i" and locale:
        return f"{options} LOCALE_PROVIDER icu ICU_LOCALE '{locale}'"
    return str(options)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


@contextmanager
def _maintenance() -> Iterator[psycopg.Connection[Any]]:
    """Yields a connection to another database of the server."""
    failure: psycopg.Error | None = None
    for name in _MAINTENANCE:
        try:
            server = connect(name, autocommit=True)
        except psycopg.OperationalError as error:
            failure = error
            continue
        with server:
            yield server
        return
    raise BackupError(_("There is no database to create another from: %s") % failure)
