"""Removes an API key from a path like `/k/<key>/api/…` before anything else reads it.

Clients whose headers cannot be changed may have the key in their configured URL. Logs,
metrics, error reports and responses contain paths, so the key is removed first.
"""

from __future__ import annotations

from typing import Any

PREFIX = "/k/"
# The key of the WSGI environ that holds the API key of the path.
PATH_KEY = "hci.path_key"
API = "/api/"


def take_out(environ: dict[str, Any]) -> None:
    """Moves the key from PATH_INFO to PATH_KEY, and leaves the path of the call.

    Any other path is reduced to the prefix: there is no such page.
    """
    path: str = environ["PATH_INFO"]
    if not path.startswith(PREFIX):
        return
    key, slash, rest = path.removeprefix(PREFIX).partition("/")
    environ[PATH_KEY] = key
    call = slash + rest
    environ["PATH_INFO"] = call if call.startswith(API) else PREFIX
