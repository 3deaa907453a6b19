"""Secrets that nobody gave: made once, kept under `HCI_DATA_DIR/secrets`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from hci_center.local.places import data_dir, make_data_dir


def kept_secret(name: str, make: Callable[[], str] | None = None) -> str:
    """The secret of that name, made at the first call and the same ever after.

    Two processes that ask at once get the same one: the file is written aside and
    linked into place, which only one of them can do. A file beside the others is
    readable by its owner (and root) alone.
    """
    path = data_dir() / "secrets" / name
    if not path.exists():
        _keep(path, make() if make else secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _keep(path: Path, value: str) -> None:
    make_data_dir()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
