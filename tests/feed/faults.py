"""Faults of background work that the feed's processes recorded."""

from __future__ import annotations

from hci_center.background.models import BackgroundFault


def recorded(process: str) -> set[tuple[str, str]]:
    """Returns the task and the subject of each fault of that kind of process."""
    found = BackgroundFault.objects.filter(process=process)
    return set(found.values_list("task", "subject"))
