"""The caller of a request: an API key or a person, and what it may access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["key", "operator", "supervisor", "auditor", "administrator"]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller in plain ids, as `hci_center.visibility` and each `visible_to` expect it.

    `credential` is its permanent name ("key:7", "user:12"). `managers` are the ids of
    the managers it may access, None for all. `operator` and `areas` are set only for an
    operator. `secrets` allows page tokens in responses, `deletes` the DELETE calls that
    remove something.
    """

    role: Role
    credential: str
    managers: frozenset[int] | None
    operator: int | None = None
    areas: frozenset[int] = frozenset()
    secrets: bool = False
    deletes: bool = True

    @property
    def is_key(self) -> bool:
        return self.role == "key"

    @property
    def is_person(self) -> bool:
        return self.role != "key"

    def reaches(self, manager_id: int) -> bool:
        """Returns whether the caller may access that manager."""
        return self.managers is None or manager_id in self.managers
