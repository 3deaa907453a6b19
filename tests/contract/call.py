"""One API call, described for the tests that run over all calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m"
    "Nk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG_SIZE = 70
HELLO = "b2zDoSwgbWFyaWE="  # "olá, maria"


@dataclass(frozen=True)
class Call:
    """An API call; `body` returns fields that succeed in the centre of conftest.

    `required` are the required fields; `phones`, `ids` (Facebook's), `contact_ids` (of
    either channel), `operators` and `areas` are the fields of that kind.
    """

    name: str
    method: str
    path: str
    body: Callable[[Any], Body]
    required: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    contact_ids: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    # The error for an unknown manager; None if the call has no manager.
    missing: str | None = "manager_not_found"
    closed_to_operators: bool = False
    # Whether a call without any field succeeds.
    all_optional: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"/{self.path}"
