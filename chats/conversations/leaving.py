"""Deactivates operators or removes their areas, and reassigns their contacts.

`look` locks everything affected. A caller that asks for confirmation rolls back, and
calls `look` again after the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from areas.models import Operator, OperatorArea
from areas.sign_in.login_sessions import end_sessions_of
from chats.conversations.audit import Actor
from chats.conversations.homes import leave_without_home
from chats.conversations.rehoming import (
    QUEUE,
    STAY,
    Affected,
    Home,
    lock_held_by,
    lock_operators,
    lock_waiting_in,
    lock_waiting_nowhere,
    rehome,
)
from chats.conversations.undoing import remember
from chats.models import ChatEvent, Rehoming

# The operators' areas, each with whether another active operator serves it.
_AREAS = """
SELECT s.operator_id, s.area_id, EXISTS (
         SELECT FROM areas_operatorarea x
           JOIN areas_operator o ON o.id = x.operator_id AND o.is_active
           JOIN auth_user u ON u.id = o.user_id AND u.is_active
          WHERE x.area_id = s.area_id AND o.id <> ALL(%(operators)s::bigint[]))
  FROM areas_operatorarea s
 WHERE s.operator_id = ANY(%(operators)s::bigint[])
 ORDER BY s.area_id, s.operator_id
"""
# Managers without any other active operator: contacts without an area have nobody then.
_DESERTED_MANAGERS = """
SELECT DISTINCT l.manager_id FROM areas_operator l
 WHERE l.id = ANY(%(operators)s::bigint[]) AND NOT EXISTS (
       SELECT FROM areas_operator o
         JOIN auth_user u ON u.id = o.user_id AND u.is_active
        WHERE o.manager_id = l.manager_id AND o.is_active
          AND o.id <> ALL(%(operators)s::bigint[]))
"""
_UNSENT = """
SELECT d.message_id FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE d.done_at IS NULL AND d.manager_id = ANY(%(managers)s::bigint[])
   AND m.sender = ANY(%(senders)s::text[])
"""
_SOCKETS = """
SELECT p.id FROM areas_presence p
 WHERE p.operator_id = ANY(%(operators)s::bigint[]) AND p.online_until > now()
