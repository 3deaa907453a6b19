"""Whether the secrets of this process are those of its database, asked at its start.

A row of the database holds what was made with each of them, so that other secrets are
refused in a sentence instead of failing later, row by row. Missing ones are made for a
database that is new, and for no other: two machines must not make different ones.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection

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
EXIT_STATUS = 2
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
_KEEP = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
_RENEW = "UPDATE local_secretproof SET proof = %s WHERE name = %s AND proof = %s"
_SET = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET proof = excluded.proof
"""

# What is tried where no proof was made yet. Few rows of a long table hold a value.
_NEWEST = """
SELECT {name} FROM (SELECT {name} FROM {table} ORDER BY {key} DESC LIMIT 10000) newest
 WHERE {name} <> '' LIMIT 200
"""

Report = Callable[[str], None]


def check_secrets(say: Report) -> None:
    """Makes the secrets of a new database where none were given, and proves those of
    one in use. A database without tables is looked at again after its migrations.

    Raises SecretsError with what to do, OperationalError where the database is away.
    """
    missing = _missing()
    if missing:
        if _is_used():
            raise SecretsError(_missing_sentence(missing))
        _make(missing, say)
    if _exists("local_secretproof"):
        _prove_secret_key()
        _prove_token_keys()


def start_checked() -> None:
    """`check_secrets` for a process that begins: one that is refused ends with a
    sentence and status 2. Where the database is away the process begins all the same,
    and is checked as soon as it is back."""
    try:
        check_secrets(_report)
    except SecretsError as error:
        _report(str(error))
        sys.exit(EXIT_STATUS)
    except (OperationalError, InterfaceError):
        if _missing():
            # Nothing can be done without them, and only the database knows whether
            # they may be made.
            raise
        Thread(target=_check_later, name="secrets", daemon=True).start()
    finally:
        # The process may never need one in this thread again.
        if not connection.in_atomic_block:
            connection.close()


def take_secret_key() -> None:
    """Has the database go on with HCI_SECRET_KEY, whatever it was before."""
    _ask(_SET, SECRET_KEY, _proof_of_secret_key())


def renew_token_proof() -> None:
    """Has the database want the newest of HCI_TOKEN_KEYS alone: every value is
    encrypted with it."""
    _ask(_SET, TOKEN_KEYS, encrypt(_KNOWN_TEXT))


def _report(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _check_later() -> None:
    while True:
        time.sleep(1)
        try:
            check_secrets(_report)
        except SecretsError as error:
            _report(str(error))
            os._exit(EXIT_STATUS)
        except (OperationalError, InterfaceError):
            continue
        finally:
            connection.close()
        return


# Missing -----------------------------------------------------------------------


def _missing() -> list[str]:
    missing = []
    try:
        settings.SECRET_KEY  # noqa: B018 - Django refuses to tell an empty one
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


def _make(missing: list[str], say: Report) -> None:
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
    # Read when the settings were, and not needed to read a row.
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
    if _exists("local_secretproof") and _ask("SELECT proof FROM local_secretproof"):
        return True
    return _exists("managers_manager") and bool(_ask(_USED)[0])


def _exists(table: str) -> bool:
    return bool(_ask("SELECT to_regclass(%s) IS NOT NULL", table)[0])


def _ask(statement: str, *values: str) -> list[Any]:
    """The first column of what a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


# Proven ------------------------------------------------------------------------


def _prove_secret_key() -> None:
    now = _proof_of_secret_key()
    known = _known_proof(SECRET_KEY, lambda: now)
    if known == now:
        return
    if known not in [each.hex() for each in digests(_PURPOSE, _KNOWN_TEXT)]:
        raise SecretsError(_SIGNED_BY_ANOTHER)
    _ask(_RENEW, now, SECRET_KEY, known)


def _proof_of_secret_key() -> str:
    return digest(_PURPOSE, _KNOWN_TEXT).hex()


def _prove_token_keys() -> None:
    if not can_decrypt(_known_proof(TOKEN_KEYS, _first_token_proof)):
        raise SecretsError(_ENCRYPTED_BY_ANOTHER)


def _first_token_proof() -> str:
    """For a database without one, as an earlier version left it: what it holds must be
    readable. One value that is spoilt says nothing against keys that open others."""
    values = [value for column in encrypted_columns() for value in _newest(column)]
    if values and not any(map(can_decrypt, values)):
        raise SecretsError(_ENCRYPTED_BY_ANOTHER)
    return encrypt(_KNOWN_TEXT)


def _newest(column: EncryptedColumn) -> list[str]:
    if not _exists(column.table):
        return []
    return _ask(_NEWEST.format(**column._asdict()))


def _known_proof(name: str, make: Callable[[], str]) -> str:
    """The proof of that name, the first that somebody made."""
    if not (known := _ask(_FIND, name)):
        _ask(_KEEP, name, make())
        known = _ask(_FIND, name)
    proof: str = known[0]
    return proof
