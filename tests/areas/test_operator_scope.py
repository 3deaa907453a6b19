"""Operators, the contacts visible to them, and the area that a caller refers to."""

import pytest

from areas.models import Area
from areas.operators import (
    FoundArea,
    OperatorScope,
    ensure_area,
    find_area,
    find_operator,
)
from hci_center.errors import AreaNotFoundError, InvalidError, OperatorNotFoundError
from tests.builders import make_area, make_operator


def test_an_operator_is_found_with_his_areas_in_one_query(
    manager, sales, support, django_assert_num_queries
):
    carla = make_operator(manager, sales, support, name="Carla")
    with django_assert_num_queries(1):
        sight = find_operator(manager.pk, carla.pk)
    assert sight == OperatorScope(carla.pk, "Carla", frozenset({sales.pk, support.pk}))


@pytest.mark.parametrize("operator_id", [0, -1, 999_999_999])
def test_operator_id_zero_and_unknown_ids_are_not_found(manager, operator_id):
    with pytest.raises(OperatorNotFoundError):
        find_operator(manager.pk, operator_id)


def test_an_inactive_operator_is_not_found(manager, ana):
    ana.is_active = False
    ana.save()
    with pytest.raises(OperatorNotFoundError):
        find_operator(manager.pk, ana.pk)


def test_another_managers_operator_is_not_found(ana, other_manager):
    with pytest.raises(OperatorNotFoundError):
        find_operator(other_manager.pk, ana.pk)


@pytest.mark.parametrize(
    ("area_id", "operator_id", "seen"),
    [
        (7, None, True),
        (7, 99, True),
        (8, 1, True),
        (None, 1, True),
        (None, None, True),
        (8, None, False),
        (8, 99, False),
        (None, 99, False),
    ],
)
def test_an_operator_sees_his_areas_his_own_and_contacts_without_area(
    area_id, operator_id, seen
):
    sight = OperatorScope(1, "Ana", frozenset({7}))
    assert sight.can_see(area_id, operator_id) is seen


def test_an_area_is_found_by_its_code_or_its_exact_name(manager, sales):
    found = FoundArea(sales.pk, "vendas", "Vendas")
    assert find_area(manager.pk, "vendas") == found
    assert find_area(manager.pk, "Vendas") == found
    with pytest.raises(AreaNotFoundError):
        find_area(manager.pk, "VENDAS")


def test_a_code_takes_precedence_over_a_name(manager, sales):
    shadow = make_area(manager, "suporte", name="vendas")
    assert find_area(manager.pk, "vendas").id == sales.pk
    assert find_area(manager.pk, "suporte").id == shadow.pk


def test_another_managers_area_is_not_found(sales, other_manager):
    with pytest.raises(AreaNotFoundError):
        find_area(other_manager.pk, "vendas")


def test_a_text_too_long_for_a_code_can_be_a_name(manager):
    long_name = "N" * 100
    area = make_area(manager, "longa", name=long_name)
    assert find_area(manager.pk, long_name).id == area.pk
    with pytest.raises(InvalidError) as refused:
        find_area(manager.pk, "M" * 65, field="idarea")
    assert list(refused.value.more["fields"]) == ["idarea"]
    with pytest.raises(InvalidError):
        ensure_area(manager.pk, "M" * 65)


def test_a_missing_area_is_created_once_and_flagged(manager, sales):
    first = ensure_area(manager.pk, "cobranca")
    assert ensure_area(manager.pk, "cobranca") == first
    assert ensure_area(manager.pk, "Vendas").id == sales.pk
    made = Area.objects.get(pk=first.id)
    assert (made.code, made.name, made.needs_review) == ("cobranca", "cobranca", True)
