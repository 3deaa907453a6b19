"""Measures what PostgreSQL reads for a call, by the plans of its statements."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

READ = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@dataclass
class Work:
    """Rows read from each table over all statements, and the indexes used."""

    rows: Counter[str] = field(default_factory=Counter)
    indexes: dict[str, set[str]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    statements: list[str] = field(default_factory=list)

    def add(self, plan: dict[str, Any]) -> None:
        for node in nodes(plan):
            table = node.get("Relation Name")
            if table is None or "Scan" not in node["Node Type"]:
                continue
            if not node["Actual Loops"]:
                continue
            self.indexes.setdefault(table, set()).update(indexes_of(node))
            if node["Node Type"] == "Seq Scan":
                self.whole.add(table)
            thrown = sum(
                node.get(f"Rows Removed by {why}", 0)
                for why in ("Filter", "Index Recheck")
            )
            self.rows[table] += round(
                (node["Actual Rows"] + thrown) * node["Actual Loops"]
            )


def indexes_of(scan: dict[str, Any]) -> set[str]:
    """Returns a node's own indexes, or those whose bitmaps it combines."""
    found = {scan["Index Name"]} if "Index Name" in scan else set()
    for below in scan.get("Plans", []):
        if below["Node Type"].startswith("Bitmap"):
            found |= indexes_of(below)
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def work_of(call: Callable[[], Any]) -> tuple[Work, Any]:
    """Explains each statement of a call just before it runs, with its parameters.

    Also returns the call's result.
    """
    work = Work()
    explaining = False

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal explaining
        if not explaining and sql.lstrip().startswith(READ):
            explaining = True
            work.statements.append(sql)
            try:
                work.add(plan_of(sql, params))
            finally:
                explaining = False
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        answer = call()
    return work, answer


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    """Returns the plan of EXPLAIN ANALYZE; rolls back what it wrote."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone() or ("[]",)
        transaction.set_rollback(True)
    plans = json.loads(found) if isinstance(found, str) else found
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan
