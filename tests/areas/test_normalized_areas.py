"""The migration that normalizes the areas of older installations."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from areas.models import Area
from areas.operators import find_area
from tests import builders

migration = import_module("areas.migrations.0005_normalize_codes_and_names")


def migrate():
    with connection.cursor() as cursor:
        # As in a separate migration: no deferred constraint of the rows is pending.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor(atomic=False) as editor:
        migration.normalize_areas(apps, editor)


def texts():
    return list(Area.objects.order_by("pk").values_list("code", "name"))


def pending():
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM change_pend ORDER BY id")
        return [kind for (kind,) in cursor.fetchall()]


def test_unique_codes_and_names_are_normalized(manager):
    old = builders.make_area(manager, "Ven\u200bdas ", name="Cobranc\u0327a  Norte")
    migrate()
    assert texts() == [("Vendas", "Cobran\u00e7a Norte")]
    for spelling in ("Vendas", old.code, old.name, "Cobran\u00e7a Norte"):
        assert find_area(manager.pk, spelling).id == old.pk


def test_one_area_may_have_the_same_code_and_name(manager):
    builders.make_area(manager, "Vendas\u200b", name="Vendas\u200b")
    builders.make_area(manager, "Caixa", name="Caixa ")
    migrate()
    assert texts() == [("Vendas", "Vendas"), ("Caixa", "Caixa")]


@pytest.mark.parametrize("other", [("Vendas", "B"), ("b", "Vendas")])
def test_a_code_or_name_of_another_area_is_not_changed(manager, other):
    first = builders.make_area(manager, "Vendas\u200b", name="A ")
    second = builders.make_area(manager, other[0], name=other[1])
    migrate()
    assert texts() == [("Vendas\u200b", "A"), other]
    assert find_area(manager.pk, "Vendas\u200b").id == first.pk
    assert find_area(manager.pk, "Vendas").id == second.pk


def test_of_two_that_would_become_equal_the_older_is_normalized(manager):
    for code in ("Vendas\u200b", "Vendas\u200c"):
        builders.make_area(manager, code, name=code)
    before = {area.code: area.pk for area in Area.objects.all()}
    migrate()
    assert texts() == [("Vendas", "Vendas"), ("Vendas\u200c", "Vendas\u200c")]
    for code, pk in before.items():
        assert find_area(manager.pk, code).id == pk


def test_areas_of_other_managers_do_not_matter(manager, other_manager):
    builders.make_area(manager, "Vendas\u200b", name="A")
    builders.make_area(other_manager, "Vendas", name="B")
    migrate()
    assert texts() == [("Vendas", "A"), ("Vendas", "B")]


def test_a_value_that_would_be_empty_or_too_long_is_not_changed(manager):
    # A letter that becomes longer: it is excluded from composition.
    longer = "\u0958" * 64
    stored = [("\u200b", "\ufeff"), (longer, "A")]
    for code, name in stored:
        builders.make_area(manager, code, name=name)
    migrate()
    assert texts() == stored


def test_the_code_is_permanent_afterwards(manager):
    area = builders.make_area(manager, "Vendas ", name="Vendas")
    migrate()
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.filter(pk=area.pk).update(code="another")


def test_sockets_reload_rows_that_show_the_codes(manager):
    builders.make_contact(manager, area=builders.make_area(manager, "Vendas "))
    before = pending()
    migrate()
    assert pending() == [*before, "epoch"]


def test_normalized_areas_are_unchanged(manager):
    builders.make_area(manager, "Vendas", name="Cobran\u00e7a")
    before = pending()
    migrate()
    assert texts() == [("Vendas", "Cobran\u00e7a")]
    assert pending() == before


def test_it_works_without_areas(db):
    migrate()
    assert texts() == []


@pytest.mark.django_db(transaction=True)
def test_it_runs_in_one_transaction_with_its_changes_of_the_trigger():
    """PostgreSQL cannot alter a table with pending deferred constraints."""
    manager = builders.make_manager()
    area = builders.make_area(manager, "Vendas\u200b", name="Caixa ")
    builders.make_contact(manager, area=area)
    builders.make_operator(manager, area)
    with connection.schema_editor(atomic=True) as editor:
        migration.normalize_areas(apps, editor)
    assert texts() == [("Vendas", "Caixa")]
    with pytest.raises(IntegrityError):
        Area.objects.update(code="another")
