"""Creates or finds managers for the users of the earlier system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from areas.naming import normalize_area_text
from areas.operators import FoundArea, ensure_area
from hci_center.api.parsers import (
    parse_controller_port,
    parse_phone,
    parse_public_id,
)
from hci_center.errors import InvalidError
from hci_center.legacy.documents import Document
from hci_center.legacy.fields import LONGEST_NAME, Fields, WrongFieldError, digest_of
from hci_center.legacy.map_file import Map
from hci_center.legacy.models import ImportRef
from hci_center.legacy.operators import Operators
from hci_center.legacy.references import (
    MANAGERS,
    ChangedRefs,
    refs_of_keys,
    refs_of_rows,
)
from hci_center.legacy.report import Report
from managers.models import Manager

KNOWN = {
    "name", "email", "number", "controllerPort", "facebookId", "facebookToken",
    "contacts", "createdAt", "date", "timestamp", "updatedAt",
}  # fmt: skip
LONGEST_EMAIL, LONGEST_TOKEN = 254, 4096
# Each of these is unique to a manager.
UNIQUE = {
    "number": "number", "facebook_id": "facebookId", "controller_port": "controllerPort"
}  # fmt: skip
COLUMNS = ("name", "email", *UNIQUE, "facebook_token")


@dataclass(slots=True)
class Owner:
    """A manager of the import, with the context for reading its documents.

    `kept` are the columns in which the manager differs from its document: they are
    kept.
    """

    id: int
    number: int | None
    page: str | None
    operators: Operators
    is_touched: bool
    values: dict[str, Any]
    kept: set[str] = field(default_factory=set)
    areas: dict[str, FoundArea] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [str(name) for name in (self.number, self.page) if name is not None]

    def area(self, given: str) -> FoundArea | None:
        """Returns the area with that code or name, creating it if necessary."""
        if not normalize_area_text(given):
            return None
        if given not in self.areas:
            try:
                self.areas[given] = ensure_area(self.id, given)
            except InvalidError as error:
                raise WrongFieldError(
                    "area", error.more["fields"]["area"][0]
                ) from error
        return self.areas[given]


class Users:
    """Reads the documents of users, each into an owner."""

    def __init__(self, given: Map, report: Report) -> None:
        self.map, self.report = given, report
        self.owners: dict[int, Owner] = {}
        # The location of the document that has a number, page or port.
        self.places: dict[tuple[str, Any], str] = {}

    def read(self, document: Document, fields: Fields) -> Owner | None:
        """Returns the owner; None, with its errors reported, if it has any."""
        self.report.note_fields("users", fields.unknown(KNOWN))
        try:
            values = _values(fields)
            key = fields.id() or digest_of({k: values[k] for k in UNIQUE})
        except WrongFieldError as error:
            self.report.error("users", f"{document.place} {error.name}", error.sentence)
            return None
        if not self._is_alone(document.place, values):
            return None
        manager, is_touched = self._manager(document.place, values)
        if manager is None:
            return None
        kept = {name for name in COLUMNS if getattr(manager, name) != values[name]}
        names = [str(n) for n in (manager.number, manager.facebook_id) if n is not None]
        operators = Operators(manager.pk, names, self.map, self.report)
        owner = Owner(
            manager.pk, manager.number, manager.facebook_id, operators,
            is_touched, values, kept,
        )  # fmt: skip
        if not self._refer(key, owner):
            self.report.count("users", "changed" if is_touched else "same")
        else:
            self.report.count("users", "made" if is_touched else "same")
            if kept:
                fields_kept = ", ".join(sorted(kept))
                self.report.warn(document.place, _("Kept ours: %s") % fields_kept)
        self.owners[manager.pk] = owner
        return owner

    def of_name(self, name: str) -> Owner | None:
        """Returns the owner with that number or page."""
        found = (owner for owner in self.owners.values() if name in owner.names)
        return next(found, None)

    def _is_alone(self, place: str, values: dict[str, Any]) -> bool:
        """Reports a number, page or port that an earlier document also has."""
        alone = True
        for column, name in UNIQUE.items():
            value = values[column]
            if value is None:
                continue
            first = self.places.setdefault((column, value), place)
            if first != place:
                sentence = _("The document at %s has it too.") % first
                self.report.error("users", f"{place} {name}", sentence)
                alone = False
        return alone

    def _manager(
        self, place: str, values: dict[str, Any]
    ) -> tuple[Manager | None, bool]:
        """Returns the manager and whether it was created or changed.

        An existing manager gets missing values; none is replaced.
        """
        given = {name: values[name] for name in UNIQUE if values[name] is not None}
        condition = Q()
        for name, value in given.items():
            condition |= Q(**{name: value})
        owners = list(Manager.objects.filter(condition))
        by_id = [
            next((m for m in owners if getattr(m, name) == value), None)
            for name, value in given.items()
            if name != "controller_port"
        ]
        manager = next((m for m in by_id if m is not None), None)
        for name, value in given.items():
            holders = [m for m in owners if getattr(m, name) == value and m != manager]
            if holders:
                sentence = _("Another manager has it here.")
                self.report.error("users", f"{place} {UNIQUE[name]}", sentence)
                return None, False
        if manager is None:
            return Manager.objects.create(**values), True
        lacking = [n for n in COLUMNS if not getattr(manager, n) and values[n]]
        for name in lacking:
            setattr(manager, name, values[name])
        if lacking:
            manager.save(update_fields=lacking)
        return manager, bool(lacking)

    def _refer(self, key: str, owner: Owner) -> bool:
        """Stores the reference to the manager; returns False if it is known."""
        if key in refs_of_keys("users", [key]) or refs_of_rows(MANAGERS, [owner.id]):
            return False
        refs = ChangedRefs()
        refs.add(
            ImportRef(
                collection="users", key=key, table=MANAGERS, row_id=owner.id,
                digest=digest_of({name: owner.values[name] for name in UNIQUE}),
            )
        )  # fmt: skip
        refs.write()
        return True


def _values(fields: Fields) -> dict[str, Any]:
    number = fields.named("number", parse_phone)
    page = fields.named("facebookId", parse_public_id)
    if number is None and page is None:
        raise WrongFieldError("number", _("A user has a number or a page."))
    return {
        "name": fields.text("name", LONGEST_NAME) or str(number or page),
        "email": fields.text("email", LONGEST_EMAIL),
        "number": number,
        "controller_port": fields.named("controllerPort", parse_controller_port),
        "facebook_id": page,
        "facebook_token": fields.text("facebookToken", LONGEST_TOKEN),
    }
