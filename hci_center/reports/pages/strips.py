"""Timelines of states as SVG: a row for each account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hci_center.reports.pages.charts import LEFT, ROW, WIDTH, number_text, short, svg

# Narrower pieces (as a fraction of the whole) would be invisible: downtimes are drawn
# this wide, all others are omitted.
NARROWEST = 1 / 700
# The height and position of each state within a row.
_PLACES = {"open": (10, 8), "down": (4, 16)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A state with its start and length, as fractions of the period."""

    state: str
    place: float
    length: float
    # The tooltip, also read by screen readers.
    text: str


def strips(title: str, rows: Sequence[tuple[str, Sequence[Piece]]]) -> SafeString:
    """Returns the timelines of each name; unknown times are empty."""
    marks = []
    for number, (name, pieces) in enumerate(rows):
        y = number * ROW
        line = format_html(
            '<line class="bo-axis" x1="{}" x2="{}" y1="{}" y2="{}"/>',
            LEFT, WIDTH, y + 14, y + 14,
        )  # fmt: skip
        label = format_html(
            '<text class="bo-label" x="{}" y="{}" text-anchor="end">{}</text>',
            LEFT - 8, y + 18, short(name),
        )  # fmt: skip
        drawn = format_html_join(
            "", "{}", ((_piece(each, y),) for each in seen(pieces))
        )
        marks += [line, label, drawn]
    return svg(title, max(len(rows), 1) * ROW, marks)


def seen(pieces: Iterable[Piece]) -> list[Piece]:
    """Returns the pieces to draw, in drawing order."""
    shown: dict[tuple[str, int], Piece] = {}
    for piece in pieces:
        if piece.length < NARROWEST:
            if piece.state == "down":
                shown.setdefault(("down", int(piece.place / NARROWEST)), piece)
            continue
        shown[piece.state, -len(shown) - 1] = piece
    return sorted(shown.values(), key=lambda piece: piece.state == "down")


def _piece(piece: Piece, y: int) -> SafeString:
    room = WIDTH - LEFT
    above, height = _PLACES[piece.state]
    return format_html(
        '<g><title>{}</title><rect class="bo-{}" x="{}" y="{}" width="{}" height="{}"/></g>',
        piece.text, "bar" if piece.state == "open" else "down",
        number_text(LEFT + piece.place * room), y + above,
        number_text(max(piece.length, NARROWEST) * room), height,
    )  # fmt: skip
