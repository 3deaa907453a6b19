"""What a metric of the reports is.

A metric's name never changes. Whoever changes what it counts raises VERSION: kept rows of
an earlier version are then made anew.
"""

from __future__ import annotations

from typing import ClassVar, Literal

# Of all definitions together.
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
    # Which rows behind a figure may be asked for, besides those of every metric.
    parts: ClassVar[tuple[str, ...]] = ()


class Duration(Metric):
    """Samples of seconds, by the calendar and within the open hours."""

    unit, clocks, null = "s", ("calendar", "business"), NO_SAMPLE


class Share(Metric):
    """Counted ÷ counted, with four decimals."""

    unit, null = "share", NOTHING_COUNTED


class Count(Metric):
    """How many; nothing is a true zero."""

    unit = "count"
    null = {
        "pt-br": "Nada aconteceu é zero.",
        "en": "That nothing happened is zero.",
    }
