"""The result of a question: the figures of each group and the totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hci_center.reports import replica
from hci_center.reports.computing.questions import Question

Key = tuple[str, ...]
Figures = dict[str, Any]


@dataclass(slots=True)
class Report:
    """The figures of each group in the order of their keys, and the totals."""

    rows: dict[Key, Figures] = field(default_factory=dict)
    total: Figures = field(default_factory=dict)


def half_up(numerator: int, denominator: int) -> int:
    """Returns the quotient of integers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(counted: int, of: int) -> float | None:
    """Returns the share with four decimals, rounded half up; None of an empty set."""
    return half_up(counted * 10000, of) / 10000 if of else None


def ordered(report: Report, question: Question) -> Report:
    """Sorts the rows by their keys: numbers as numbers."""

    def order(key: Key) -> list[tuple[int, str]]:
        return [(int(part) if part.isdigit() else 0, part) for part in key]

    rows = {key: report.rows[key] for key in sorted(report.rows, key=order)}
    report.rows = rows if question.by else {}
    return report


def fetch(question: Question, statement: str) -> list[tuple[Any, ...]]:
    """Returns the rows of a statement with the question's parameters."""
    with replica.cursor() as cursor:
        cursor.execute(statement, question.values())
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
