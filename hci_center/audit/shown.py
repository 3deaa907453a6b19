"""Prepares lines of the audit for display: names of actors, values as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hci_center.audit.models import AuditLine
from hci_center.audit.words import KINDS_OF_MODELS, NONE, act_word, kind_word

# The maximum number of lines in the history of an object.
MOST_OF_OBJECT = 100
_NAMES = """
SELECT 'user:' || id, username FROM auth_user WHERE 'user:' || id = ANY(%(who)s)
 UNION ALL
SELECT 'key:' || id, name FROM managers_apikey WHERE 'key:' || id = ANY(%(who)s)
"""
_MANAGERS = "SELECT id, name FROM managers_manager WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line; `before` and `after` are pairs of a column and its value as text."""

    id: int
    at: datetime
    who: str
    credential: str
    manager: str
    act: str
    kind: str
    target: str
    before: list[tuple[str, str]]
    after: list[tuple[str, str]]
    address: str


def shown(lines: Sequence[AuditLine]) -> list[ShownLine]:
    """Returns the lines with names, in two queries."""
    names = names_of([line.credential for line in lines])
    managers = _managers(lines)
    return [
        ShownLine(
            id=line.pk,
            at=line.at,
            who=names.get(line.credential, line.credential),
            credential=line.credential,
            manager=managers.get(line.manager_id or 0, ""),
            act=act_word(line.act),
            kind=kind_word(line.kind),
            target=line.target,
            before=_pairs(line.before),
            after=_pairs(line.after),
            address=line.address,
        )
        for line in lines
    ]


def lines_of_object(model_name: str, pk: object) -> list[ShownLine]:
    """Returns the newest lines about one row, newest first."""
    kinds = KINDS_OF_MODELS.get(model_name, (model_name,))
    found = AuditLine.objects.filter(kind__in=kinds, target=str(pk))
    return shown(list(found.order_by("-pk")[:MOST_OF_OBJECT]))


def names_of(credentials: Sequence[str]) -> dict[str, str]:
    """Returns the names of those users and keys that still exist."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"who": list(credentials)})
        return dict(cursor.fetchall())


def _managers(lines: Sequence[AuditLine]) -> dict[int, str]:
    ids = {line.manager_id for line in lines if line.manager_id is not None}
    with connection.cursor() as cursor:
        cursor.execute(_MANAGERS, [sorted(ids)])
        return dict(cursor.fetchall())


def _pairs(values: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in (values or {}).items()]


def _text(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict) and value.keys() <= {"set", "mark"}:
        mark = value.get("mark", "")
        return _("secret, mark %s") % mark if value.get("set") else _("no secret")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
