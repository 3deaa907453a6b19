"""The caller of a request: an API key or a person, and what it may access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["key", "operator", "supervisor", "administrator"]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller in plain ids, as every `visible_to` expects it.

    `credential` is its permanent name ("key:7", "user:12"). `managers` are the ids of
    the managers it may access, None for all. `operator` and `areas` are set only for an
    operator. `secrets` allows page tokens in responses.
    """

    role: Role
    credential: str
    managers: frozenset[int] | None
    operator: int | None = None
    areas: frozenset[int] = frozenset()
    secrets: bool = False

    @property
    def is_key(self) -> bool:
        return self.role == "key"

    @property
    def is_person(self) -> bool:
        return self.role != "key"

    def reaches(self, manager_id: int) -> bool:
        """Returns whether the caller may access that manager."""
        return self.managers is None or manager_id in self.managers

    def sees(
        self, manager_id: int, area_id: int | None, operator_id: int | None
    ) -> bool:
        """Returns whether the caller may access a contact of that manager and area.

        An operator has access to the contacts of his areas, to his own, and to the
        unassigned ones without an area.
        """
        if not self.reaches(manager_id):
            return False
        if self.role != "operator":
            return True
        return (
            area_id in self.areas
            or operator_id == self.operator
            or (area_id is None and operator_id is None)
        )
