"""Checks that the nightly run of the reports makes for packages it cannot import.

A check is the dotted path of a function that returns its findings, none if all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.utils.module_loading import import_string


class Finding(NamedTuple):
    """What breaks a rule: its manager and chat, where it has them, and ids as text."""

    manager_id: int | None
    chat_id: int | None = None
    detail: str = ""


_checks: dict[str, str] = {}


def register(code: str, path: str) -> None:
    """Registers a function to be called each night; its findings have this code."""
    _checks[code] = path


def registered() -> list[tuple[str, Callable[[], Iterable[Finding]]]]:
    """Imports the functions; raises ImportError if there is none."""
    return [(code, import_string(path)) for code, path in _checks.items()]
