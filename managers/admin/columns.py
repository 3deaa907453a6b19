"""Columns of the lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.decorators import display


def column(title: Any, **options: Any) -> Callable[..., Any]:
    """A method as a column of that title; the options are those of the look.

    The look's own decorator takes no lazy text for a title, says its signature; at
    run time it does.
    """
    decorate: Callable[..., Any] = display(description=title, **options)
    return decorate


def moment_column(field: str, title: Any) -> Callable[..., Any]:
    """The column of a moment, short enough for a line: 22/11/2026 17:58."""

    def shown(_page: Any, row: Any) -> str | None:
        return short(getattr(row, field))

    decorated: Callable[..., Any] = column(title, ordering=field)(shown)
    return decorated


def tag(kind: Literal["good", "warn", "bad", "info", "mute"], word: Any) -> str:
    """A word as a coloured label. (The look's own is a template for every row.)"""
    return format_html('<span class="bo-tag bo-tag-{}">{}</span>', kind, word)


def two_lines(first: Any, second: Any) -> str:
    """A name with what tells it from its namesakes below."""
    return format_html('{}<br><span class="bo-second">{}</span>', first, second)


def short(moment: datetime | None) -> str | None:
    """The moment in the person's zone and language, as short as they write it.

    Its date and time stay on one line.
    """
    if moment is None:
        return None
    words = date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
    return words.replace(" ", "\u00a0")
