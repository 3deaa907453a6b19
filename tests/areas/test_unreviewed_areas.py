"""The limit of areas that calls may create before a supervisor reviews them."""

import pytest

from areas.models import Area
from areas.operators import MOST_UNREVIEWED, ensure_area
from contacts.models import Contact
from hci_center.errors import InvalidError
from tests import builders
from tests.contacts.shapes import refusal
from tests.racing import at_once

SAVE = "/api/user/contact/save"


def leave_unreviewed(manager, count):
    Area.objects.bulk_create(
        Area(manager=manager, code=f"c{n}", name=f"n{n}", needs_review=True)
        for n in range(count)
    )


@pytest.fixture
def body(manager):
    return {"number": manager.number, "contactNumber": "551133334444", "name": "M"}


def test_one_more_than_the_limit_is_refused_and_nothing_is_saved(manager, api, body):
    leave_unreviewed(manager, MOST_UNREVIEWED)
    answer = api.post(SAVE, body | {"area": "another"})
    assert refusal(answer) == (400, "invalid")
    assert answer.json()["error"]["fields"] == {
        "area": [
            "There is no such area, and it cannot be created: "
            f"{MOST_UNREVIEWED} areas already wait for a supervisor's review."
        ]
    }
    assert not Contact.objects.exists()
    assert Area.objects.count() == MOST_UNREVIEWED


def test_existing_areas_are_still_accepted(manager, api, body):
    leave_unreviewed(manager, MOST_UNREVIEWED)
    shape = api.post(SAVE, body | {"area": "n7"}).json()["data"]
    assert shape["area"] == "c7"


def test_the_last_one_is_created_and_reviewing_allows_more(manager):
    leave_unreviewed(manager, MOST_UNREVIEWED - 1)
    ensure_area(manager.pk, "last")
    with pytest.raises(InvalidError):
        ensure_area(manager.pk, "another")
    Area.objects.filter(code="c0").update(needs_review=False)
    ensure_area(manager.pk, "another")


def test_another_manager_s_areas_do_not_count(manager, other_manager):
    leave_unreviewed(manager, MOST_UNREVIEWED)
    ensure_area(other_manager.pk, "another")


def test_reviewed_areas_do_not_count(manager):
    leave_unreviewed(manager, MOST_UNREVIEWED)
    Area.objects.update(needs_review=False)
    ensure_area(manager.pk, "another")


@pytest.mark.django_db(transaction=True)
def test_simultaneous_callers_do_not_exceed_the_limit():
    manager = builders.make_manager()
    leave_unreviewed(manager, MOST_UNREVIEWED - 1)

    def make(n):
        try:
            ensure_area(manager.pk, f"raced{n}")
        except InvalidError:
            return False
        return True

    made = at_once([lambda n=n: make(n) for n in range(6)])
    assert made.count(True) == 1
    assert Area.objects.count() == MOST_UNREVIEWED
