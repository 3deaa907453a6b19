"""How a call identifies its manager: by number, page or port, or by several."""

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
    """Returns the condition on `managers_manager m` for all the given values.

    One condition per value: `IS NULL OR` would keep a prepared statement from using the
    indexes. Without any value no manager matches.
    """
    return " AND ".join(_MATCHES[name] for name in names) or "FALSE"
