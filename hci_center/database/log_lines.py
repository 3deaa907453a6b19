"""Log tracebacks without the values that were sent to the database."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from functools import partial
from types import TracebackType

import psycopg

from hci_center.database import faults
from hci_center.masking import masked

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"

# Errors whose messages only quote names and types of code.
_NAMING_CODE = (AttributeError, ImportError, NameError, SyntaxError, TypeError)
_QUOTED = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")

ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None]
)


class WithoutValues(logging.Formatter):
    """Formats tracebacks; a database error shows only its kind, code and location.

    PostgreSQL's message quotes the row that it refused: names, numbers and texts of
    customers, which would stay in the log for as long as the log is kept. The message
    of another error is shown without what it quotes. Long numbers and secrets are
    masked.
    """

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802 - logging's name
        error = ei[1]
        return "" if error is None else without_values(error)


def without_values(error: BaseException) -> str:
    """Returns the traceback of an error, with its causes, without values."""
    return _formatted(error, set()).rstrip("\n")


def _formatted(error: BaseException, seen: set[int]) -> str:
    seen.add(id(error))
    cause, separator = error.__cause__, _CAUSED
    if cause is None and not error.__suppress_context__:
        cause, separator = error.__context__, _DURING
    text = ""
    if cause is not None and id(cause) not in seen:
        text = _formatted(cause, seen) + separator
    if error.__traceback__ is not None:
        text += "Traceback (most recent call last):\n"
        text += "".join(traceback.format_tb(error.__traceback__))
    return text + _last_line(error)


def _last_line(error: BaseException) -> str:
    if isinstance(error, faults.ERRORS):
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        return f"{kind}: {faults.describe(error)}{_constraint_of(error)}\n"
    return "".join(map(_unquoted(error), traceback.format_exception_only(error)))


def _unquoted(error: BaseException) -> Callable[[str], str]:
    """Returns a function that masks the quoted parts of an error's message.

    Python quotes values there: text that is not a number, a key of a JSON object.
    Quoted names of code are kept.
    """
    if isinstance(error, _NAMING_CODE) and "but got" not in str(error):
        return str
    return partial(_QUOTED.sub, "'•••'")


def _constraint_of(error: BaseException) -> str:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    return f" (constraint {name})" if name else ""
