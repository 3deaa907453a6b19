"""Visibility of contacts: Python, Q, SQL and the calls agree on random rows."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from areas.models import Operator
from areas.operators import find_operator
from areas.sign_in.session_auth import caller_of
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.conversations.claim_fast_path import answer_contact
from contacts.lookup import is_visible
from contacts.models import Contact
from contacts.queries import contacts_of_managers
from hci_center import visibility
from hci_center.callers import Caller
from hci_center.errors import ForbiddenError
from tests import builders

SEEDS = range(4)


@dataclass
class Centre:
    """Random managers, areas, operators and contacts, and their callers."""

    managers: list[Any]
    operators: list[Operator]
    contacts: list[Contact]
    callers: list[Caller]


def random_contact(choose: random.Random, manager: Any) -> Contact:
    areas, operators = list(manager.areas.all()), list(manager.operators.all())
    return builders.make_contact(
        manager,
        area=choose.choice([None, *areas]),
        operator=choose.choice([None, None, *operators]),
        deleted_at=choose.choice([None, None, None, timezone.now()]),
    )


@pytest.fixture(params=SEEDS)
def centre(db: None, request: Any) -> Centre:
    choose = random.Random(request.param)  # noqa: S311 - no secret
    managers = [builders.make_manager() for _ in range(3)]
    operators = []
    for manager in managers:
        areas = [builders.make_area(manager) for _ in range(choose.randint(0, 3))]
        operators += [
            builders.make_operator(
                manager, *choose.sample(areas, choose.randint(0, len(areas)))
            )
            for _ in range(choose.randint(1, 3))
        ]
    contacts = [
        random_contact(choose, manager) for manager in managers for _ in range(15)
    ]
    return Centre(managers, operators, contacts, callers_of(managers, operators))


def callers_of(managers: list[Any], operators: list[Operator]) -> list[Caller]:
    pks = [manager.pk for manager in managers]
    people = [builders.make_supervisor(*managers[:2]), builders.make_supervisor()]
    administrator = builders.make_supervisor()
    administrator.is_superuser = True
    found = [
        caller_of(user)
        for user in (*people, administrator, *(each.user for each in operators))
    ]
    return [
        Caller("key", "key:1", None),
        Caller("key", "key:2", frozenset(pks[1:])),
        Caller("key", "key:3", frozenset()),
        # No operator: one is always given, but the three forms must agree without one,
        # too.
        Caller("operator", "user:0", frozenset(pks[:1])),
        *(caller for caller in found if caller is not None),
    ]


def selected(statement: str, values: dict[str, Any] | None = None) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {row if len(row) > 1 else row[0] for row in cursor.fetchall()}


def test_python_the_orm_and_sql_agree_for_every_caller_and_contact(
    centre: Centre,
) -> None:
    within = visibility.sees_within_manager_sql("c.area_id", "c.operator_id")
    statement = (
        "SELECT c.id FROM contacts_contact c"  # noqa: S608 - of conditions
        f" WHERE {visibility.reaches_sql('c.manager_id')} AND {within}"
    )
    for caller in centre.callers:
        seen = {each.pk for each in centre.contacts if is_visible(each, caller)}
        by_orm = Contact.objects.visible_to(caller)
        assert set(by_orm.values_list("pk", flat=True)) == seen, caller
        assert selected(statement, visibility.parameters(caller)) == seen, caller


def test_lists_have_the_visible_contacts_that_are_not_deleted(centre: Centre) -> None:
    pks = [manager.pk for manager in centre.managers]
    for caller in centre.callers:
        reached = [pk for pk in pks if caller.reaches(pk)]
        listed = contacts_of_managers(reached, caller).values()
        assert {shape["id"] for shapes in listed for shape in shapes} == {
            each.public_id
            for each in centre.contacts
            if each.deleted_at is None and is_visible(each, caller)
        }, caller


def test_an_operator_given_by_a_key_sees_what_his_login_session_sees(
    centre: Centre,
) -> None:
    pairs = selected(
        "SELECT o.id, c.id FROM contacts_contact c"  # noqa: S608 - of a condition
        "  JOIN areas_operator o ON o.manager_id = c.manager_id"
        f" WHERE {visibility.operator_row_sees_sql('o.id')}"
    )
    assert pairs == {
        (operator.pk, contact.pk)
        for operator in centre.operators
        for contact in centre.contacts
        if is_visible(contact, caller_of(operator.user))
    }
    for operator in centre.operators:
        scope = find_operator(operator.manager_id, operator.pk)
        own = [c for c in centre.contacts if c.manager_id == operator.manager_id]
        assert {
            (operator.pk, each.pk)
            for each in own
            if scope.can_see(each.area_id, each.operator_id)
        } == {pair for pair in pairs if pair[0] == operator.pk}


@pytest.mark.parametrize("with_chat", [False, True], ids=["locked", "one statement"])
def test_an_operator_can_claim_exactly_the_unassigned_contacts_that_he_sees(
    centre: Centre, with_chat: bool
) -> None:
    key, free = centre.callers[0], []
    for contact in centre.contacts:
        if contact.deleted_at is None and contact.operator_id is None:
            free.append(contact)
            if with_chat:
                builders.make_chat(contact)
    for operator in centre.operators:
        caller = caller_of(operator.user)
        for contact in (c for c in free if c.manager_id == operator.manager_id):
            with transaction.atomic():
                claimed = is_claimed(key, operator, contact, with_chat)
                transaction.set_rollback(True)
            assert claimed == is_visible(contact, caller), (operator, contact.area)


def is_claimed(key: Caller, operator: Operator, contact: Contact, fast: bool) -> bool:
    try:
        if fast:
            names = {"number": contact.manager.number}
            answer_contact(
                key, names, contact.channel, contact.external_id, operator.pk
            )
        else:
            scope = find_operator(contact.manager_id, operator.pk)
            claim(contact, scope, actor=Actor("key:1", operator.pk))
    except ForbiddenError:
        return False
    return Contact.objects.filter(pk=contact.pk, operator=operator).exists()