"""


class GroupKey(NamedTuple):
    """The contacts of one area of a manager, or of those without an area (None)."""

    manager_id: int
    area_id: int | None


class Homes(NamedTuple):
    """Where held contacts of an area go, and where unserved waiting ones go."""

    held: Home
    waiting: Home


@dataclass(slots=True)
class Group:
    """The affected contacts of an area: held ones, and unserved waiting ones."""

    held: list[Affected] = field(default_factory=list)
    waiting: list[Affected] = field(default_factory=list)
    keeps_nobody: bool = False


@dataclass(slots=True)
class Leaving:
    """Leaving operators, with everything affected."""

    operators: list[Operator]
    # Only these areas; None: they leave completely.
    area_ids: frozenset[int] | None
    groups: dict[GroupKey, Group]
    unsent: list[int]
    sockets: list[int]

    def held(self) -> list[Affected]:
        return [each for group in self.groups.values() for each in group.held]

    def waiting(self) -> list[Affected]:
        return [each for group in self.groups.values() for each in group.waiting]

    def unserved_areas(self) -> list[GroupKey]:
        """Returns the areas without a remaining operator."""
        return [key for key, group in self.groups.items() if group.keeps_nobody]


def look(
    operators: Sequence[Operator],
    area_ids: frozenset[int] | None = None,
    *,
    targets: Sequence[int] = (),
) -> Leaving:
    """Locks and returns everything affected when operators leave, or leave areas.

    `targets` are operators who may get contacts; they are locked with them.
    """
    leaving_ids = sorted(operator.pk for operator in operators)
    lock_operators([*leaving_ids, *targets])
    manager_ids = sorted({operator.manager_id for operator in operators})
    manager_of = {operator.pk: operator.manager_id for operator in operators}
    groups = {key: Group(keeps_nobody=True) for key in _unserved(manager_of, area_ids)}
    unserved = list(groups)
    for each in lock_held_by(leaving_ids):
        if area_ids is None or each.area_id in area_ids:
            key = GroupKey(each.manager_id, each.area_id)
            groups.setdefault(key, Group()).held.append(each)
    waiting = lock_waiting_in(
        [key.area_id for key in unserved if key.area_id is not None]
    )
    waiting += lock_waiting_nowhere(
        [key.manager_id for key in unserved if key.area_id is None]
    )
    for each in waiting:
        groups[GroupKey(each.manager_id, each.area_id)].waiting.append(each)
    senders = [str(each) for each in leaving_ids]
    whole = area_ids is None
    return Leaving(
        list(operators),
        area_ids,
        groups,
        [row[0] for row in _rows(_UNSENT, managers=manager_ids, senders=senders)]
        if whole
        else [],
        [row[0] for row in _rows(_SOCKETS, operators=leaving_ids)] if whole else [],
    )


def _unserved(
    manager_of: Mapping[int, int], area_ids: frozenset[int] | None
) -> list[GroupKey]:
    """Returns what no other active operator serves: areas, and managers if all leave."""
    operators = sorted(manager_of)
    found = [
        GroupKey(manager_of[operator_id], area_id)
        for operator_id, area_id, is_served in _rows(_AREAS, operators=operators)
        if not is_served and (area_ids is None or area_id in area_ids)
    ]
    if area_ids is None:
        managers = _rows(_DESERTED_MANAGERS, operators=operators)
        found += [GroupKey(manager_id, None) for (manager_id,) in managers]
    return found


def leave(
    leaving: Leaving,
    homes: Mapping[GroupKey, Homes],
    *,
    actor: Actor,
    users: Sequence[int] = (),
    memberships: Sequence[tuple[int, int]] = (),
) -> list[Rehoming]:
    """Deactivates operators, signs them out and moves their contacts to chosen homes.

    Without a choice, held contacts of a group return to its queue. `users` are accounts
    that the caller deactivates too, `memberships` the (operator, area) pairs that it
    removes. Returns the undoable changes, one for each manager.
    """
    ids = [operator.pk for operator in leaving.operators]
    Operator.objects.filter(pk__in=ids).update(is_active=False)
    # Staff still work in the back-office.
    accounts = Operator.objects.filter(
        pk__in=ids, user__is_staff=False, user__is_superuser=False
    )
    end_sessions_of(list(accounts.values_list("user", flat=True)))
    settled = _Settled(ChatEvent.Cause.LEFT, Homes(QUEUE, STAY), actor)
    settled.give(leaving.groups, homes)
    return [
        settled.remember(
            manager_id,
            operators=theirs,
            users=list(users),
            memberships=[pair for pair in memberships if pair[0] in theirs],
        )
        for manager_id, theirs in _by_manager(leaving.operators).items()
    ]


def give_up_areas(
    leaving: Leaving, homes: Mapping[GroupKey, Homes], *, actor: Actor
) -> list[Rehoming]:
    """Removes areas from the operators; by default they keep their contacts."""
    given_up = OperatorArea.objects.filter(
        operator__in=leaving.operators, area__in=leaving.area_ids or ()
    )
    memberships = list(given_up.values_list("manager_id", "operator_id", "area_id"))
    given_up.delete()
    settled = _Settled(ChatEvent.Cause.REHOME, Homes(STAY, STAY), actor)
    settled.give(leaving.groups, homes)
    return [
        settled.remember(
            manager_id,
            memberships=[
                rest for manager, *rest in memberships if manager == manager_id
            ],
        )
        for manager_id in _by_manager(leaving.operators)
    ]


class _Settled:
    """The reassigned contacts, by manager."""

    def __init__(self, left: str, default: Homes, actor: Actor) -> None:
        self._left, self._default, self._actor = left, default, actor
        self._moved: dict[int, list[Affected]] = defaultdict(list)
        self._lines: dict[int, list[int]] = defaultdict(list)

    def give(
        self,
        groups: Mapping[GroupKey, Group],
        homes: Mapping[GroupKey, Homes],
    ) -> None:
        for key, group in groups.items():
            chosen = homes.get(key, self._default)
            for affected, home in (
                (group.held, chosen.held),
                (group.waiting, chosen.waiting),
            ):
                lines = rehome(affected, home, actor=self._actor, left=self._left)
                self._lines[key.manager_id] += lines
                self._moved[key.manager_id] += affected
            if group.keeps_nobody:
                self._leave_alone(group, chosen)

    def _leave_alone(self, group: Group, chosen: Homes) -> None:
        alone = [*group.waiting] if chosen.waiting.stays else []
        if chosen.held.to_queue:
            alone += group.held
        leave_without_home(each.chat_id for each in alone)

    def remember(self, manager_id: int, **more: Any) -> Rehoming:
        left = self._left == ChatEvent.Cause.LEFT
        return remember(
            Rehoming.Kind.LEFT if left else Rehoming.Kind.AREA_TAKEN,
            self._moved[manager_id],
            manager_id=manager_id,
            actor=self._actor,
            lines=self._lines[manager_id],
            **more,
        )


def _by_manager(operators: Sequence[Operator]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for operator in operators:
        found.setdefault(operator.manager_id, []).append(operator.pk)
    return found


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
