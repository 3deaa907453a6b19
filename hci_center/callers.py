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
