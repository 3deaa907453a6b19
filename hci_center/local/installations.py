"""Whether there is an installation here, and whether this process may make one.

A command whose environment was forgotten would otherwise make a new cluster and new
secrets, and work on those.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from hci_center.local import paths
from hci_center.secret_values import secret

_may_make = False


def let_make() -> None:
    """Lets this process make an installation: a cluster, and secrets that are kept."""
    global _may_make
    _may_make = True


def is_missing() -> bool:
    """Returns whether there is no database of its own and none is embedded yet."""
    given = secret(os.environ, "DATABASE_URL")
    is_embedded = not given or given == paths.database_url()
    return is_embedded and not os.path.lexists(paths.data_dir() / "postgres")


def keeps_secrets() -> bool:
    """Returns whether a secret that is made now is stored."""
    return _may_make or not is_missing()


def refuse_missing() -> None:
    """Raises ImproperlyConfigured if there is no installation here."""
    if is_missing():
        raise ImproperlyConfigured(
            f"There is no installation in {paths.data_dir()}: set HCI_DATA_DIR or "
            "DATABASE_URL as for the server. bin/run makes a new installation."
        )
