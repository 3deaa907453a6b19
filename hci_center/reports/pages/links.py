"""Links from figures to the rows that they count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from hci_center.reports.metrics.metric import DAYS
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.labels import narrowed

_OF_OTHER_PAGES: dict[str, Any] = {
    "by": None,
    "clock": None,
    "part": None,
    "value": None,
}


def rows_link(
    address: Address,
    metric: str,
    keys: Iterable[tuple[str, str]] = (),
    part: str = "",
    value: str = "",
) -> str:
    """Returns the URL of the rows of a figure, restricted to (group, key) pairs."""
    over = _OF_OTHER_PAGES | {"metric": metric, "part": part, "value": value}
    for group, key in keys:
        over |= narrowed(address, group, key)
    return f"{reverse('reports:rows')}?{address.query(**over)}"


def group_links(
    address: Address, metric: str, part: str, group: str
) -> Callable[[str], str]:
    """Returns a function that links each key of a group to its rows, like `rows_link`.

    For tables of hundreds of rows: the common part is encoded once.
    """

    def link(key: str) -> str:
        return rows_link(address, metric, [(group, key)], part)

    if group in DAYS or group in address.given:
        return link
    whole = rows_link(address, metric, part=part)
    return lambda key: f"{whole}&{urlencode({group: key})}"
