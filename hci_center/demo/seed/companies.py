"""The companies of the demonstration, with their areas and operators."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.contrib.auth.models import User

from areas.models import Area, Operator, OperatorArea
from hci_center.demo.seed.dialogues import AREAS
from hci_center.demo.seed.names import COMPANIES, FIRST_NAMES, SURNAMES
from managers.models import Manager

# The first numbers, ports and pages of the demonstration; taken ones are skipped.
FIRST_NUMBER = 5511400010001
FIRST_PORT = 18001
FIRST_PAGE = 100000000010001

FEWEST_OPERATORS, MOST_OPERATORS = 6, 40
CONTACTS_AN_OPERATOR = 250
OPENED_BEFORE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Person:
    """An operator, with the data that the rows of a chat need."""

    id: int
    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class AreaStaff:
    """An area and its operators."""

    id: int
    code: str
    name: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Company:
    manager: Manager
    areas: tuple[AreaStaff, ...]


def make_companies(
    how_many: int, contacts_each: int, *, rng: Random, now: datetime
) -> list[Company]:
    """Creates demonstration managers, each with five areas and several operators.

    Existing data is not changed: numbers, ports, pages and user names that are taken
    are skipped. The operators cannot log in until somebody sets their passwords.
    """
    numbers = _free("number", FIRST_NUMBER)
    ports = _free("controller_port", FIRST_PORT)
    pages = (str(page) for page in _free("facebook_id", FIRST_PAGE))
    people = min(
        MOST_OPERATORS, max(FEWEST_OPERATORS, contacts_each // CONTACTS_AN_OPERATOR)
    )
    already = Manager.objects.filter(is_demo=True).count()
    companies = []
    for index in range(how_many):
        manager = _make_manager(index, already + index, numbers, ports, pages, now)
        companies.append(_staffed(manager, people, rng, now))
    return companies


def _make_manager(
    index: int,
    name_index: int,
    numbers: Iterator[int],
    ports: Iterator[int],
    pages: Iterator[str],
    now: datetime,
) -> Manager:
    """Creates a manager: of four, two have a number and a page, two only one."""
    name, round_ = COMPANIES[name_index % len(COMPANIES)], name_index // len(COMPANIES)
    name = f"{name} {round_ + 1}" if round_ else name
    has_number, has_page = index % 4 != 3, index % 4 != 1
    return Manager.objects.create(
        name=name,
        email=f"contato@{slug(name)}.example",
        number=next(numbers) if has_number else None,
        controller_port=next(ports) if has_number else None,
        facebook_id=next(pages) if has_page else None,
        facebook_token="demo-page-token" if has_page else "",
        is_demo=True,
        created_at=now - OPENED_BEFORE,
    )


def _staffed(manager: Manager, people: int, rng: Random, now: datetime) -> Company:
    born = now - OPENED_BEFORE
    areas = Area.objects.bulk_create(
        Area(manager=manager, code=code, name=name, created_at=born)
        for code, name in AREAS.items()
    )
    operators = _make_operators(manager, people, rng, born)
    serves: dict[int, list[Person]] = {area.pk: [] for area in areas}
    memberships = []
    for index, operator in enumerate(operators):
        # Everybody serves one area, every third person the next one too.
        served = {areas[index % 5].pk}
        if index % 3 == 0:
            served.add(areas[(index + 1) % 5].pk)
        for area_id in sorted(served):
            memberships.append(
                OperatorArea(manager=manager, operator=operator, area_id=area_id)
            )
            person = Person(operator.pk, operator.user_id, operator.name)
            serves[area_id].append(person)
    OperatorArea.objects.bulk_create(memberships)
    return Company(
        manager,
        tuple(
            AreaStaff(area.pk, area.code, area.name, tuple(serves[area.pk]))
            for area in areas
        ),
    )


def _make_operators(
    manager: Manager, how_many: int, rng: Random, born: datetime
) -> list[Operator]:
    firsts = rng.sample(FIRST_NAMES, how_many)
    names = [f"{first} {rng.choice(SURNAMES)}" for first in firsts]
    users = []
    for name in names:
        user = User(username=_free_username(name), date_joined=born)
        user.set_unusable_password()
        user.save()
        users.append(user)
    return Operator.objects.bulk_create(
        Operator(
            user=user,
            manager=manager,
            name=name,
            email=f"{slug(name, '.')}@{slug(manager.name)}.example",
            created_at=born,
        )
        for user, name in zip(users, names, strict=True)
    )


def _free_username(name: str) -> str:
    wanted = slug(name, ".")
    for n in count(1):
        username = wanted if n == 1 else f"{wanted}{n}"
        if not User.objects.filter(username=username).exists():
            return username
    raise AssertionError("count() never ends")


def _free(column: str, first: int) -> Iterator[int]:
    for value in count(first):
        if not Manager.objects.filter(**{column: value}).exists():
            yield value


def slug(name: str, between: str = "-") -> str:
    """Returns the name in lower-case ASCII, with its words joined."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return between.join(plain.lower().split())
