"""Who is calling: an API key or a person, with what each may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["key", "operator", "supervisor", "administrator"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A judged credential, in plain ids; every `visible_to` takes one.

    `credential` names it for good ("key:7", "user:12"). `managers` are the ids of
    the managers it reaches, None for all. `operator` and `areas` are set for an
    operator alone. `secrets` allows page tokens in answers.
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
        """Whether that manager exists for this caller."""
        return self.managers is None or manager_id in self.managers

    def sees(
        self, manager_id: int, area_id: int | None, operator_id: int | None
    ) -> bool:
        """Whether a contact of that manager, area and operator exists for this caller.

        An operator sees the contacts of his areas, his own, and the unassigned ones
        without an area.
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
