"""The base classes of metrics.

A metric's name never changes. If you change what a metric counts, increase VERSION:
stored rows of earlier versions are then rebuilt.
"""

from __future__ import annotations

from typing import ClassVar, Literal

# One version for all definitions.
VERSION = 4

Group = Literal[
    "day", "week", "month", "hour", "weekday", "area", "operator", "channel", "manager"
]
Cohort = Literal["happened", "closed", "opened", "queued"]
Unit = Literal["s", "share", "mean", "count", "ms"]
DAYS: tuple[Group, ...] = ("day", "week", "month")
HOURS: tuple[Group, ...] = ("hour", "weekday")
NO_SAMPLE = {
    "pt-br": "Sem nenhuma amostra o valor é nulo, nunca zero.",
    "en": "Without a sample the value is null, never zero.",
}
NOTHING_COUNTED = {
    "pt-br": "Com denominador zero a taxa é nula, nunca zero.",
    "en": "With nothing to divide by the share is null, never zero.",
}


class Metric:
    """A metric of the reports; those with a `name` are listed in `definitions.METRICS`."""

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]]
    formula: ClassVar[dict[str, str]]
    cohort: ClassVar[Cohort]
    unit: ClassVar[Unit]
    by: ClassVar[tuple[Group, ...]]
    null: ClassVar[dict[str, str]]
    clocks: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    # Until 72 hours have passed, a figure may still change.
    waits_for_return: ClassVar[bool] = False
    # Additional values of `part` for the rows behind a figure.
    parts: ClassVar[tuple[str, ...]] = ()
    # The part whose rows can be restricted to one of its values: a code, a step, a mark.
    valued_part: ClassVar[str] = ""


class Duration(Metric):
    """Samples in seconds, in calendar time and within open hours."""

    unit, clocks, null = "s", ("calendar", "business"), NO_SAMPLE


class Share(Metric):
    """A quotient of two counts, with four decimals."""

    unit, null = "share", NOTHING_COUNTED


class Count(Metric):
    """A count; no rows is a real zero."""

    unit = "count"
    null = {
        "pt-br": "Nada aconteceu é zero.",
        "en": "That nothing happened is zero.",
    }
