"""Generates secrets that are not configured, in `HCI_DATA_DIR/secrets`."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from hci_center.local import installations
from hci_center.local.errors import SecretsError
from hci_center.local.paths import data_dir, make_data_dir

SECRET_KEY, TOKEN_KEY = "secret_key", "token_key"
META_VERIFY_TOKEN, DEMO_APP_SECRET = "meta_verify_token", "demo_app_secret"
ALL = (SECRET_KEY, TOKEN_KEY, META_VERIFY_TOKEN, DEMO_APP_SECRET)


def folder() -> Path:
    return data_dir() / "secrets"


def stored_secret(name: str) -> str:
    """Returns the stored secret, or "" if it was not generated."""
    path = folder() / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except PermissionError:
        raise SecretsError(
            f"{path} is another user's: start as that user, or set another "
            "HCI_DATA_DIR."
        ) from None


def generated_secret(name: str) -> str:
    """Returns the secret, generated and stored at the first call.

    Simultaneous processes get the same one: the file is written under a temporary name
    and linked into place, which succeeds only once. The file is readable only by its
    owner (and root). Without an installation, a process that may not create one stores
    nothing.
    """
    if secret := stored_secret(name):
        return secret
    made = _MAKERS.get(name, _random)()
    if not installations.keeps_secrets():
        return made
    _store(folder() / name, made)
    return stored_secret(name)


def _random() -> str:
    return secrets.token_urlsafe(48)


def _fernet_key() -> str:
    return Fernet.generate_key().decode()


_MAKERS: dict[str, Callable[[], str]] = {TOKEN_KEY: _fernet_key}


def _store(path: Path, value: str) -> None:
    make_data_dir()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
