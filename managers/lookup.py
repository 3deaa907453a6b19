"""Finds the manager of a number, page or port."""

from __future__ import annotations

from contextlib import suppress

from django.db import connection
from django.db.models import Q

from hci_center.api.parsers import WrongValueError, parse_phone
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import ManagerNotFoundError
from managers.models import Manager

_BY = {
    "number": "number = %s",
    "facebook_id": "facebook_id = %s",
    "controller_port": "controller_port = %s",
}


def find_manager(
    caller: Caller,
    *,
    number: int | None = None,
    facebook_id: str | None = None,
    controller_port: int | None = None,
) -> int:
    """Returns the id of the manager that has all the given values, in one query.

    Raises ManagerNotFoundError if there is none, if nothing is given, or if the caller
    may not access it.
    """
    given = {
        name: value
        for name, value in (
            ("number", number),
            ("facebook_id", facebook_id),
            ("controller_port", controller_port),
        )
        if value is not None
    }
    if not given:
        raise ManagerNotFoundError
    where = " AND ".join(_BY[name] for name in given)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM managers_manager WHERE {where}",  # noqa: S608 - constants only
            list(given.values()),
        )
        row = cursor.fetchone()
    if row is None or not caller.reaches(row[0]):
        raise ManagerNotFoundError
    found: int = row[0]
    record_subject(found)
    return found


def named_manager(text: str) -> Manager:
    """Returns the manager of a number or page, as people write them.

    Raises Manager.DoesNotExist, and Manager.MultipleObjectsReturned if the text is one
    manager's number and another's page.
    """
    condition = Q(facebook_id=text)
    with suppress(WrongValueError):
        condition |= Q(number=parse_phone(text))
    return Manager.objects.without_secrets().get(condition)
