"""Whether there is an installation, and whether this process may create one.

Otherwise a command without its environment would create a new cluster and new secrets,
and use those.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from hci_center.local import paths
from hci_center.secret_values import secret

_may_make = False


def allow_installation() -> None:
    """Allows this process to create an installation: a cluster, and stored secrets."""
    global _may_make
    _may_make = True


def is_missing() -> bool:
    """Returns whether there is neither a DATABASE_URL nor an embedded database."""
    given = secret(os.environ, "DATABASE_URL")
    is_embedded = not given or given == paths.database_url()
    return is_embedded and not os.path.lexists(paths.data_dir() / "postgres")


def keeps_secrets() -> bool:
    """Returns whether newly generated secrets are stored."""
    return _may_make or not is_missing()


def refuse_missing() -> None:
    """Raises ImproperlyConfigured if there is no installation."""
    if is_missing():
        raise ImproperlyConfigured(
            f"There is no installation in {paths.data_dir()}: set HCI_DATA_DIR or "
            "DATABASE_URL as for the server. bin/run makes a new installation."
        )
