"""Which number, page and port belong to one manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from hci_center.callers import Caller
from hci_center.errors import (
    InvalidError,
    ManagerExistsError,
    ManagerNotFoundError,
    NumberTakenError,
    PageTakenError,
    UnavailableError,
)
from managers.models import Manager

# A rival may come between the look and the write, and then the look is repeated.
# Each round needs a rival of its own, so more than these never happen in a row.
_ROUNDS = 5


def save_manager(**given: Any) -> int:
    """Makes a manager of the given columns and answers its id.

    The manager that already bears all of them is answered instead. Raises
    ManagerExistsError when one bears the number, page or port with other values:
    nothing is overwritten.
    """
    for _round in range(_ROUNDS):
        try:
            with transaction.atomic():
                return Manager.objects.create(**given).pk
        except IntegrityError:
            rivals = list(_owners(given))
        if rivals:
            return _same_manager(rivals, given)
    raise UnavailableError


def _owners(given: dict[str, Any]) -> Any:
    """The managers with the number, the page or the port that is given."""
    bears = Q()
    for name in ("number", "facebook_id", "controller_port"):
        if given.get(name) is not None:
            bears |= Q(**{name: given[name]})
    return Manager.objects.filter(bears)


def _same_manager(rivals: list[Manager], given: dict[str, Any]) -> int:
    if len(rivals) > 1:
        raise ManagerExistsError
    [there] = rivals
    if any(getattr(there, name) != value for name, value in given.items()):
        raise ManagerExistsError
    return there.pk


@dataclass(frozen=True, slots=True)
class Link:
    """What a caller wants to stand together on one manager."""

    number: int
    facebook_id: str
    facebook_token: str | None = None
    controller_port: int | None = None


def link_manager(caller: Caller, link: Link) -> int:
    """Joins a page to a number's manager or a number to a page's; answers its id.

    Whose id is known decides. A token renews the page's, a port is set where there
    is none, and nothing else is replaced. Raises what the contract lists for
    `user/save/facebook`.

    The rules are gone through twice: with the managers that the caller reaches, so
    that a foreign one is like none, and then with all, whose claims hold too.
    """
    for _round in range(_ROUNDS):
        bearers = list(
            _owners(
                {
                    "number": link.number,
                    "facebook_id": link.facebook_id,
                    "controller_port": link.controller_port,
                }
            )
        )
        manager = _validate([m for m in bearers if caller.reaches(m.pk)], link)
        _validate(bearers, link)
        if _write(manager.pk, link):
            return manager.pk
    raise UnavailableError


def _validate(bearers: list[Manager], link: Link) -> Manager:
    """The manager that the link goes to, if these were all that there are."""
    by_number = next((m for m in bearers if m.number == link.number), None)
    by_page = next((m for m in bearers if m.facebook_id == link.facebook_id), None)
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
    _validate_port(manager, bearers, link.controller_port)
    return manager


def _validate_port(manager: Manager, bearers: list[Manager], port: int | None) -> None:
    if port is None or manager.controller_port == port:
        return
    taken = any(m.controller_port == port for m in bearers)
    if manager.controller_port is not None or taken:
        raise ManagerExistsError


def _write(manager_id: int, link: Link) -> bool:
    """Writes the link unless a rival came first; False when one did."""
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
            return free.update(**values) > 0
    except IntegrityError:
        return False
