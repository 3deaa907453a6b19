"""Charts as SVG, rendered on the server: they are printable and need no script.

Each mark has a `<title>`; the table beside a chart has the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH = 720
HEIGHT = 180
# The size of labels below the columns, and left of the bars.
FOOT, LEFT = 20, 180
ROW = 24
# The width of the widest character of a label, and the gap between two labels.
LETTER, GAP = 6.5, 8
_LONGEST_LABEL = 26


@dataclass(frozen=True, slots=True)
class Point:
    """A bar of a chart with a tick beyond it; None omits them."""

    label: str
    value: float | None
    # The tooltip, also read by screen readers.
    text: str
    tick: float | None = None


def columns(title: str, points: Sequence[Point]) -> SafeString:
    """Returns vertical bars, for days and hours; every few of them have a label."""
    most = _most(points)
    step = WIDTH / max(len(points), 1)
    width = min(step * 0.7, 40)
    labelled = _labelled(points, step)
    marks = []
    for place, point in enumerate(points):
        x = step * (place + 0.5)
        marks.append(_column(point, x, width, most))
        if place in labelled:
            marks.append(
                format_html(
                    '<text class="bo-label" x="{}" y="{}" text-anchor="middle">{}</text>',
                    number_text(x), HEIGHT + 15, point.label,
                )
            )  # fmt: skip
    base = format_html(
        '<line class="bo-axis" x1="0" x2="{}" y1="{}" y2="{}"/>', WIDTH, HEIGHT, HEIGHT
    )
    return svg(title, HEIGHT + FOOT, [base, *marks])


def bars(title: str, points: Sequence[Point]) -> SafeString:
    """Returns horizontal bars with their names, for areas and people."""
    most, room = _most(points), WIDTH - LEFT
    marks = []
    for place, point in enumerate(points):
        y = place * ROW
        length = 0 if point.value is None else point.value / most * room
        tick = None if point.tick is None else LEFT + point.tick / most * room
        marks.append(
            format_html(
                '<g><title>{}</title><text class="bo-label" x="{}" y="{}"'
                ' text-anchor="end">{}</text><rect class="bo-bar" x="{}" y="{}"'
                ' width="{}" height="{}"/>{}</g>',
                point.text, LEFT - 8, y + 16, short(point.label), LEFT, y + 5,
                number_text(length), ROW - 10,
                "" if tick is None else _line(tick, tick, y + 2, y + ROW - 2),
            )
        )  # fmt: skip
    return svg(title, max(len(points), 1) * ROW, marks)


def sparkline(title: str, values: Sequence[float | None]) -> SafeString:
    """Returns small bars without labels, as one path: there may be 400 per figure."""
    most = max((value or 0 for value in values), default=0) or 1
    step = 120 / max(len(values), 1)
    width = number_text(step * 0.75)
    bars = []
    for place, value in enumerate(values):
        if value:
            height = number_text(value / most * 28)
            bars.append(f"M{number_text(place * step)} 28v-{height}h{width}v{height}z")
    return format_html(
        '<svg class="bo-spark" viewBox="0 0 120 28" role="img" aria-label="{}"'
        ' preserveAspectRatio="none"><title>{}</title>'
        '<path class="bo-bar" d="{}"/></svg>',
        title, title, "".join(bars),
    )  # fmt: skip


def _most(points: Sequence[Point]) -> float:
    values = [
        value
        for point in points
        for value in (point.value, point.tick)
        if value is not None
    ]
    return max(values, default=0) or 1


def _labelled(points: Sequence[Point], step: float) -> range:
    """Returns the places whose labels are wholly seen and do not touch one another."""
    length = max((len(point.label) for point in points), default=0) * LETTER
    first = max(0, ceil(length / 2 / step - 0.5))
    return range(first, len(points) - first, ceil((length + GAP) / step))


def _column(point: Point, x: float, width: float, most: float) -> SafeString:
    height = 0 if point.value is None else point.value / most * (HEIGHT - 4)
    left, right = x - width / 2, x + width / 2
    tick: str = ""
    if point.tick is not None:
        y = HEIGHT - point.tick / most * (HEIGHT - 4)
        tick = _line(left, right, y, y)
    return format_html(
        '<g><title>{}</title><rect class="bo-bar" x="{}" y="{}" width="{}" height="{}"/>'
        "{}</g>",
        point.text, number_text(left), number_text(HEIGHT - height), number_text(width), number_text(height), tick,
    )  # fmt: skip


def _line(x1: float, x2: float, y1: float, y2: float) -> SafeString:
    return format_html(
        '<line class="bo-tick" x1="{}" x2="{}" y1="{}" y2="{}"/>',
        number_text(x1), number_text(x2), number_text(y1), number_text(y2),
    )  # fmt: skip


def svg(title: str, height: int, marks: Sequence[str]) -> SafeString:
    """Returns a chart of marks, with its title for screen readers."""
    return format_html(
        '<svg class="bo-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        WIDTH, height, title, title,
        format_html_join("", "{}", ((mark,) for mark in marks)),
    )  # fmt: skip


def short(label: str) -> str:
    """Returns a name, shortened to fit."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def number_text(value: float) -> str:
    """Returns a coordinate without the decimal sign of any language."""
    return f"{value:.1f}"
