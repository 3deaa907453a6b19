"""The findings of checks, and running the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from hci_center.database.faults import describe

State = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of output: its state, the fact, and what to do about it."""

    state: State
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warning(text: str, remedy: str) -> Finding:
    return Finding("warning", text, remedy)


def error(text: str, remedy: str) -> Finding:
    return Finding("error", text, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """A check and its name. `ask` yields findings and may raise any error."""

    name: str
    ask: Callable[[], Iterable[Finding]]
    # Skipped, with a finding, if the database does not respond.
    needs_database: bool = True


def examine(
    checks: Sequence[Check], has_database: bool
) -> Iterator[tuple[str, Finding]]:
    """Yields the findings of each check, with its name; an error becomes a finding."""
    for check in checks:
        if check.needs_database and not has_database:
            continue
        try:
            for finding in check.ask():
                yield check.name, finding
        except Exception as failure:  # noqa: BLE001 - a check that breaks is a finding
            yield (
                check.name,
                error(
                    _("This could not be checked: %s") % describe(failure),
                    _("If it stays so, report it with this line."),
                ),
            )
