"""How a call names its manager: by number, page or port, or by several at once."""

from __future__ import annotations

from typing import TypedDict


class ManagerRef(TypedDict, total=False):
    number: int
    facebook_id: str
    controller_port: int


_MATCHES = {
    "number": "m.number = %(number)s",
    "facebook_id": "m.facebook_id = %(facebook_id)s",
    "controller_port": "m.controller_port = %(controller_port)s",
}


def manager_match(names: ManagerRef) -> str:
    """The condition on `managers_manager m` that it bears all the names.

    A whole condition a name rather than one with `IS NULL OR`, which would keep a
    prepared statement from the indexes. No name fits no manager.
    """
    return " AND ".join(_MATCHES[name] for name in names) or "FALSE"
