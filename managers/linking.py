"""Creates managers and links numbers, pages and ports to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from hci_center.audit.database import name_actor
from hci_center.callers import Caller
from hci_center.encryption import has_value
from hci_center.errors import (
    InvalidError,
    ManagerExistsError,
    ManagerNotFoundError,
    NumberTakenError,
    PageTakenError,
    UnavailableError,
)
from managers.models import Manager

# A concurrent write may come between the read and the write; then both are repeated.
# Each repetition needs another concurrent write, so that more than this do not occur
# in a row.
_ROUNDS = 5


def save_manager(**given: Any) -> int:
    """Creates a manager with the given columns and returns its id.

    Returns an existing manager's id if it has all these values. Raises
    ManagerExistsError if one has the number, page or port with other values: nothing is
    overwritten.
    """
    for _round in range(_ROUNDS):
        try:
            with transaction.atomic():
                name_actor()
                return Manager.objects.create(**given).pk
        except IntegrityError:
            owners = list(_owners(given))
        if owners:
            return _same_manager(owners, given)
    raise UnavailableError


def _owners(given: dict[str, Any]) -> Any:
    """Returns the managers with the given number, page or port."""
    condition = Q()
    for name in ("number", "facebook_id", "controller_port"):
        if given.get(name) is not None:
            condition |= Q(**{name: given[name]})
    return Manager.objects.without_secrets().filter(condition)


def _same_manager(owners: list[Manager], given: dict[str, Any]) -> int:
    if len(owners) > 1:
        raise ManagerExistsError
    [existing] = owners
    if not all(has_value(existing, name, value) for name, value in given.items()):
        raise ManagerExistsError
    return existing.pk


@dataclass(frozen=True, slots=True)
class Link:
    """The number, page and port to link to one manager."""

    number: int
    facebook_id: str
    facebook_token: str | None = None
    controller_port: int | None = None


def link_manager(caller: Caller, link: Link) -> int:
    """Links a page to a number's manager or a number to a page's; returns its id.

    The one whose id is known is extended. A token replaces the page's, a port is only
    set if there is none, and nothing else is replaced. Raises the errors listed in the
    contract for `user/save/facebook`.

    Validates twice: with the managers that the caller may access, so that a foreign one
    is treated as missing, and then with all, since their values are taken too.
    """
    for _round in range(_ROUNDS):
        owners = list(
            _owners(
                {
                    "number": link.number,
                    "facebook_id": link.facebook_id,
                    "controller_port": link.controller_port,
                }
            )
        )
        manager = _validate([m for m in owners if caller.reaches(m.pk)], link)
        _validate(owners, link)
        if _write(manager.pk, link):
            return manager.pk
    raise UnavailableError


def _validate(owners: list[Manager], link: Link) -> Manager:
    """Returns the manager to link to, considering only the given managers."""
    by_number = next((m for m in owners if m.number == link.number), None)
    by_page = next((m for m in owners if m.facebook_id == link.facebook_id), None)
    manager = by_number or by_page
    if manager is None:
        raise ManagerNotFoundError
    if by_number and by_page and by_number.pk != by_page.pk:
        raise PageTakenError if link.facebook_token else NumberTakenError
    if by_page is None and link.facebook_token is None:
        raise InvalidError(fields={"facebookToken": [_("This field is required.")]})
    if by_number is None and manager.number is not None:
        raise ManagerExistsError
    if by_page is None and manager.facebook_id is not None:
        raise ManagerExistsError
    _validate_port(manager, owners, link.controller_port)
    return manager


def _validate_port(manager: Manager, owners: list[Manager], port: int | None) -> None:
    if port is None or manager.controller_port == port:
        return
    taken = any(m.controller_port == port for m in owners)
    if manager.controller_port is not None or taken:
        raise ManagerExistsError


def _write(manager_id: int, link: Link) -> bool:
    """Writes the link; returns False if a concurrent write came first."""
    free = Manager.objects.filter(
        Q(number=None) | Q(number=link.number),
        Q(facebook_id=None) | Q(facebook_id=link.facebook_id),
        pk=manager_id,
    )
    values: dict[str, Any] = {"number": link.number, "facebook_id": link.facebook_id}
    if link.facebook_token is not None:
        values["facebook_token"] = link.facebook_token
    if link.controller_port is not None:
        port = link.controller_port
        free = free.filter(Q(controller_port=None) | Q(controller_port=port))
        values["controller_port"] = Coalesce(F("controller_port"), Value(port))
    try:
        with transaction.atomic():
            name_actor()
            return free.update(**values) > 0
    except IntegrityError:
        return False
