"""Links from figures to the rows that they count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from hci_center.reports.pages.address import Address
from hci_center.reports.pages.labels import narrowed

_OF_OTHER_PAGES: dict[str, Any] = {
    "by": None,
    "clock": None,
    "part": None,
    "code": None,
}


def rows_link(
    address: Address,
    metric: str,
    keys: Iterable[tuple[str, str]] = (),
    part: str = "",
    code: str = "",
) -> str:
    """Returns the address of the rows of a figure, of one group each, as (group, key)."""
    over = _OF_OTHER_PAGES | {"metric": metric, "part": part, "code": code}
    for group, key in keys:
        over |= narrowed(address, group, key)
    return f"{reverse('reports:rows')}?{address.query(**over)}"
