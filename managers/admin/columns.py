"""Columns of the lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unfold.decorators import display


def column(title: Any, **options: Any) -> Callable[..., Any]:
    """A method as a column of that title; the options are those of the look.

    The look's own decorator takes no lazy text for a title, says its signature; at
    run time it does.
    """
    decorate: Callable[..., Any] = display(description=title, **options)
    return decorate
