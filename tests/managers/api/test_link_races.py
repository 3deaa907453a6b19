"""POST api/user/save/facebook from many simultaneous callers."""

import threading

import pytest
from django.db import connection

from managers.models import Manager
from tests.builders import make_key
from tests.conftest import Api
from tests.managers.api.linking import NUMBER, PAGE, TOKEN, link, make


def _run_simultaneously(calls):
    """Returns the responses of simultaneous calls, in the order of the calls."""
    barrier = threading.Barrier(len(calls))
    answers = [None] * len(calls)

    def run(index, call):
        barrier.wait()
        answers[index] = call()
        connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneous_numbers_gets_a_page():
    numbers = [NUMBER + n for n in range(6)]
    for number in numbers:
        make(number=number)
    key = make_key()

    def call(number):
        return lambda: link(Api(key), number=number, facebookToken=TOKEN)

    answers = _run_simultaneously([call(number) for number in numbers])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {
        "page_taken"
    }
    assert Manager.objects.filter(facebook_id=PAGE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneous_pages_gets_a_number():
    pages = [f"page-{n}" for n in range(6)]
    for page in pages:
        make(facebook_id=page)
    key = make_key()

    def call(page):
        return lambda: link(Api(key), facebookId=page)

    answers = _run_simultaneously([call(page) for page in pages])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {
        "number_taken"
    }
    assert Manager.objects.filter(number=NUMBER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_pages_for_one_number_the_first_is_kept():
    make(number=NUMBER)
    key = make_key()

    def call(page):
        return lambda: link(Api(key), facebookId=page, facebookToken=TOKEN)

    answers = _run_simultaneously([call(f"page-{n}") for n in range(6)])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    [winner] = [a for a in answers if a.status_code == 200]
    assert Manager.objects.get().facebook_id == winner.json()["data"]["facebookId"]
