"""Recomputes an episode's returns, by plain loops over its events."""

from __future__ import annotations

from itertools import pairwise

from tests.reports.independent import Row


def left(episode: Row) -> list[tuple[int | None, bool]]:
    """Returns areas left or returned to after an assignment, and whether there was one."""
    found: dict[int | None, bool] = {}
    seen: set[int | None] = set()
    had = False
    before: Row | None = None
    for n, line in enumerate(episode["lines"]):
        if before is not None and had and line["area_id"] != before["area_id"]:
            found.setdefault(before["area_id"], False)
            if line["area_id"] is not None and line["area_id"] in seen:
                found[line["area_id"]] = True
        had = had or bool(line["operator_id"])
        if episode["left"] is not None and n >= episode["left"]:
            seen.add(line["area_id"])
        before = line
    return [*found.items()]


def requeues(episode: Row) -> list[Row]:
    """Returns each return to the queue of the same area, and by whom."""
    found = []
    lines = episode["lines"]
    for before, line in pairwise(lines):
        if (
            before["operator_id"]
            and not line["operator_id"]
            and before["area_id"] == line["area_id"]
        ):
            who = line["acting_operator_id"] or before["operator_id"]
            found.append({"area": line["area_id"], "operator": who})
    return found
