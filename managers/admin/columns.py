"""Columns of the admin's change lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.decorators import display


def column(title: Any, **options: Any) -> Callable[..., Any]:
    """Declares a method as a column with that title; options are the theme's.

    The signature of the theme's decorator excludes lazy titles; at run time they work.
    """
    decorate: Callable[..., Any] = display(description=title, **options)
    return decorate


def moment_column(field: str, title: Any) -> Callable[..., Any]:
    """Returns a column of a timestamp in short form: 22/11/2026 17:58."""

    def shown(_page: Any, row: Any) -> str | None:
        return short(getattr(row, field))

    decorated: Callable[..., Any] = column(title, ordering=field)(shown)
    return decorated


def tag(kind: Literal["good", "warn", "bad", "info", "mute"], word: Any) -> str:
    """Returns a word as a coloured label; the theme renders a template for each."""
    return format_html('<span class="bo-tag bo-tag-{}">{}</span>', kind, word)


def two_lines(first: Any, second: Any) -> str:
    """Returns a name with a second, smaller line that distinguishes equal names."""
    return format_html('{}<br><span class="bo-second">{}</span>', first, second)


def short(timestamp: datetime | None) -> str | None:
    """Returns the timestamp in the person's time zone and language, in short form.

    Non-breaking spaces keep date and time on one line.
    """
    if timestamp is None:
        return None
    text = date_format(timezone.localtime(timestamp), "SHORT_DATETIME_FORMAT")
    return text.replace(" ", "\u00a0")
