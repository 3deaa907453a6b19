"""Labels below a chart of days are complete and do not overlap."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from hci_center.reports.pages import charts

# The width of a digit in the charts' font, at 11 units.
DIGIT = 6.3


def places(days: int, label: str = "02/11/2026") -> list[float]:
    points = [charts.Point(label, 1, "") for _ in range(days)]
    shown = re.findall(r'<text [^>]*x="([0-9.]+)"[^>]*>', charts.columns("x", points))
    return [float(x) for x in shown]


@pytest.mark.parametrize("days", [1, 2, 7, 11, 12, 13, 22, 25, 30, 61, 92, 400])
def test_labels_do_not_overlap(days: int) -> None:
    half = len("02/11/2026") * DIGIT / 2
    found = places(days)
    assert found
    assert found[0] - half >= 0
    assert found[-1] + half <= charts.WIDTH
    for left, right in pairwise(found):
        assert right - left > 2 * half


def test_few_columns_have_all_labels() -> None:
    assert len(places(7)) == 7
    assert len(places(24, "08:00")) >= 11
    assert places(0) == []
