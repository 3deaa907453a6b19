"""Finding a manager by number, page or port."""

import pytest

from hci_center.callers import Caller
from hci_center.errors import ManagerNotFoundError
from managers.lookup import find_manager

EVERYBODY = Caller("administrator", "user:1", None)


def test_a_manager_is_found_by_each_of_its_ids_in_one_query(
    manager, django_assert_num_queries
):
    for values in (
        {"number": 5511400011111},
        {"facebook_id": "369258147"},
        {"controller_port": 8080},
        {"number": 5511400011111, "facebook_id": "369258147"},
    ):
        with django_assert_num_queries(1):
            assert find_manager(EVERYBODY, **values) == manager.pk


def test_ids_of_two_managers_find_none(manager, other_manager):
    with pytest.raises(ManagerNotFoundError):
        find_manager(EVERYBODY, number=manager.number, facebook_id="1")
    with pytest.raises(ManagerNotFoundError):
        find_manager(
            EVERYBODY,
            number=manager.number,
            facebook_id=other_manager.facebook_id,
        )
    with pytest.raises(ManagerNotFoundError):
        find_manager(EVERYBODY)


def test_a_foreign_manager_is_not_found(manager, other_manager):
    caller = Caller("key", "key:1", frozenset({other_manager.pk}))
    with pytest.raises(ManagerNotFoundError):
        find_manager(caller, number=manager.number)
