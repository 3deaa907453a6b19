"""Reads secrets from environment variables, or from the files that they name.

Containers get secrets as files; `NAME_FILE` is then the path of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# The variables that may be given as files.
SECRETS = frozenset(
    {
        *("HCI_SECRET_KEY", "HCI_SECRET_KEY_FALLBACKS", "HCI_TOKEN_KEYS"),
        *("HCI_META_APP_SECRET", "HCI_META_VERIFY_TOKEN", "HCI_METRICS_KEY"),
        *("HCI_BACKUP_KEY", "HCI_SENTRY_DSN"),
        *("DATABASE_URL", "HCI_WEB_DATABASE_URL", "HCI_REPORTS_DATABASE_URL"),
        "REDIS_URL",
    }
)
SUFFIX = "_FILE"
# No secret is longer than this: it would be the wrong file.
_LONGEST = 64 * 2**10


def secret(given: Mapping[str, str], name: str) -> str:
    """Returns the secret; "" if neither the variable nor its file is set.

    Raises ImproperlyConfigured, which never repeats the secret.
    """
    value, path = given.get(name, ""), given.get(f"{name}{SUFFIX}", "")
    if path:
        if value:
            raise ImproperlyConfigured(
                f"{name} and {name}{SUFFIX} are both set; set one of them."
            )
        value = _content(f"{name}{SUFFIX}", path)
    if value and not value.strip():
        raise ImproperlyConfigured(f"{name} holds nothing but spaces.")
    return value


def _content(variable: str, path: str) -> str:
    """Returns the content of the file, without one trailing newline."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LONGEST + 1)
        text = content.decode()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{variable} names {path}, which cannot be read: {error.strerror}."
        ) from None
    except ValueError:
        raise ImproperlyConfigured(
            f"{variable} names {path}, which is no text."
        ) from None
    if len(content) > _LONGEST:
        raise ImproperlyConfigured(f"{variable} names {path}, which is too long.")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ImproperlyConfigured(f"{variable} names {path}, which is empty.")
    return text
