"""The live figures: who is waiting, since when, and who is online."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from django.db import connection

from contacts.models import public_id
from hci_center.callers import Caller
from hci_center.reports.live_statement import CHATS, NOW, TILES
from hci_center.reports.scope import Managers, find_managers
from hci_center.times import as_time

# Each process computes the figures of the same managers at most once in this time, in
# seconds, however many requests there are.
KEPT_FOR = 1.0

_kept: dict[tuple[int, ...], tuple[float, dict[str, Any]]] = {}
_computing = Lock()


def now(caller: Caller, manager_id: int | None = None) -> dict[str, Any]:
    """Returns the live figures of one manager, or of all that the caller may access.

    They contain `tiles` (in total, per area and per operator) and the longest waits,
    and are at most KEPT_FOR old. Raises ManagerNotFoundError.
    """
    managers = find_managers(caller, manager_id)
    found = _fresh(managers.ids)
    if found is None:
        with _computing:
            found = _fresh(managers.ids) or _compute(managers)
    return found


def forget() -> None:
    """Clears the cache, so that the next figures are current."""
    _kept.clear()


def _fresh(ids: tuple[int, ...]) -> dict[str, Any] | None:
    kept = _kept.get(ids)
    return kept[1] if kept and monotonic() - kept[0] < KEPT_FOR else None


def _compute(managers: Managers) -> dict[str, Any]:
    began = monotonic()
    with connection.cursor() as cursor:
        cursor.execute(NOW, {"managers": list(managers.ids)})
        at, found = cursor.fetchone()
    answer = _shape(
        at, json.loads(found) if isinstance(found, str) else found, managers
    )
    for ids in [ids for ids, kept in _kept.items() if began - kept[0] > KEPT_FOR]:
        del _kept[ids]
    _kept[managers.ids] = began, answer
    return answer


def _shape(at: Any, found: dict[str, Any], managers: Managers) -> dict[str, Any]:
    tiles = _tiles(found["tiles"], TILES)
    tiles["unsent"]["failed"] = found["failed"]
    return {
        "metric": "now",
        "at": as_time(at),
        "tiles": tiles,
        "areas": [
            {
                "m": managers.name(manager_id),
                "area": code,
                "tiles": _tiles(tiles, CHATS),
                "online": online,
            }
            for manager_id, code, tiles, online in found["areas"] or ()
        ],
        "operators": [_operator(row, managers) for row in found["operators"] or ()],
        "longest": [
            {
                "contactId": public_id(channel, external_id),
                "m": managers.name(manager_id),
                "protocol": protocol,
                "area": managers.codes.get(area_id, ""),
                "since": _time(since),
            }
            for channel, external_id, manager_id, protocol, area_id, since in found[
                "longest"
            ]
            or ()
        ],
    }


def _tiles(
    found: dict[str, Any] | None, names: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    tiles = {}
    for place, name in enumerate(names):
        n, oldest, p90 = (found or {}).get(str(place), (0, None, None))
        tiles[name] = {"n": n, "oldest": _time(oldest), "p90": _time(p90)}
    return tiles


def _operator(row: list[Any], managers: Managers) -> dict[str, Any]:
    operator_id, manager_id, state, reason, since, held, claimed, owed, oldest = row
    return {
        "operatorId": str(operator_id),
        "m": managers.name(manager_id),
        "presence": state,
        "pauseReason": reason or "",
        "since": _time(since),
        "held": held,
        "claimed": claimed,
        "owed": owed,
        "oldest": _time(oldest),
    }


def _time(text: str | None) -> str | None:
    return None if text is None else as_time(datetime.fromisoformat(text))
