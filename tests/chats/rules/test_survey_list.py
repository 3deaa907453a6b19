"""POST api/chat/survey/get: the surveys of a period, given as days or times."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hci_center.times import as_time
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import refused

URL = "/api/chat/survey/get"


@pytest.fixture
def asked(talk, manager):
    """Returns when the customer was asked; the mark was 2."""
    builders.save_policy(manager, survey=True)
    talk.serve()
    talk.close()
    talk.customer("2")
    return timezone.now()


def listed(talk, **over):
    answer = talk.api.post(URL, {"number": talk.manager.number, **over})
    assert answer.status_code == 200, answer.content
    return [each["rating"] for each in answer.json()["data"]["surveys"]]


def test_days_include_both(talk, asked):
    today = asked.astimezone(timezone.get_default_timezone()).date()
    day = timedelta(days=1)
    assert listed(talk) == [2]
    assert listed(talk, to=str(today), **{"from": str(today)}) == [2]
    assert listed(talk, to=str(today - day)) == []
    assert listed(talk, **{"from": str(today + day)}) == []


def test_the_period_can_be_given_as_times(talk, asked):
    hour = timedelta(hours=1)
    before, after = as_time(asked - hour), as_time(asked + hour)
    assert listed(talk, to=after, **{"from": before}) == [2]
    assert listed(talk, to=before) == []
    assert listed(talk, **{"from": after}) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"from": "2026-11-20", "to": "2026-11-19"}, "to"),
        ({"from": "2026-11-20T10:00Z", "to": "2026-11-20T09:00Z"}, "to"),
        ({"to": "2026-11-20T10:00"}, "to"),
        ({"from": "20/11/2026"}, "from"),
    ],
)
def test_invalid_periods_are_refused(talk, wrong, field):
    answer = talk.api.post(URL, {"number": talk.manager.number} | wrong)
    refused(answer, 400, "invalid", fields=[field])


def test_operators_have_no_access(talk, ana):
    answer = signed_in(ana.user).post(URL, {"number": talk.manager.number})
    refused(answer, 403, "forbidden")
