"""Tracebacks for the log that repeat nothing of what was sent to the database."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

import psycopg

from hci_center.database import faults

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"

ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None]
)


class WithoutValues(logging.Formatter):
    """The usual traceback; of a database error the kind, code and place alone.

    PostgreSQL's message quotes the row that it refused: names, numbers and texts of
    customers, which a log would keep for as long as it is kept.
    """

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802 - logging's name
        error = ei[1]
        return "" if error is None else _formatted(error, set()).rstrip("\n")


def _formatted(error: BaseException, seen: set[int]) -> str:
    seen.add(id(error))
    before, between = error.__cause__, _CAUSED
    if before is None and not error.__suppress_context__:
        before, between = error.__context__, _DURING
    told = ""
    if before is not None and id(before) not in seen:
        told = _formatted(before, seen) + between
    if error.__traceback__ is not None:
        told += "Traceback (most recent call last):\n"
        told += "".join(traceback.format_tb(error.__traceback__))
    return told + _last_line(error)


def _last_line(error: BaseException) -> str:
    if isinstance(error, faults.ERRORS):
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        return f"{kind}: {faults.describe(error)}{_constraint_of(error)}\n"
    return "".join(traceback.format_exception_only(error))


def _constraint_of(error: BaseException) -> str:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    return f" (constraint {name})" if name else ""
