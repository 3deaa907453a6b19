"""Finds the operators of a manager's documents."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from areas.models import Operator
from hci_center.legacy.fields import digest_of
from hci_center.legacy.map_file import OTHERS, PLACEHOLDER, Map
from hci_center.legacy.models import ImportRef
from hci_center.legacy.references import OPERATORS, SOURCE, refs_of_keys
from hci_center.legacy.report import Report

# The prefix for senders that are not in the map: a bare id may be an operator's here.
UNKNOWN = "legado:"
NOBODY = ("", "0")
# A sender with this many digits is a phone number, not a user of the old system.
PHONE_DIGITS = 10
MOST_PLACEHOLDERS = 200


@dataclass(frozen=True, slots=True)
class OldOperator:
    """The operator for an earlier id: his id or None, and whether he is active.

    `sender` is the `from` of his messages here. Several ids may be one operator's;
    `old` is the first of them.
    """

    old: str
    operator_id: int | None
    is_active: bool
    sender: str

    @property
    def holder_id(self) -> int | None:
        """The operator who may hold contacts; None leaves them in the queue."""
        return self.operator_id if self.is_active else None


class Operators:
    """The operators of one manager, by their earlier ids."""

    def __init__(self, owner_id: int, names: list[str], given: Map, report: Report):
        self.manager_id, self.names, self.report = owner_id, names, report
        self.place, mapped = given.operators_of(*names)
        self.mapped = mapped.keys()
        self.makes_placeholders = mapped.get(OTHERS) == PLACEHOLDER
        self.people: dict[str, OldOperator] = {}
        self.old_ids: dict[int, str] = {}
        self.placeholders = 0
        self._load({old: name for old, name in mapped.items() if old != OTHERS})

    def holder(self, old: str) -> int | None:
        """Returns the id of the operator of a contact, or None."""
        return None if old in NOBODY else self._person(old).holder_id

    def sender(self, old: str) -> OldOperator:
        """Returns who wrote an outgoing message."""
        return self._person(old, is_sender=True)

    def shown(self, operator: str) -> str:
        """Returns the earlier id of an `operatorId` or `from` of ours."""
        if operator.startswith(UNKNOWN):
            return operator.removeprefix(UNKNOWN)
        return (
            self.old_ids.get(int(operator), "0") if operator.isdecimal() else operator
        )

    def _person(self, old: str, *, is_sender: bool = False) -> OldOperator:
        person = self.people.get(old)
        if person is None:
            person = OldOperator(old, None, False, UNKNOWN + old)
            is_own = old in self.names or (len(old) >= PHONE_DIGITS and old.isdecimal())
            if self.makes_placeholders and not (is_sender and is_own):
                person = self._placeholder(old) or person
            self.people[old] = person
        if person.operator_id is None and old not in self.mapped:
            self.report.unmapped[f"{self.names[0]}.{ascii(old)[1:-1]}"] += 1
        return person

    def _load(self, mapped: dict[str, str | None]) -> None:
        wanted = [name for name in mapped.values() if name is not None]
        found = Operator.objects.filter(
            manager=self.manager_id, user__username__in=wanted
        ).select_related("user")
        by_name = {operator.user.username: operator for operator in found}
        for old, username in mapped.items():
            operator = by_name.get(username or "")
            if operator is not None:
                self._add(old, operator.pk, is_active=operator.is_active)
            elif username is not None:
                sentence = _("This manager has no operator with this user name.")
                self.report.error("users", f"{self.place}.{old}", sentence)
            else:
                self.people[old] = OldOperator(old, None, False, UNKNOWN + old)

    def _add(self, old: str, operator_id: int, *, is_active: bool) -> OldOperator:
        first = self.old_ids.setdefault(operator_id, old)
        person = OldOperator(first, operator_id, is_active, str(operator_id))
        self.people[old] = person
        return person

    def _placeholder(self, old: str) -> OldOperator | None:
        """Returns an inactive operator for that id, created at its first use."""
        key = digest_of([self.manager_id, old])
        known = refs_of_keys("operators", [key]).get(key)
        operator = known and Operator.objects.filter(pk=known.row_id).first()
        if not operator:
            if self.placeholders == MOST_PLACEHOLDERS:
                sentence = _("More than %d operators are not in the map.")
                place = f"{self.place}.{OTHERS}"
                self.report.error("users", place, sentence % MOST_PLACEHOLDERS)
            self.placeholders += 1
            if self.placeholders > MOST_PLACEHOLDERS:
                return None
            operator = self._make(old, key)
        return self._add(old, operator.pk, is_active=operator.is_active)

    def _make(self, old: str, key: str) -> Operator:
        """Creates the operator with an account that nobody can sign in to."""
        user, _made = User.objects.get_or_create(
            username=f"legado-{self.names[0]}-{old}",
            defaults={"is_active": False, "password": make_password(None)},
        )
        operator, _made = Operator.objects.get_or_create(
            user=user,
            manager_id=self.manager_id,
            defaults={"name": _("Operator %s") % old, "is_active": False},
        )
        ImportRef.objects.update_or_create(
            source=SOURCE,
            collection="operators",
            key=key,
            defaults={"table": OPERATORS, "row_id": operator.pk},
        )
        return operator
