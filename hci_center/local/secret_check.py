"""Checks at startup that the process's secrets match its database.

A row of the database holds a proof for each secret, so that wrong secrets are refused
with one message instead of failing later, row by row. Missing secrets are generated
only for a new database: two machines must not generate different ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hci_center.encryption import (
    EncryptedColumn,
    can_decrypt,
    encrypt,
    encrypted_columns,
)
from hci_center.local import generated_secrets
from hci_center.local.errors import SecretsError
from hci_center.signing import digest, digests

SECRET_KEY, TOKEN_KEYS = "secret_key", "token_keys"
_SIGNED_BY_ANOTHER = (
    "HCI_SECRET_KEY is not the one that this database's API keys, sessions and links "
    "were made under: set that one, or name it in HCI_SECRET_KEY_FALLBACKS. If it is "
    "lost, or they are all to end, run manage.py take_secret_key."
)
_ENCRYPTED_BY_ANOTHER = (
    "HCI_TOKEN_KEYS does not hold the key that this database's page tokens and gateway "
    "settings are encrypted with: add it, after the newest. If it is lost, run "
    "manage.py reencrypt --clear-unreadable and give them anew."
)

_PURPOSE = "proof"
_KNOWN_TEXT = "hci"
_USED = """
SELECT EXISTS (SELECT FROM managers_manager) OR EXISTS (SELECT FROM managers_apikey)
"""
_FIND = "SELECT proof FROM local_secretproof WHERE name = %s"
_INSERT = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
_RENEW = "UPDATE local_secretproof SET proof = %s WHERE name = %s AND proof = %s"
_SET = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET proof = excluded.proof
"""

# Values to try where there is no proof yet. Few rows of a long table have a value.
_NEWEST = """
SELECT {name} FROM (SELECT {name} FROM {table} ORDER BY {key} DESC LIMIT 10000) newest
 WHERE {name} <> '' LIMIT 200
"""

Report = Callable[[str], None]


def check_secrets(say: Report) -> None:
    """Generates missing secrets of a new database, and checks those of one in use.

    A database without tables must be checked again after its migrations. Raises
    SecretsError with the remedy, OperationalError if the database is not reachable.
    """
    missing = missing_secrets()
    if missing:
        if _is_used():
            raise SecretsError(_missing_sentence(missing))
        _generate(missing, say)
    if _exists("local_secretproof"):
        _check_secret_key()
        _check_token_keys()


def take_secret_key() -> None:
    """Sets the current HCI_SECRET_KEY as the one that this database is used with."""
    _query(_SET, SECRET_KEY, _proof_of_secret_key())


def renew_token_proof() -> None:
    """Requires the newest of HCI_TOKEN_KEYS, once all values use it."""
    _query(_SET, TOKEN_KEYS, encrypt(_KNOWN_TEXT))


# Missing secrets ---------------------------------------------------------------


def missing_secrets() -> list[str]:
    """Returns the variables of the secrets that this process does not have."""
    missing = []
    try:
        settings.SECRET_KEY  # noqa: B018 - Django raises if it is empty
    except ImproperlyConfigured:
        missing.append("HCI_SECRET_KEY")
    return missing if settings.TOKEN_KEYS else [*missing, "HCI_TOKEN_KEYS"]


def _missing_sentence(missing: list[str]) -> str:
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"{' and '.join(missing)} {verb} not set, and this database is in use with "
        f"others than could be made now. Set {' and '.join(missing)} as on the machine "
        f"that has them, or put the files of its HCI_DATA_DIR/secrets into "
        f"{generated_secrets.folder()}."
    )


def _generate(missing: list[str], say: Report) -> None:
    for name in generated_secrets.ALL:
        generated_secrets.generated_secret(name)
    if "HCI_SECRET_KEY" in missing:
        settings.SECRET_KEY = generated_secrets.generated_secret(
            generated_secrets.SECRET_KEY
        )
    if "HCI_TOKEN_KEYS" in missing:
        settings.TOKEN_KEYS = [
            generated_secrets.generated_secret(generated_secrets.TOKEN_KEY)
        ]
    # Settings set these at start-up; no stored row depends on them.
    for variable, name in (
        ("META_VERIFY_TOKEN", generated_secrets.META_VERIFY_TOKEN),
        ("DEMO_APP_SECRET", generated_secrets.DEMO_APP_SECRET),
    ):
        if not getattr(settings, variable):
            setattr(settings, variable, generated_secrets.generated_secret(name))
    say(
        f"Made {' and '.join(missing)} for this new database, in "
        f"{generated_secrets.folder()}. Every other machine that serves it must be given "
        "the same."
    )


def _is_used() -> bool:
    if _exists("local_secretproof") and _query("SELECT proof FROM local_secretproof"):
        return True
    return _exists("managers_manager") and bool(_query(_USED)[0])


def _exists(table: str) -> bool:
    return bool(_query("SELECT to_regclass(%s) IS NOT NULL", table)[0])


def _query(statement: str, *values: str) -> list[Any]:
    """Runs a statement and returns the first column of its result."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


# Proofs ------------------------------------------------------------------------


def _check_secret_key() -> None:
    now = _proof_of_secret_key()
    known = _known_proof(SECRET_KEY, lambda: now)
    if known == now:
        return
    if known not in [each.hex() for each in digests(_PURPOSE, _KNOWN_TEXT)]:
        raise SecretsError(_SIGNED_BY_ANOTHER)
    _query(_RENEW, now, SECRET_KEY, known)


def _proof_of_secret_key() -> str:
    return digest(_PURPOSE, _KNOWN_TEXT).hex()


def _check_token_keys() -> None:
    if not can_decrypt(_known_proof(TOKEN_KEYS, _first_token_proof)):
        raise SecretsError(_ENCRYPTED_BY_ANOTHER)


def _first_token_proof() -> str:
    """Returns the first proof of a database that an earlier version left without.

    At least one of its values must be readable: a single corrupt value does not
    disprove keys that decrypt others.
    """
    values = [value for column in encrypted_columns() for value in _newest(column)]
    if values and not any(map(can_decrypt, values)):
        raise SecretsError(_ENCRYPTED_BY_ANOTHER)
    return encrypt(_KNOWN_TEXT)


def _newest(column: EncryptedColumn) -> list[str]:
    if not _exists(column.table):
        return []
    return _query(_NEWEST.format(**column._asdict()))


def _known_proof(name: str, make: Callable[[], str]) -> str:
    """Returns the stored proof, created by the first process that needs it."""
    if not (known := _query(_FIND, name)):
        _query(_INSERT, name, make())
        known = _query(_FIND, name)
    proof: str = known[0]
    return proof
